"""A host without power, on loopback: connections to its address are neither taken nor refused.

A closed port would answer "connection refused", which only a living host can say. Linux drops the SYN of whoever comes to a
listener whose accept queue is full (tcp(7), tcp_abort_on_overflow = 0; listen(2), backlog), so one that never accepts, and
whose queue of one is taken, is silence.
"""
import socket


class SilentHost:
    """`port` 0: a free one."""

    def __init__(self, address, port=0):
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((address, port))
        self._listener.listen(0)
        self.address, self.port = self._listener.getsockname()
        self._queued = []
        for _ in range(2):  # the first one fills the queue; the second one keeps knocking, should the first one be late
            visitor = socket.socket()
            visitor.setblocking(False)
            visitor.connect_ex((self.address, self.port))
            self._queued.append(visitor)

    def close(self):
        for each in [*self._queued, self._listener]:
            each.close()
