#!/usr/bin/python3
"""An ONVIF camera on loopback: SOAP over HTTP before a stream that somebody else serves. It checks logins as a strict camera does.

usage: onvif_camera.py SETTINGS.json
    {"host": "127.0.0.1", "port": 0, "user": "…", "password": "…", "stream": "rtsp://127.0.0.2:…/live",
     "auth": "token" | "digest" | "basic" | "none", "clock": SECONDS, "faults": ["doctype", …]}
Behaviour was read in ONVIF Core 2.0 §5.12 (WS-UsernameToken and HTTP Digest; NotAuthorized is env:Sender) and WSS UsernameToken Profile 1.0.
A token's nonce counts once and its Created must lie within 5 seconds of the camera's own clock.
Its addresses name a host that is not there, as cameras behind NAT do, and a login, as some firmware does.
Faults: silent-time (its time wants a login, too), doctype, huge (10 MB), drip (a byte each 200 ms), garbage, redirect (answers of GetProfiles).
Standard input: "clock SECONDS" (it is that far off; "clock 1970": it was lost), "clock-once-told SECONDS" (it is set
when it was told once more), "stream URL", "count". Prints "READY port", then each order when it is carried out; for "count": "requests N credentialed N refused N basic N". Ends with its standard input.
"""
import base64
import binascii
import calendar
import hashlib
import http.server
import json
import os
import re
import sys
import threading
import time
import xml.etree.ElementTree as ElementTree
from xml.sax.saxutils import escape

SOAP = "http://www.w3.org/2003/05/soap-envelope"
SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
UTILITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
WINDOW = 5  # seconds


def envelope(inside):
    return ('<?xml version="1.0" encoding="UTF-8"?><E:Envelope xmlns:E="http://www.w3.org/2003/05/soap-envelope" '
            'xmlns:d="http://www.onvif.org/ver10/device/wsdl" xmlns:m="http://www.onvif.org/ver10/media/wsdl" '
            'xmlns:t="http://www.onvif.org/ver10/schema" xmlns:r="http://www.onvif.org/ver10/recording/wsdl" '
            f'xmlns:s="http://www.onvif.org/ver10/search/wsdl" xmlns:ter="http://www.onvif.org/ver10/error"><E:Body>{inside}</E:Body></E:Envelope>')


def fault(code, words):
    return envelope(f"<E:Fault><E:Code><E:Value>E:Sender</E:Value><E:Subcode><E:Value>ter:{code}</E:Value></E:Subcode></E:Code>"
                    f'<E:Reason><E:Text xml:lang="en">{escape(words)}</E:Text></E:Reason></E:Fault>')


def clock_answer(now):
    at = time.gmtime(now)
    return envelope("<d:GetSystemDateAndTimeResponse><d:SystemDateAndTime><t:DateTimeType>Manual</t:DateTimeType><t:UTCDateTime>"
                    f"<t:Time><t:Hour>{at.tm_hour}</t:Hour><t:Minute>{at.tm_min}</t:Minute><t:Second>{at.tm_sec}</t:Second></t:Time>"
                    f"<t:Date><t:Year>{at.tm_year}</t:Year><t:Month>{at.tm_mon}</t:Month><t:Day>{at.tm_mday}</t:Day></t:Date>"
                    "</t:UTCDateTime></d:SystemDateAndTime></d:GetSystemDateAndTimeResponse>")


class Device:
    """What logs in, and the clock; a camera and a recorder alike."""

    def __init__(self, settings):
        self.settings = settings
        self.off = float(settings.get("clock", 0))
        self.lost_at = self.once_told = None
        self.nonces, self.tokens = set(), set()
        self.over = threading.Event()  # set when its standard input ends
        self.counts = {"requests": 0, "credentialed": 0, "refused": 0, "basic": 0}

    def now(self):
        if self.lost_at is not None:
            return time.monotonic() - self.lost_at
        return time.time() + self.off

    def set_off(self, seconds):
        self.off = seconds

    def tell_clock(self):
        told = clock_answer(self.now())
        if self.once_told is not None:
            self.set_off(self.once_told)
            self.once_told = None
        return told

    def good_token(self, token):
        def part(name, space=SECURITY):
            return (token.findtext(f"{{{space}}}{name}") or "").strip()

        created = part("Created", UTILITY)
        try:
            nonce = base64.b64decode(part("Nonce"), validate=True)
            at = calendar.timegm(time.strptime(created, "%Y-%m-%dT%H:%M:%SZ"))
        except (ValueError, binascii.Error):
            return False
        wanted = base64.b64encode(hashlib.sha1(nonce + created.encode() + self.settings["password"].encode()).digest()).decode()
        fresh = len(nonce) >= 8 and nonce not in self.tokens and abs(at - self.now()) <= WINDOW
        self.tokens.add(nonce)
        return fresh and part("Username") == self.settings["user"] and part("Password") == wanted

    def good_digest(self, given, method, target):
        fields = dict(re.findall(r'(\w+)="?([^",]*)"?', given))

        def hashed(text):
            return hashlib.md5(text.encode()).hexdigest()

        parts = [hashed(f"{self.settings['user']}:onvif:{self.settings['password']}"), fields.get("nonce", ""), fields.get("nc", ""),
                 fields.get("cnonce", ""), fields.get("qop", ""), hashed(f"{method}:{target}")]
        return (fields.get("nonce") in self.nonces and fields.get("uri") == target and fields.get("username") == self.settings["user"]
                and fields.get("response") == hashed(":".join(parts)))

    def order(self, words):
        what, *more = words
        if what == "clock-once-told":
            self.once_told = float(more[0])
        elif what == "clock":
            self.lost_at = time.monotonic() if more[0] == "1970" else None
            self.off = 0.0 if more[0] == "1970" else float(more[0])
        elif what == "stream":
            self.settings["stream"] = more[0]
        elif what == "count":
            return " ".join(f"{name} {value}" for name, value in self.counts.items())
        return " ".join(words)


class Service(http.server.BaseHTTPRequestHandler):
    """One POST: parse, log in, answer. `answers` maps an action to its answer; `free` are those that want no login."""

    protocol_version = "HTTP/1.1"
    device: Device
    free = {"GetSystemDateAndTime", "GetServices"}

    def log_message(self, *_):
        pass

    def answer(self, status, body, headers=()):
        body = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/soap+xml; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        device = self.device
        device.counts["requests"] += 1
        raw = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), 65536))
        try:
            asked = ElementTree.fromstring(raw)
            action = list(asked.find(f"{{{SOAP}}}Body"))[0]
        except (ElementTree.ParseError, TypeError, IndexError):
            return self.answer(400, fault("WellFormed", "not SOAP"))
        name = action.tag.partition("}")[2]
        token = asked.find(f"{{{SOAP}}}Header/{{{SECURITY}}}Security/{{{SECURITY}}}UsernameToken")
        given = self.headers.get("Authorization", "")
        device.counts["credentialed"] += bool(given) + (token is not None)
        device.counts["basic"] += given.startswith("Basic")
        faults = device.settings.get("faults", [])
        if name not in self.free or (name == "GetSystemDateAndTime" and "silent-time" in faults):
            auth = device.settings.get("auth", "token")
            good = (auth == "none" or (auth == "token" and token is not None and device.good_token(token))
                    or (auth == "digest" and device.good_digest(given, "POST", self.path)))
            if not good:
                device.counts["refused"] += bool(given) or token is not None
                return self.refuse(auth)
        self.reply(name, action, faults)
        return None

    def refuse(self, auth):
        if auth == "digest":
            nonce = os.urandom(12).hex()
            self.device.nonces.add(nonce)
            return self.answer(401, "", [("WWW-Authenticate", f'Digest realm="onvif", qop="auth", nonce="{nonce}"')])
        if auth == "basic":
            return self.answer(401, "", [("WWW-Authenticate", 'Basic realm="onvif"')])
        return self.answer(400, fault("NotAuthorized", "Sender not authorized"))

    def reply(self, name, action, faults):
        text = self.text(name, action)
        if text is None:
            self.answer(500, fault("ActionNotSupported", name))
        elif name != "GetProfiles" or not faults:
            self.answer(200, text)
        elif "redirect" in faults:
            self.answer(302, "", [("Location", self.device.settings["elsewhere"])])
        elif "doctype" in faults:
            self.answer(200, text.replace("?>", '?><!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;&x;">]>', 1))
        elif "huge" in faults:
            self.answer(200, text.replace("</m:GetProfilesResponse>", "<m:Profiles/>" * 800_000 + "</m:GetProfilesResponse>"))
        elif "garbage" in faults:
            self.answer(200, "<E:Envelope><E:Body><" + "\u0001<a" * 5000)
        elif "drip" in faults:
            self.send_response(200)
            self.send_header("Content-Length", "100000")
            self.end_headers()
            for letter in text:
                self.wfile.write(letter.encode())
                self.wfile.flush()
                if self.device.over.wait(0.2):
                    break
        else:
            self.answer(200, text)


class Camera(Service):
    def text(self, name, action):
        device = self.device
        stream = device.settings["stream"]
        if name == "GetSystemDateAndTime":
            return device.tell_clock()
        if name == "GetServices":
            return envelope("<d:GetServicesResponse><d:Service><d:Namespace>http://www.onvif.org/ver10/media/wsdl</d:Namespace>"
                            "<d:XAddr>http://10.255.255.1:8999/onvif/media</d:XAddr></d:Service></d:GetServicesResponse>")
        if name == "GetDeviceInformation":
            return envelope("<d:GetDeviceInformationResponse><d:Manufacturer>Thử</d:Manufacturer><d:Model>SIM-CAM</d:Model>"
                            f"<d:FirmwareVersion>1</d:FirmwareVersion><d:SerialNumber>{self.server.server_address}</d:SerialNumber></d:GetDeviceInformationResponse>")
        if name == "GetProfiles" and self.path == "/onvif/media":
            rows = "".join(f'<m:Profiles token="{token}"><t:Name>{token}</t:Name><t:VideoSourceConfiguration><t:SourceToken>V</t:SourceToken>'
                           f"</t:VideoSourceConfiguration><t:VideoEncoderConfiguration><t:Encoding>H264</t:Encoding><t:Resolution><t:Width>{width}"
                           f"</t:Width><t:Height>{width // 2}</t:Height></t:Resolution></t:VideoEncoderConfiguration></m:Profiles>"
                           for token, width in (("main", 1920), ("sub", 640)))
            return envelope(f"<m:GetProfilesResponse>{rows}</m:GetProfilesResponse>")
        if name == "GetStreamUri" and action.findtext("{http://www.onvif.org/ver10/media/wsdl}ProfileToken") == "sub":
            port, path = re.fullmatch(r"rtsp://[^:/]+:(\d+)(/.*)", stream).groups()
            uri = f"rtsp://{device.settings['user']}:{device.settings['password']}@10.255.255.1:{port}{path}"
            return envelope(f"<m:GetStreamUriResponse><m:MediaUri><t:Uri>{escape(uri)}</t:Uri></m:MediaUri></m:GetStreamUriResponse>")
        return None


def main(service=Camera, device=Device):
    with open(sys.argv[1], encoding="utf-8") as settings:
        service.device = device(json.load(settings))
    settings = service.device.settings
    server = http.server.ThreadingHTTPServer((settings.get("host", "127.0.0.1"), settings.get("port", 0)), service)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # a client that hangs up is no news
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("READY", server.server_address[1], flush=True)
    for line in sys.stdin:
        if line.split():
            print(service.device.order(line.split()), flush=True)
    service.device.over.set()


if __name__ == "__main__":
    main()
