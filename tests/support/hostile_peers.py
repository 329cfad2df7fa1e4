"""Cameras and recorders that lie: servers on loopback, each with one way to hurt whoever asks it.

RTSP framing as in RFC 2326 §10.12, RTP as in RFC 3550 §5.1, fragments of H.264 as in RFC 6184 §5.8, JPEG as in RFC 2435 §3.1; written here,
no code shared with the client.
"""
import os
import socketserver
import struct
import sys
import threading

from support.fault_house import pause

CHUNK = 64 * 1024
H264 = "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 sprop-parameter-sets=Z0IAH5WoFAFuQA==,aM48gA==\r\na=control:t\r\n"
JPEG = "m=video 0 RTP/AVP 26\r\na=control:t\r\n"


def framed(packet):
    return b"$\x00" + struct.pack(">H", len(packet)) + packet


def rtp(sequence, timestamp, payload, marker=False, ssrc=7, kind=96):
    return framed(struct.pack(">BBHII", 0x80, kind | (0x80 if marker else 0), sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc) + payload)


def for_ever(piece):
    while True:
        yield piece


def dripping(text):
    for byte in text:
        yield bytes([byte])
        pause(0.2)


def foreign_stream():
    for number in range(1 << 40):
        yield b"".join(rtp(number * 40 + i, number * 9000, b"\x41\x9a" + bytes(1400), ssrc=0xBAD) for i in range(40))


def garbage_stream():
    while True:
        yield b"".join(framed(b"\x80" + os.urandom(1200)) for _ in range(40)) + os.urandom(300)


def fragments(last):
    """A key frame in fragments; without end, or of 50 MB."""
    def stream():
        sent, number = 0, 0
        while last is None or sent < last:
            pieces = []
            for _ in range(40):
                start = 0x80 if number == 0 else 0
                pieces.append(rtp(number, 9000, bytes([0x7C, start | 5]) + bytes(1400)))
                number += 1
                sent += 1400
            yield b"".join(pieces)
        yield rtp(number, 9000, bytes([0x7C, 0x40 | 5, 1]), True)
    return stream


def absurd_pictures():
    """JPEG of 2040 × 2040 whose pieces stand anywhere in 16 MB, with tables longer than the packet."""
    for number in range(1 << 40):
        head = bytes([0]) + (0 if number % 8 == 0 else 0xFFFFF0 - number).to_bytes(3, "big") + bytes([number % 256, 255, 255, 255])
        yield rtp(number, number // 8 * 9000, head + b"\x00\x00\xff\xff" + os.urandom(800), number % 8 == 7, kind=26)
        pause(0.005)


class Liar(socketserver.ThreadingTCPServer):
    """`instead`: bytes in place of the first answer. `sdp`, `after_play`: an honest RTSP camera up to there."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, address, instead=None, sdp=None, after_play=None):
        self.instead, self.sdp, self.after_play = instead, sdp, after_play
        self.visits = self.sent = self.credentialed = 0
        super().__init__(address, Visit)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True).start()

    def handle_error(self, request, address):
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, address)


class Visit(socketserver.StreamRequestHandler):
    def next_request(self):
        lines = []
        while (line := self.rfile.readline()) not in (b"", b"\r\n"):
            lines.append(line.decode("latin-1").strip())
        return lines

    def pour(self, pieces):
        for piece in pieces:
            self.request.sendall(piece)
            self.server.sent += len(piece)

    def reply(self, cseq, *headers, body=""):
        lines = ["RTSP/1.0 200 OK", f"CSeq: {cseq}", *headers] + ([f"Content-Length: {len(body)}"] if body else [])
        self.request.sendall(("\r\n".join(lines) + "\r\n\r\n" + body).encode())

    def handle(self):
        self.request.settimeout(20)
        self.server.visits += 1
        while lines := self.next_request():
            headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
            self.server.credentialed += "authorization" in headers
            if self.server.instead:
                self.pour(self.server.instead())
                return
            method, cseq = lines[0].split()[0], headers.get("cseq", "1")
            if method == "DESCRIBE":
                self.reply(cseq, body="v=0\r\ns=x\r\n" + self.server.sdp)
            elif method == "SETUP":
                self.reply(cseq, "Session: 1", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=00000007")
            elif method == "PLAY":
                self.reply(cseq, "Session: 1")
                self.pour(self.server.after_play())
                return
            else:
                self.reply(cseq)


def cameras():
    """name → how it lies, over RTSP."""
    return {
        "du-lieu-vo-tan": {"instead": lambda: for_ever(b"".join(framed(b"\x80" + bytes(1399)) for _ in range(40)))},
        "tieu-de-vo-tan": {"instead": lambda: for_ever(b"X: y\r\n" * 1000)},
        "tieu-de-sau-dong-dau": {"instead": lambda: iter([b"RTSP/1.0 200 OK\r\n", *[b"X-A: " + b"y" * 60 + b"\r\n"] * 100_000])},
        "dai-qua-so": {"instead": lambda: for_ever(b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 18446744073709551617\r\n\r\n")},
        "sdp-10-mb": {"instead": lambda: iter([b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 10485760\r\n\r\n", *[b"a=x\r\n" * 13107] * 160])},
        "tra-loi-1xx": {"instead": lambda: for_ever(b"RTSP/1.0 100 Continue\r\nCSeq: 1\r\n\r\n" * 500)},
        "dong-trong": {"instead": lambda: for_ever(b"\r\n" * (CHUNK // 2))},
        "nho-giot": {"instead": lambda: dripping(b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 900\r\n\r\n" + b"v" * 900)},
        "10000-luong": {"instead": lambda: iter([b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 120000\r\n\r\n", b"m=video 0 x\n" * 10_000])},
        "4000-luong": {"sdp": "m=v\n" * 4000, "after_play": foreign_stream},
        "ssrc-la": {"sdp": H264, "after_play": foreign_stream},
        "rac": {"sdp": H264, "after_play": garbage_stream},
        "manh-vo-tan": {"sdp": H264, "after_play": fragments(None)},
        "khung-50-mb": {"sdp": H264, "after_play": fragments(50 << 20)},
        "jpeg-vo-ly": {"sdp": JPEG, "after_play": absurd_pictures},
    }


def page(body, kind="application/xml"):
    return f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def chunked(pieces):
    yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    for piece in pieces:
        yield f"{len(piece):x}\r\n".encode() + piece + b"\r\n"


def hundred_thousand_xml():
    rows = b"".join(b"<InputProxyChannelStatus><id>%d</id></InputProxyChannelStatus>" % i for i in range(60_000))
    return page(b"<InputProxyChannelStatusList>" + rows + b"</InputProxyChannelStatusList>")


def laughs():
    entities = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 12))
    return page(f'<!DOCTYPE x [<!ENTITY a0 "ha">{entities}]><InputProxyChannelStatusList>&a11;</InputProxyChannelStatusList>'.encode())


def recorders():
    """name → (driver, how it lies), over HTTP."""
    return {
        "nvr-tieu-de": ("hikvision-nvr", lambda: iter([b"HTTP/1.1 200 OK\r\n", *[b"X-A: " + b"y" * 60 + b"\r\n"] * 100_000])),
        "nvr-mot-tieu-de": ("hikvision-nvr", lambda: iter([b"HTTP/1.1 200 OK\r\nX: ", *[b"y" * CHUNK] * 200])),
        "nvr-nho-giot": ("dahua-nvr", lambda: dripping(page(b"states[0].channel=1\n" * 99))),
        "nvr-10-mb": ("hikvision-nvr", lambda: iter([page(b"<a>" + b"x" * (10 << 20) + b"</a>")])),
        "nvr-khong-dut": ("dahua-nvr", lambda: chunked(for_ever(b"states[0].channel=1\n" * 3000))),
        "nvr-100k-kenh": ("hikvision-nvr", lambda: iter([hundred_thousand_xml()])),
        "nvr-doctype": ("hikvision-nvr", lambda: iter([laughs()])),
        "nvr-mo-ngoac": ("hikvision-nvr", lambda: iter([page(b"<a>" + b"<" * 95_000 + b" " * 4_000_000 + b"/></a>")])),
        "nvr-json-100k": ("dahua-nvr", lambda: iter([page(b'{"states":[' + b'{"channel":1},' * 100_000 + b"{}]}", "application/json")])),
        "vms-json-4-mb": ("http-map", lambda: iter([page(b'{"items":[' + b"{}," * 1_390_000 + b"{}]}", "application/json")])),
        "vms-json-sau": ("http-map", lambda: iter([page(b"[" * 4_000_000, "application/json")])),
        "vms-json-rong": ("http-map", lambda: iter([page(b'{"items":[' + b"[]," * 1_390_000 + b"[]]}", "application/json")])),
        "nvr-onvif-10-mb": ("onvif-nvr", lambda: iter([page(b"<s:Envelope>" + b"<a/>" * (5 << 19) + b"</s:Envelope>")])),
    }
