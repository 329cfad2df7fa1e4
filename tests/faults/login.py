"""A wrong password is sent once; cameras that ask for Basic or point elsewhere never see it; counted at the cameras.

The cameras are this file's own small RTSP servers (RFC 2326 and RFC 7616 read there; no code shared with the client).
An hour of probing is compressed by short intervals: 20 liveness intervals of 3 s stand for 20 minutes at 60 s, and the block's six hours
of running time do not pass meanwhile.
"""
import hashlib
import os
import re
import select
import signal
import socketserver
import sys
import threading
import time

from support.fault_house import Commune, NotHeld, free_port, head, pause, say, until

PASSWORD = "dung-de-lo-Mat-khau-9"
GOOD = "mat-khau-dung-7"
SDP = ("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=cam\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
       "a=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z0IAH5WoFAFuQA==,aM48gA==\r\na=control:track1\r\n")
MEDIA_INTERVAL = 6  # seconds
MUTANTS = {"forgotten-block": ("the wrong password was sent",)}
LEAST = {"forgotten-block": 3}  # rounds that catch it


class Camera(socketserver.ThreadingTCPServer):
    """One camera: how it asks for a login, and what it does after PLAY."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, address, challenge, accepts=None, media="flow", redirect=None, thinks=0.0):
        self.challenge, self.accepts, self.media, self.redirect, self.thinks = challenge, accepts, media, redirect, thinks
        self.credentialed, self.raw, self.visits = 0, b"", 0
        super().__init__(address, Visit)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def handle_error(self, request, address):
        """A visitor that was killed or hung up is nothing to speak of; anything else is."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, address)


class Visit(socketserver.StreamRequestHandler):
    def reply(self, cseq, status, *headers, body=""):
        lines = [f"RTSP/1.0 {status}", f"CSeq: {cseq}", *headers]
        if body:
            lines += ["Content-Type: application/sdp", f"Content-Length: {len(body)}"]
        self.wfile.write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())

    def next_request(self):
        lines = []
        while (line := self.rfile.readline()) not in (b"", b"\r\n"):
            self.server.raw += line
            lines.append(line.decode("latin-1").strip())
        return lines

    def right(self, method, words):
        """RFC 7616 with SHA-256 and qop=auth, computed from the header's own fields."""
        fields = dict(re.findall(r'(\w+)="?([^",]+)"?', words))
        h = lambda text: hashlib.sha256(text.encode()).hexdigest()
        a1 = h(f"{fields['username']}:{fields['realm']}:{self.server.accepts}")
        a2 = h(f"{method}:{fields['uri']}")
        return fields.get("response") == h(f"{a1}:{fields['nonce']}:{fields['nc']}:{fields['cnonce']}:{fields['qop']}:{a2}")

    def handle(self):
        self.server.visits += 1
        while lines := self.next_request():
            method = lines[0].split()[0]
            headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
            cseq, given = headers.get("cseq", "1"), headers.get("authorization")
            if given:
                self.server.credentialed += 1
                pause(self.server.thinks)
            if self.server.redirect:
                self.reply(cseq, "302 Moved", f"Location: {self.server.redirect}")
            elif method in ("DESCRIBE", "SETUP", "PLAY") and not (given and self.server.accepts and self.right(method, given)):
                self.reply(cseq, "401 Unauthorized", f"WWW-Authenticate: {self.server.challenge}")
            elif method == "DESCRIBE":
                self.reply(cseq, "200 OK", body=SDP)
            elif method == "SETUP":
                self.reply(cseq, "200 OK", "Session: 1;timeout=60", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=00000007")
            elif method == "PLAY":
                self.reply(cseq, "200 OK", "Session: 1")
                self.play()
            else:
                self.reply(cseq, "200 OK")

    def play(self):
        """A key frame every tenth frame, until the visitor speaks again; the stalling camera holds its breath after twenty P frames."""
        stalls = self.server.media == "stall"
        for number in range(20 if stalls else 2000):
            key = number % 10 == 2 and not stalls
            payload = (b"\x65\x88" if key else b"\x41\x9a") + bytes(200)  # the first slice of a picture
            rtp = bytes([0x80, 0x80 | 96]) + number.to_bytes(2, "big") + (number * 6000).to_bytes(4, "big") + b"\x00\x00\x00\x07"
            self.wfile.write(b"$\x00" + (len(rtp) + len(payload)).to_bytes(2, "big") + rtp + payload)
            if select.select([self.connection], [], [], 0.04)[0]:
                return


DIGEST = 'Digest realm="cam", nonce="{}", algorithm=SHA-256, qop="auth"'.format("8c0e" * 8)
OLD_DIGEST = 'Digest realm="cam", nonce="{}"'.format("4f2a" * 8)


def camera_text(name, address, port, login):
    return (f'\n[login.{name}]\nusername = "monitor"\npassword = "{PASSWORD if login == "bad" else GOOD}"\n'
            f'\n[[place]]\nid = "p-{name}"\nname = "{name}"\nkind = "other"\nhamlet = "ap-1"\n'
            f'\n[[camera]]\nid = "{name}"\nname = "{name}"\nplace = "p-{name}"\ndriver = "rtsp"\nlogin = "{name}"\n'
            f'url = "rtsp://{address}:{port}/live"\npicture = false\n')


def run(rounds, mutant):
    port = free_port()
    trap = Camera(("127.21.0.9", port), DIGEST)  # where the redirect points
    cameras = {
        "cam-bad": Camera(("127.21.0.1", port), OLD_DIGEST),
        "cam-basic": Camera(("127.21.0.2", port), 'Basic realm="cam"'),
        "cam-moved": Camera(("127.21.0.3", port), DIGEST, redirect=f"rtsp://127.21.0.9:{port}/live"),
        "cam-sha": Camera(("127.21.0.4", port), DIGEST, accepts=GOOD),
        "cam-stall": Camera(("127.21.0.5", port), DIGEST, accepts=GOOD, media="stall"),
        "cam-slow": Camera(("127.21.0.6", port), OLD_DIGEST, thinks=1.5),  # refuses, but takes its time
    }
    text = head(interval="3s", recheck="300ms", media=f"{MEDIA_INTERVAL}s", limit="3s")
    for i, name in enumerate(cameras, 1):
        text += camera_text(name, f"127.21.0.{i}", port, "good" if name in ("cam-sha", "cam-stall") else "bad")
    commune = Commune(text)
    state = lambda name: commune.devices().get(name, {"state": "?", "reason": None})
    why = lambda name: (state(name)["reason"] or {}).get("code")
    try:
        commune.start()
        until(lambda: cameras["cam-slow"].credentialed, 20, "cam-slow has been given its login")
        commune.kill(signal.SIGTERM)  # it has not answered yet
        commune.start()
        began = time.monotonic()
        until(lambda: state("cam-stall")["state"] == "down", 3 * MEDIA_INTERVAL, "the stalling camera down within three media intervals")
        stalled = time.monotonic() - began
        until(lambda: state("cam-bad")["state"] == "unknown" and why("cam-bad") == "bad-password", 30, "cam-bad unknown(bad-password)")
        until(lambda: state("cam-sha")["state"] == "up", 60, "the SHA-256-only camera up")
        if why("cam-stall") not in ("no-media", "stalled"):
            raise NotHeld(f"the stalling camera is down for {why('cam-stall')}")
        say(f"stalling camera: down ({why('cam-stall')}) after {stalled:.1f} s; SHA-256-only camera: up")
        visits = cameras["cam-bad"].visits
        for number in range(rounds or 6):
            pause(2)
            turn = number % 3
            if turn == 0 and (prober := commune.prober()):
                os.kill(prober, signal.SIGKILL)
            else:
                commune.kill(signal.SIGKILL if turn == 1 else signal.SIGTERM)
                if mutant == "forgotten-block":
                    commune.tamper("DELETE FROM login_block")
                commune.start()
        until(lambda: cameras["cam-bad"].visits >= visits + 20, 150, "20 further visits of cam-bad")
        if cameras["cam-bad"].credentialed != 1:
            raise NotHeld(f"the wrong password was sent {cameras['cam-bad'].credentialed} times")
        if cameras["cam-slow"].credentialed != 1:
            raise NotHeld(f"stopped while cam-slow thought, the gateway sent its wrong password "
                          f"{cameras['cam-slow'].credentialed} times")
        for name in ("cam-basic", "cam-moved"):
            if cameras[name].credentialed or PASSWORD.encode() in cameras[name].raw:
                raise NotHeld(f"{name} was given a login")
        if trap.visits:
            raise NotHeld("the redirect was followed")
        kept = b"".join(file.read_bytes() for file in (commune.directory / "state").iterdir() if file.is_file())
        for secret in (PASSWORD, GOOD):
            if secret.encode() in kept or secret in commune.words():
                raise NotHeld("a password stands in the database or in the log")
        say(f"cam-bad: {cameras['cam-bad'].visits} visits, 1 credentialed request; cam-basic: "
            f"{cameras['cam-basic'].visits} visits, none; the redirect's target: no visit")
        return "1 credentialed request"
    finally:
        commune.end()
        for camera in [*cameras.values(), trap]:
            camera.shutdown()
            camera.server_close()
