#!/usr/bin/python3
"""Small devices on loopback: what has a page (access points, speakers) and what only has a port (switches).

usage: simulated_hosts.py HOSTS.json     {"name": {"address": "127.…", "port": 80, "page": "…" or null}, …}
Standard input: `off NAME`, the device has no power: silence; `on NAME`, it has again. Prints READY, then each order when it is
carried out: its own record of the faults. Serves until its standard input ends.

Answers as RFC 9112 says: a status line, Content-Length, Connection: close; one request a connection, whatever it asks for.
"""
import asyncio
import json
import sys

from silent_host import SilentHost


class Host:
    def __init__(self, address, port, page):
        self.address, self.port = address, port
        self.page = None if page is None else page.encode()
        self.server = self.silence = None
        self.connections = set()

    async def on(self):
        if self.silence is not None:
            self.silence.close()
            self.silence = None
        if self.server is None:
            self.server = await asyncio.start_server(self.answer, self.address, self.port, reuse_address=True)

    async def off(self):
        if self.server is not None:
            self.server.close()
            self.server = None
            for writer in self.connections:
                writer.transport.abort()
        if self.silence is None:
            self.silence = SilentHost(self.address, self.port)

    async def answer(self, reader, writer):
        self.connections.add(writer)
        try:
            if self.page is None:
                await asyncio.wait_for(reader.read(1024), 5)
                return
            await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
            head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
            writer.write((head % len(self.page)).encode() + self.page)
            await writer.drain()
        except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # a visitor who asks nothing, or went
        finally:
            self.connections.discard(writer)
            writer.close()


async def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        hosts = {name: Host(each["address"], each["port"], each["page"]) for name, each in json.load(file).items()}
    for host in hosts.values():
        await host.on()
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    print("READY", flush=True)
    while order := (await orders.readline()).decode().split():
        await getattr(hosts[order[1]], {"on": "on", "off": "off"}[order[0]])()
        print(*order, flush=True)


asyncio.run(main())
