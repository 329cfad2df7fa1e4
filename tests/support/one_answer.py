"""A server on loopback that says one thing to whatever it is asked, over RTSP or HTTP, and counts what reaches it."""
import re
import socketserver
import sys
import threading


class Server(socketserver.ThreadingTCPServer):
    """One status with one header, behind TLS or not; without a status it hangs up on whoever has asked. A greeting is said before anybody asks."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, host, status, header="", context=None, body="", greeting=""):
        self.status, self.context = status, context
        self.header = f"{header}\r\n" if header else ""
        self.body, self.greeting = body.encode(), greeting.encode()
        self.visits = self.requests = self.credentialed = 0
        self.raw = b""
        super().__init__((host, 0), Visit)
        self.where = "%s:%d" % self.server_address
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    def handle_error(self, request, address):
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, address)

    def stop(self):
        self.shutdown()
        self.server_close()


class Visit(socketserver.BaseRequestHandler):
    def handle(self):
        self.server.visits += 1
        line = self.request
        line.settimeout(10)
        line.sendall(self.server.greeting)
        if self.server.context:
            line = self.server.context.wrap_socket(line, server_side=True)  # a pin that does not fit ends here
        with line, line.makefile("rb") as stream:
            self.answer(line, stream)

    def answer(self, line, stream):
        while first := stream.readline():
            head = first + b"".join(iter(lambda: stream.readline(), b"\r\n")) if first.strip() else first
            length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
            said = head + (stream.read(int(length[1])) if length else b"")
            self.server.requests += 1
            self.server.raw += said
            self.server.credentialed += b"uthorization:" in said or b"UsernameToken" in said
            if not self.server.status:
                return
            cseq = re.search(rb"(?i)\r\ncseq: *(\d+)", head)
            version = "RTSP/1.0" if b" RTSP/1.0" in first else "HTTP/1.1"
            answer = f"{version} {self.server.status}\r\n{self.server.header}Content-Length: {len(self.server.body)}\r\n"
            line.sendall((answer + (f"CSeq: {cseq[1].decode()}\r\n" if cseq else "") + "\r\n").encode() + self.server.body)
