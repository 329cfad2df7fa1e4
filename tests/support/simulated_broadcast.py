#!/usr/bin/python3
"""The commune's studio: plays an MP3 file to icecast for ever, at the pace at which it is heard.

usage: simulated_broadcast.py HOST PORT MOUNT CLIP.mp3 BYTES_PER_SECOND     the source password is the first line of standard input
Speaks what icecast takes from a source: PUT with Basic and Expect: 100-continue (icecast 2.4's docs/basic_setup and
src/connection.c). Prints READY when the server has accepted; ends when its standard input ends or the server closes.
"""
import asyncio
import base64
import sys

PIECE = 0.25  # seconds


async def play(host, port, mount, clip, rate, password):
    with open(clip, "rb") as file:
        music = file.read()
    reader, writer = await asyncio.open_connection(host, port)
    login = base64.b64encode(b"source:" + password.encode()).decode()
    writer.write(("PUT %s HTTP/1.1\r\nHost: %s:%d\r\nAuthorization: Basic %s\r\nUser-Agent: studio\r\nContent-Type: audio/mpeg\r\n"
                  "Ice-Name: studio\r\nIce-Public: 0\r\nExpect: 100-continue\r\n\r\n" % (mount, host, port, login)).encode())
    answer = await reader.readuntil(b"\r\n\r\n")
    if b" 100 " not in answer.split(b"\r\n")[0]:
        sys.exit("refused: " + answer.split(b"\r\n")[0].decode(errors="replace"))
    print("READY", flush=True)
    clock = asyncio.get_running_loop().time
    begun, sent = clock(), 0
    while True:
        due = int((clock() - begun + 2) * rate)  # two seconds ahead: a busy machine shall not starve the listeners
        while sent < due:
            at = sent % len(music)
            piece = music[at:at + due - sent]
            writer.write(piece)
            sent += len(piece)
        await writer.drain()
        await asyncio.sleep(PIECE)


async def main():
    host, port, mount, clip, rate = sys.argv[1:]
    password = sys.stdin.readline().rstrip("\n")
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    playing = asyncio.ensure_future(play(host, int(port), mount, clip, int(rate), password))
    await asyncio.wait([playing, asyncio.ensure_future(orders.read())], return_when=asyncio.FIRST_COMPLETED)
    if playing.done():
        playing.result()


asyncio.run(main())
