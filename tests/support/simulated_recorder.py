#!/usr/bin/python3
"""A recorder that really pulls its cameras over RTSP and tells the truth about them in its maker's API.

usage: simulated_recorder.py isapi|dahua|onvif RECORDER.json
    {"port": 0, "user": "…", "password": "…", "utc_offset_minutes": 420,
     "channels": {"1": {"url": "rtsp://127.0.0.1:…/live", "user": "…", "password": "…"}, …},
     "addresses": true}         whether it tells where the cameras of its channels are
A channel is online while media of its camera arrives, and recorded while it is online and its recording is on. Standard input:
    unplug N, plug N          the channel pulls nothing; pulls again
    say N WORD                what its maker's API says of the channel while nothing comes (chanDetectResult, connectionState)
    swap N M                  the two channels pull each other's camera
    stop-recording N, record N
    clock SECONDS             its clock is that far off; by ONVIF clock-once-told SECONDS: it is set when it was told once more
    disk bad, disk good
    spoil STATUS, spoil garbage, spoil off      what it answers instead
    pictures off, pictures on                   it has no address for pictures of its channels
    hold N, release N         the channel's picture stays as it is now
    lock, unlock              its account is locked: every login is refused and the answer says so
Prints "READY port", then each order when it is carried out; "requests N logins N refused N pictures N absent N" on "count". Ends with its standard input.
By ONVIF there is no word for a channel's picture: its recording jobs alone tell (Recording Control, RecordingJobState).
"""
import base64
import collections
import hashlib
import http.server
import json
import math
import os
import re
import socket
import sys
import threading
import time
from xml.sax.saxutils import escape

import onvif_camera

FRESH = 3.0     # seconds without media, and the channel is offline
RETRY = 1.0     # seconds between two tries at a camera that does not answer
WRITTEN = 1.0   # seconds until media that arrived is found on the disk
KEPT = 4.0      # seconds of packets from which a picture can be made


def digest(user, password, method, uri, challenge):
    fields = dict(re.findall(r'(\w+)="?([^",]*)"?', challenge))
    algorithm = hashlib.sha256 if fields.get("algorithm", "").upper() == "SHA-256" else hashlib.md5

    def hashed(text):
        return algorithm(text.encode()).hexdigest()

    answer = hashed(":".join((hashed(f"{user}:{fields['realm']}:{password}"), fields["nonce"], hashed(f"{method}:{uri}"))))
    return f'Digest username="{user}", realm="{fields["realm"]}", nonce="{fields["nonce"]}", uri="{uri}", response="{answer}"'


def jpeg(packets):
    """The last picture in these RTP packets of H.264, or nothing."""
    import gi  # pylint: disable=import-outside-toplevel
    gi.require_version("Gst", "1.0")
    from gi.repository import Gst  # pylint: disable=import-outside-toplevel
    Gst.init(None)
    pipeline = Gst.parse_launch(
        "appsrc name=in format=time caps=application/x-rtp,media=video,encoding-name=H264,clock-rate=90000,payload=96 ! rtph264depay ! h264parse "
        "! avdec_h264 max-threads=1 ! videoconvert ! jpegenc quality=70 ! appsink name=out sync=false")
    source, sink = pipeline.get_by_name("in"), pipeline.get_by_name("out")
    pipeline.set_state(Gst.State.PLAYING)
    for packet in packets:
        source.emit("push-buffer", Gst.Buffer.new_wrapped(packet))
    source.emit("end-of-stream")
    picture = None
    while (sample := sink.emit("try-pull-sample", 5 * Gst.SECOND)) is not None:
        buffer = sample.get_buffer()
        picture = buffer.extract_dup(0, buffer.get_size())
    pipeline.set_state(Gst.State.NULL)
    return picture


class Puller(threading.Thread):
    """Visits one camera again and again; `last` is when its media last arrived. Who changes `plugged` sets `ordered`, which wakes it."""

    def __init__(self, settings):
        super().__init__(daemon=True)
        self.settings, self.plugged, self.last, self.why, self.word = settings, True, -math.inf, "notExist", ""
        self.ordered = threading.Event()
        self.packets = collections.deque()
        self.start()

    @property
    def online(self):
        return self.plugged and time.monotonic() - self.last < FRESH

    def run(self):
        while True:
            if self.plugged:
                try:
                    self.pull()
                except (OSError, ValueError, KeyError, StopIteration) as trouble:
                    self.why = {"ConnectionRefusedError": "netUnreachable", "PermissionError": "errorUserNameOrPasswd"}.get(
                        type(trouble).__name__, "ipcStreamFail")
            self.ordered.wait(RETRY if self.plugged else None)
            self.ordered.clear()

    def ask(self, stream, method, uri, **headers):
        self.sequence += 1
        lines = [f"{method} {uri} RTSP/1.0", f"CSeq: {self.sequence}", "User-Agent: recorder"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        stream.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        stream.flush()
        status = self.line(stream)
        answer = {}
        for line in iter(lambda: self.line(stream), ""):
            name, _, value = line.partition(":")
            answer.setdefault(name.lower(), value.strip())
        answer["body"] = stream.read(int(answer.get("content-length", 0))).decode("utf-8", "replace")
        return int(status.split()[1]), answer

    @staticmethod
    def line(stream):
        line = stream.readline(65536)
        if not line:
            raise StopIteration
        return line.decode("utf-8", "replace").rstrip("\r\n")

    def pull(self):
        url, user, password = (self.settings[key] for key in ("url", "user", "password"))
        host, port = re.match(r"rtsp://([^:/]+):(\d+)/", url).groups()
        with socket.create_connection((host, int(port)), 3) as connection:
            connection.settimeout(FRESH)
            stream = connection.makefile("rwb")
            self.sequence = 0
            status, answer = self.ask(stream, "DESCRIBE", url, Accept="application/sdp")
            login = {}
            challenge = ""
            if status == 401:
                challenge = answer["www-authenticate"]
                login = {"Authorization": digest(user, password, "DESCRIBE", url, challenge)}
                status, answer = self.ask(stream, "DESCRIBE", url, Accept="application/sdp", **login)
                if status == 401:
                    raise PermissionError
            if status != 200:
                raise ValueError(status)
            video = answer["body"].partition("m=video")[2]
            control = re.search(r"a=control:(\S+)", video)[1]
            base = answer.get("content-base", url)
            track = control if control.startswith("rtsp") else base.rstrip("/") + "/" + control

            def signed(method, uri):
                return {"Authorization": digest(user, password, method, uri, challenge)} if challenge else {}

            status, answer = self.ask(stream, "SETUP", track, Transport="RTP/AVP/TCP;unicast;interleaved=0-1", **signed("SETUP", track))
            if status != 200:
                raise ValueError(status)
            session = answer["session"].split(";")[0]
            status, _ = self.ask(stream, "PLAY", base, Session=session, Range="npt=0.000-", **signed("PLAY", base))
            if status != 200:
                raise ValueError(status)
            while self.plugged:
                if stream.read(1) != b"$":
                    continue
                channel, size = stream.read(1)[0], int.from_bytes(stream.read(2), "big")
                packet = stream.read(size)
                if len(packet) < size:
                    raise StopIteration
                if channel == 0:
                    self.last, self.why = time.monotonic(), "connect"
                    self.packets.append((self.last, packet))
                    while self.packets[0][0] < self.last - KEPT:
                        self.packets.popleft()


class Recorder:
    def __init__(self, settings):
        self.settings = settings
        self.pullers = {number: Puller(channel) for number, channel in settings["channels"].items()}
        self.shows = {number: number for number in self.pullers}  # channel: whose camera it pulls
        self.recording = dict.fromkeys(self.pullers, True)
        self.records_since = dict.fromkeys(self.pullers, 0.0)  # nothing older is on the disk
        self.off, self.disk, self.locked, self.spoilt = 0, "ok", False, None
        self.nonces, self.counts = set(), {"requests": 0, "logins": 0, "refused": 0, "pictures": 0, "absent": 0}
        self.pictures, self.held = True, {}

    def channel(self, number):
        return self.pullers[self.shows[number]]

    def recorded_until(self, number):
        """The wall at which its newest recording ends; None: there is none."""
        last = self.channel(number).last if number in self.pullers else -math.inf
        if last == -math.inf or last < self.records_since[number]:
            return None
        return self.wall() - (time.monotonic() - last) - WRITTEN

    def address(self, number):
        return re.match(r"rtsp://([^:/]+)", self.channel(number).settings["url"])[1] if self.settings.get("addresses", True) else ""

    def picture(self, number):
        """Status and body: what it shows of the channel."""
        if not self.pictures:
            self.counts["absent"] += 1
            return 404, "<ResponseStatus><statusCode>4</statusCode><subStatusCode>notSupport</subStatusCode></ResponseStatus>"
        self.counts["pictures"] += 1
        shown = self.held.get(number) or jpeg([packet for _, packet in list(self.channel(number).packets)])
        return (200, shown) if shown else (503, "no picture")

    def wall(self):
        return time.time() + self.off + self.settings["utc_offset_minutes"] * 60

    def order(self, words):
        what, *more = words
        if what in ("plug", "unplug"):
            self.pullers[more[0]].plugged = what == "plug"
            self.pullers[more[0]].ordered.set()
        elif what == "say":
            self.pullers[more[0]].word = more[1]
        elif what == "swap":
            one, other = more
            self.shows[one], self.shows[other] = self.shows[other], self.shows[one]
        elif what in ("record", "stop-recording"):
            if what == "stop-recording":  # and nothing older is left: it was never switched on
                self.records_since[more[0]] = math.inf
            elif not self.recording[more[0]]:
                self.records_since[more[0]] = time.monotonic()
            self.recording[more[0]] = what == "record"
        elif what == "clock":
            self.off = float(more[0])
        elif what == "disk":
            self.disk = "ok" if more[0] == "good" else "error"
        elif what == "spoil":  # every answer behind the login
            self.spoilt = {"off": None, "garbage": (200, "<<<%s" % ("\x07" * 40))}.get(more[0]) if not more[0].isdigit() else (int(more[0]), "sorry")
        elif what == "pictures":
            self.pictures = more[0] == "on"
        elif what == "hold":
            self.held[more[0]] = jpeg([packet for _, packet in list(self.channel(more[0]).packets)])
        elif what == "release":
            self.held.pop(more[0], None)
        elif what in ("lock", "unlock"):
            self.locked = what == "lock"
        elif what == "count":
            return " ".join(f"{name} {value}" for name, value in self.counts.items())
        return " ".join(words)


def stamp(wall, between="T", end="Z"):
    return time.strftime(f"%Y-%m-%d{between}%H:%M:%S", time.gmtime(wall)) + end


class Page(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    recorder: Recorder

    def log_message(self, *_):
        pass

    def answer(self, status, body="", kind="application/xml", headers=()):
        if isinstance(body, str):
            body = body.encode()
        else:
            kind = "image/jpeg"
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def welcome(self):
        """True: the login holds. Otherwise the answer is on its way."""
        recorder, settings = self.recorder, self.recorder.settings
        recorder.counts["requests"] += 1
        given = self.headers.get("Authorization", "")
        if given.startswith("Digest "):
            fields = dict(re.findall(r'(\w+)="?([^",]*)"?', given))
            recorder.counts["logins"] += 1
            first = hashlib.md5(f"{settings['user']}:recorder:{settings['password']}".encode()).hexdigest()
            second = hashlib.md5(f"{self.command}:{fields.get('uri')}".encode()).hexdigest()
            parts = [first, fields.get("nonce", ""), fields.get("nc", ""), fields.get("cnonce", ""), fields.get("qop", ""), second]
            wanted = hashlib.md5(":".join(parts).encode()).hexdigest()
            if (not recorder.locked and fields.get("nonce") in recorder.nonces and fields.get("uri") == self.path
                    and fields.get("username") == settings["user"] and fields.get("response") == wanted):
                return True
            recorder.counts["refused"] += 1
        nonce = base64.b16encode(os.urandom(16)).decode().lower()
        recorder.nonces.add(nonce)
        body = ("<userCheck><statusValue>401</statusValue><lockStatus>lock</lockStatus><unlockTime>1800</unlockTime></userCheck>"
                if recorder.locked and given else "<userCheck><statusValue>401</statusValue></userCheck>")
        self.answer(401, body, headers=[("WWW-Authenticate", f'Digest realm="recorder", qop="auth", nonce="{nonce}"')])
        return False

    def do_GET(self):
        self.do("")

    def do_POST(self):
        self.do(self.rfile.read(min(int(self.headers.get("Content-Length", 0)), 65536)).decode("utf-8", "replace"))

    def do(self, body):
        if self.path == "/":
            self.recorder.counts["requests"] += 1
            return self.answer(200, "<html/>", "text/html")
        if self.welcome():
            status, text = self.recorder.spoilt or self.page(body)
            self.answer(status, text)
        return None


class Isapi(Page):
    SPACE = ' version="1.0" xmlns="http://www.hikvision.com/ver20/XMLSchema"'

    def page(self, body):
        recorder = self.recorder
        path = self.path.removeprefix("/ISAPI/")
        if path == "ContentMgmt/InputProxy/channels/status":
            rows = "".join(f"<InputProxyChannelStatus><id>{number}</id><online>{str(recorder.channel(number).online).lower()}</online>"
                           f"<chanDetectResult>{'connect' if recorder.channel(number).online else recorder.channel(number).word or recorder.channel(number).why}"
                           "</chanDetectResult></InputProxyChannelStatus>" for number in recorder.pullers)
            return 200, f"<InputProxyChannelStatusList{self.SPACE}>{rows}</InputProxyChannelStatusList>"
        if path == "ContentMgmt/InputProxy/channels":
            rows = ""
            for number in recorder.pullers:
                host = recorder.address(number)
                rows += (f"<InputProxyChannel><id>{number}</id><sourceInputPortDescriptor><ipAddress>{escape(host)}</ipAddress>"
                         "</sourceInputPortDescriptor></InputProxyChannel>")
            return 200, f"<InputProxyChannelList{self.SPACE}>{rows}</InputProxyChannelList>"
        if path == "System/deviceInfo":
            return 200, f"<DeviceInfo{self.SPACE}><deviceType>NVR</deviceType><model>SIM-NVR</model><serialNumber>SIM0001</serialNumber></DeviceInfo>"
        if path == "ContentMgmt/record/tracks":
            rows = "".join(f"<Track><id>{number}01</id><Enable>false</Enable><ActionRecordingMode>CMR</ActionRecordingMode></Track>"
                           for number in recorder.pullers)
            return 200, f"<TrackList{self.SPACE}>{rows}</TrackList>"
        if path == "ContentMgmt/Storage":
            return 200, (f"<storage{self.SPACE}><hddList><hdd><id>1</id><hddName>hdd1</hddName><status>{recorder.disk}</status>"
                         "<freeSpace>0</freeSpace></hdd></hddList></storage>")
        if path == "System/time":
            hours, minutes = divmod(recorder.settings["utc_offset_minutes"], 60)
            return 200, (f"<Time{self.SPACE}><timeMode>manual</timeMode><localTime>{stamp(recorder.wall(), end='')}+{hours:02}:{minutes:02}</localTime>"
                         f"<timeZone>CST-{hours}:{minutes:02}:00</timeZone></Time>")
        if shown := re.fullmatch(r"ContentMgmt/StreamingProxy/channels/(\d+)01/picture", path):
            return recorder.picture(shown[1])
        if path == "ContentMgmt/search":
            return self.search(body)
        if path.endswith("/dailyDistribution"):
            number = path.split("/")[-2].removesuffix("01")
            until = recorder.recorded_until(number)
            month = re.search(r"<monthOfYear>(\d+)<", body)
            wall = time.gmtime(until or 0)
            days = f"<day><dayOfMonth>{wall.tm_mday}</dayOfMonth><record>true</record></day>" if until and month and int(month[1]) == wall.tm_mon else ""
            return 200, f"<trackDailyDistribution><dayList>{days}</dayList></trackDailyDistribution>"
        return 404, "<ResponseStatus><statusCode>4</statusCode><subStatusCode>notSupport</subStatusCode></ResponseStatus>"

    def search(self, body):
        number = re.search(r"<trackID>(\d+)01</trackID>", body)
        span = re.findall(r"Time>([^<]+)Z<", body)
        until = self.recorder.recorded_until(number[1]) if number else None
        if not until or len(span) != 2 or not span[0] <= stamp(until, end="") <= span[1]:
            return 200, "<CMSearchResult><responseStatus>true</responseStatus><responseStatusStrg>NO MATCHES</responseStatusStrg></CMSearchResult>"
        return 200, ("<CMSearchResult><responseStatus>true</responseStatus><responseStatusStrg>OK</responseStatusStrg><numOfMatches>1</numOfMatches>"
                     f"<matchList><searchMatchItem><timeSpan><startTime>{span[0]}Z</startTime><endTime>{stamp(until)}</endTime></timeSpan>"
                     "</searchMatchItem></matchList></CMSearchResult>")


class Dahua(Page):
    finds: dict = {}

    def page(self, body):
        recorder = self.recorder
        path, _, query = self.path.partition("?")
        asked = {name: value.replace("%20", " ") for name, value in re.findall(r"([^&=]+)=([^&]*)", query)}
        numbers = list(recorder.pullers)
        if path == "/cgi-bin/api/LogicDeviceManager/getCameraState":
            return 200, json.dumps({"states": [{"channel": int(number) - 1, "connectionState": "Connected" if recorder.channel(number).online
                                                else recorder.channel(number).word or "Unconnect"}
                                               for number in numbers]})
        if path == "/cgi-bin/LogicDeviceManager.cgi" and asked.get("action") == "getCameraAll":
            lines = []
            for index, number in enumerate(numbers):
                host = recorder.address(number)
                lines += [f"camera[{index}].UniqueChannel={int(number) - 1}", f"camera[{index}].DeviceInfo.Address={host}"]
            return 200, "\r\n".join(lines)
        if path == "/cgi-bin/magicBox.cgi":
            return 200, "deviceType=SIM-NVR\r\nserialNumber=SIM0002\r\n"
        if path == "/cgi-bin/storageDevice.cgi":
            return 200, f"list.info[0].State=Success\r\nlist.info[0].Detail[0].IsError={str(recorder.disk != 'ok').lower()}\r\n"
        if path == "/cgi-bin/configManager.cgi" and asked.get("name") == "RecordMode":
            return 200, "".join(f"table.RecordMode[{int(number) - 1}].Mode=0\r\n" for number in numbers)
        if path == "/cgi-bin/global.cgi":
            return 200, f"result={stamp(recorder.wall(), ' ', '')}\r\n"
        if path == "/cgi-bin/snapshot.cgi":
            return recorder.picture(asked["channel"])
        if path == "/cgi-bin/mediaFileFind.cgi":
            return self.find(asked)
        return 400, "Error\r\nBad Request!\r\n"

    def find(self, asked):
        action, number = asked.get("action"), asked.get("object")
        if action == "factory.create":
            number = str(1000 + len(self.finds))
            self.finds[number] = None
            return 200, f"result={number}\r\n"
        if number not in self.finds:
            return 400, "Error\r\nBad Request!\r\n"
        if action == "findFile":
            until = self.recorder.recorded_until(asked.get("condition.Channel"))
            if not until or not asked["condition.StartTime"] <= stamp(until, " ", "") <= asked["condition.EndTime"]:
                return 400, "Error\r\nBad Request!\r\n"
            self.finds[number] = until
            return 200, "OK\r\n"
        if action == "findNextFile":
            until = self.finds[number]
            return 200, (f"found=1\r\nitems[0].StartTime={stamp(until - 600, ' ', '')}\r\nitems[0].EndTime={stamp(until, ' ', '')}\r\n"
                         if until else "found=0\r\n")
        if action == "destroy":
            del self.finds[number]
        return 200, "OK\r\n"


class OnvifDevice(onvif_camera.Device):
    def __init__(self, recorder):
        super().__init__({"auth": "token", **recorder.settings})
        self.recorder = recorder

    def now(self):
        return time.time() + self.recorder.off

    def set_off(self, seconds):
        self.recorder.off = seconds


class Onvif(onvif_camera.Service):
    """Profile G: a job and a recording for each channel."""

    recorder: Recorder

    def do_GET(self):
        self.device.counts["requests"] += 1
        given = self.headers.get("Authorization", "")
        self.device.counts["credentialed"] += bool(given)
        if not self.device.good_digest(given, "GET", self.path):
            self.device.counts["refused"] += bool(given)
            return self.refuse("digest")
        status, shown = self.recorder.picture(self.path.rpartition("/")[2])
        self.send_response(status)
        self.send_header("Content-Type", "image/jpeg")
        body = shown.encode() if isinstance(shown, str) else shown
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        return None

    def text(self, name, action):
        channels = self.recorder.pullers
        asked = action[0].text if len(action) else ""
        if name == "GetSystemDateAndTime":
            return self.device.tell_clock()
        if name == "GetServices":
            rows = "".join(f"<d:Service><d:Namespace>http://www.onvif.org/ver10/{space}/wsdl</d:Namespace><d:XAddr>http://10.255.255.1/onvif/{space}</d:XAddr>"
                           "</d:Service>" for space in ("media", "recording", "search"))
        elif name == "GetDeviceInformation":
            rows = "<d:Manufacturer>Thử</d:Manufacturer><d:Model>SIM-NVR</d:Model><d:SerialNumber>SIM0003</d:SerialNumber>"
        elif name == "GetProfiles":
            rows = "".join(f'<m:Profiles token="P{number}"><t:Name>{number}</t:Name><t:VideoSourceConfiguration><t:SourceToken>V{number}</t:SourceToken>'
                           "</t:VideoSourceConfiguration></m:Profiles>" for number in channels)
        elif name == "GetSnapshotUri" and self.recorder.pictures:
            number = (asked or "").removeprefix("P")
            rows = f"<m:MediaUri><t:Uri>http://10.255.255.1:{self.server.server_address[1]}/snapshot/{number}</t:Uri></m:MediaUri>"
        elif name == "GetRecordingJobs":
            rows = "".join(f"<r:JobItem><t:JobToken>J{number}</t:JobToken><t:JobConfiguration><t:RecordingToken>R{number}</t:RecordingToken>"
                           f"<t:Mode>{'Active' if self.recorder.recording[number] else 'Idle'}</t:Mode><t:Source><t:SourceToken><t:Token>P{number}</t:Token>"
                           "</t:SourceToken></t:Source></t:JobConfiguration></r:JobItem>" for number in channels)
        elif name == "GetRecordingJobState":
            number = (asked or "").removeprefix("J")
            if number not in channels:
                return None
            state = ("Idle" if not self.recorder.recording[number] else "Active" if self.recorder.channel(number).online else "Error")
            error = "<t:Tracks><t:Track><t:Error>no signal</t:Error></t:Track></t:Tracks>" if state == "Error" else ""
            rows = (f"<r:State><t:RecordingToken>R{number}</t:RecordingToken><t:State>{state}</t:State><t:Sources><t:SourceToken><t:Token>P{number}"
                    f"</t:Token></t:SourceToken><t:State>{state}</t:State>{error}</t:Sources></r:State>")
        elif name == "FindRecordings":
            rows = "<s:SearchToken>S1</s:SearchToken>"
        elif name == "GetRecordingSearchResults":
            rows = "".join(f"<t:RecordingInformation><t:RecordingToken>R{number}</t:RecordingToken><t:Source><t:SourceId>V{number}</t:SourceId></t:Source>"
                           f"<t:LatestRecording>{stamp(until - self.recorder.settings['utc_offset_minutes'] * 60)}</t:LatestRecording><t:RecordingStatus>"
                           f"{'Recording' if self.recorder.recording[number] else 'Stopped'}</t:RecordingStatus></t:RecordingInformation>"
                           for number in channels if (until := self.recorder.recorded_until(number)))
            rows = f"<s:ResultList><t:SearchState>Completed</t:SearchState>{rows}</s:ResultList>"
        elif name == "GetRecordingSummary":
            rows = (f"<s:Summary><t:DataFrom>{stamp(self.device.now() - 5 * 86400)}</t:DataFrom><t:DataUntil>{stamp(self.device.now())}</t:DataUntil>"
                    f"<t:NumberRecordings>{len(channels)}</t:NumberRecordings></s:Summary>")
        elif name == "EndSearch":
            rows = ""
        else:
            return None
        return onvif_camera.envelope(f"<d:{name}Response>{rows}</d:{name}Response>")


def main(more=()):
    kind, file = sys.argv[1:3]
    with open(file, encoding="utf-8") as settings:
        recorder = Recorder(json.load(settings))
    page = dict(more, isapi=Isapi, dahua=Dahua, onvif=Onvif)[kind]
    page.recorder = recorder
    if kind == "onvif":
        Onvif.device = OnvifDevice(recorder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", recorder.settings["port"]), page)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("READY", server.server_address[1], flush=True)
    for line in sys.stdin:
        if line.split():
            of_onvif = kind == "onvif" and line.split()[0] in ("count", "clock-once-told")
            print((Onvif.device if of_onvif else recorder).order(line.split()), flush=True)


if __name__ == "__main__":
    main()
