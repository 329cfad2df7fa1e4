"""The servers of the demo's commune: broker, broadcast server with its studio and listeners, cameras, small devices."""
import json
import os
import socket
import subprocess
import time
import urllib.request

from demo_commune import CAMERA_PATH, CAMERA_USER, DEVICES, PAGE, RECORDER, of_kind, streets
from demo_house import NOBODY, NOGROUP, Trouble

HERE = os.path.dirname(os.path.abspath(__file__))
MOUNT, BYTES_PER_SECOND = "/xa.mp3", 4000
ICECAST = """<icecast>
  <location>demo</location><admin>demo@localhost</admin><hostname>127.0.0.1</hostname>
  <limits><clients>50</clients><sources>2</sources></limits>
  <authentication><source-password>%(source)s</source-password><relay-password>%(source)s</relay-password>
    <admin-user>admin</admin-user><admin-password>%(admin)s</admin-password></authentication>
  <listen-socket><port>%(port)d</port><bind-address>127.0.0.1</bind-address></listen-socket>
  <fileserve>1</fileserve>
  <paths><basedir>/usr/share/icecast2</basedir><logdir>%(logs)s</logdir><webroot>/usr/share/icecast2/web</webroot>
    <adminroot>/usr/share/icecast2/admin</adminroot></paths>
  <logging><accesslog>access.log</accesslog><errorlog>error.log</errorlog><loglevel>2</loglevel></logging>
  <security><chroot>0</chroot></security>
</icecast>
"""


class Servers:
    def __init__(self, house, ports, passwords, programs):
        """`programs`: the folder where street_camera lies."""
        self.house, self.ports, self.passwords, self.programs = house, ports, passwords, programs
        self.listeners, self.streets = {}, {}
        self._record_clips()
        self._start_broker()
        self._start_icecast()
        self._start_devices()
        self._start_streets()

    def carry_out(self, event):
        for word, name in event.orders:
            if word == "listen":
                self.listen(DEVICES[name])
            elif word == "leave":
                self.house.end(self.listeners.pop(name), patience=2)
            elif name == RECORDER:
                self.recorder.order(*word.split())
            elif name in self.streets:
                self.streets[name].order(word)
            else:
                (self.cameras if DEVICES[name].kind == "camera" else self.hosts).order(word, name)

    def listen(self, speaker):
        """A speaker's player; what it sends as user agent is its serial number, as such devices do."""
        if speaker.id not in self.listeners:
            self.listeners[speaker.id] = self.house.start(
                "listener-" + speaker.id, "curl", "--silent", "--show-error", "--no-buffer", "--output", "/dev/null",
                "--user-agent", "TruyenThanh/2.1 (%s)" % speaker.listener, self._icecast_url(MOUNT))

    def answers(self, camera):
        """Whether the camera speaks RTSP to a stranger, now."""
        with socket.create_connection((camera.address, self.ports["rtsp"]), timeout=5) as visitor:
            visitor.sendall(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
            return visitor.recv(100).startswith(b"RTSP/1.0 ")

    def _record_clips(self):
        """A minute of picture and ten seconds of sound, encoded once."""
        ffmpeg = ["ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i"]
        for job in ([*ffmpeg, "testsrc2=size=320x180:rate=5", "-t", "60", "-c:v", "libx264", "-preset", "ultrafast", "-profile:v",
                     "baseline", "-pix_fmt", "yuv420p", "-g", "10", "-b:v", "80k", self.house.file("clip.mp4")],
                    [*ffmpeg, "sine=frequency=440:sample_rate=22050", "-t", "10", "-ac", "1", "-b:a", "%d" % (8 * BYTES_PER_SECOND),
                     "-write_xing", "0", "-id3v2_version", "0", self.house.file("clip.mp3")]):
            subprocess.run(job, check=True, stdin=subprocess.DEVNULL)

    def _start_broker(self):
        configuration = self.house.write("mosquitto.conf", "listener %d 127.0.0.1\nallow_anonymous true\npersistence false\n"
                                         % self.ports["mqtt"])
        self.broker = self.house.start("mosquitto", "/usr/sbin/mosquitto", "-c", configuration, as_nobody=True)
        self.heard = self.house.file("mqtt.txt")  # what a subscriber saw: all of it, from the beginning
        with open(self.heard, "w", encoding="utf-8") as file:
            self._wait(self._broker_answers, "mosquitto")
            self.house.start("subscriber", "mosquitto_sub", "-h", "127.0.0.1", "-p", str(self.ports["mqtt"]), "-q", "1",
                             "-t", "commune-watch/v1/#", "-F", "%t\t%p", log=file)

    def _start_icecast(self):
        logs = self.house.file("icecast")
        os.mkdir(logs, 0o700)
        if os.getuid() == 0:
            os.chown(logs, NOBODY, NOGROUP)
        configuration = self.house.write("icecast.xml", ICECAST % dict(self.passwords, port=self.ports["icecast"], logs=logs), 0o600,
                                         for_server=True)
        # Debian's icecast2 2.4.4 crashes now and then when its first source comes (a segmentation fault in the kernel's log): once more.
        for attempt in range(5):
            icecast = self.house.start("icecast", "icecast2", "-c", configuration, as_nobody=True)
            self._wait(lambda: self._on_air() is not None, "icecast")
            studio = self._simulator("simulated_broadcast.py", "127.0.0.1", str(self.ports["icecast"]), MOUNT,
                                     self.house.file("clip.mp3"), str(BYTES_PER_SECOND))
            try:
                studio.process.stdin.write(self.passwords["source"] + "\n")
                studio.process.stdin.flush()
                studio.hear("READY", 20)
                self._wait(lambda: MOUNT in self._on_air(), MOUNT)
                break
            except (OSError, Trouble):
                if attempt == 4 or icecast.process.poll() is None:
                    raise
                for each in (studio, icecast):
                    self.house.end(each)
        for speaker in of_kind("speaker_cluster"):
            self.listen(speaker)

    def _start_devices(self):
        cameras = {each.id: {"address": each.address, "port": self.ports["rtsp"], "path": CAMERA_PATH, "user": CAMERA_USER,
                             "password": self.passwords["camera"]} for each in of_kind("camera") if not each.channel}
        hosts = {each.id: {"address": each.address, "port": self.ports["switch" if each.kind == "switch" else "http"],
                           "page": {"switch": None, "access_point": PAGE}.get(each.kind, "<title>loa</title>")}
                 for each in of_kind("switch", "access_point", "speaker_cluster")}
        self.cameras = self._simulator("simulated_cameras.py", self.house.write("cameras.json", json.dumps(cameras), 0o600),
                                       self.house.file("clip.mp4"))
        self.hosts = self._simulator("simulated_hosts.py", self.house.write("hosts.json", json.dumps(hosts)))
        self.cameras.hear("READY", 60)
        self.hosts.hear("READY", 60)

    def _start_streets(self):
        for camera in streets():
            street = self.house.start("street-" + camera.id, os.path.join(self.programs, "street_camera"),
                                      "%s:%d" % (camera.address, self.ports["rtsp"]), CAMERA_USER, "-", str(camera.channel), simulator=True)
            street.process.stdin.write(self.passwords["camera"] + "\n")
            street.process.stdin.flush()
            street.hear("READY %d" % self.ports["rtsp"], 20)
            self.streets[camera.id] = street
        channels = {str(each.channel): {"url": "rtsp://%s:%d/live" % (each.address, self.ports["rtsp"]), "user": CAMERA_USER,
                                        "password": self.passwords["camera"]} for each in streets()}
        settings = {"port": self.ports["recorder"], "user": CAMERA_USER, "password": self.passwords["recorder"], "utc_offset_minutes": 420,
                    "channels": channels}
        self.recorder = self.house.start("simulated_recorder", "/usr/bin/python3", "-B", os.path.join(HERE, "simulated_recorder.py"), "isapi",
                                         self.house.write("recorder.json", json.dumps(settings), 0o600), simulator=True)
        self.recorder.hear("READY %d" % self.ports["recorder"], 20)

    def _simulator(self, program, *arguments):
        return self.house.start(program.removesuffix(".py"), "/usr/bin/python3", "-B", os.path.join(HERE, program), *arguments, simulator=True)

    def _icecast_url(self, path):
        return "http://127.0.0.1:%d%s" % (self.ports["icecast"], path)

    def _on_air(self):
        with urllib.request.urlopen(self._icecast_url("/status-json.xsl"), timeout=5) as answer:
            return answer.read().decode(errors="replace")

    def _broker_answers(self):
        with socket.create_connection(("127.0.0.1", self.ports["mqtt"]), timeout=1):
            return True

    def _wait(self, until, name):
        end = time.monotonic() + 20
        while time.monotonic() < end and not self.house.fallen():
            try:
                if until():
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise Trouble("%s không chạy / does not run; %s" % (name, ", ".join(
            "%s: %s" % (fallen, self.house.tail(fallen)) for fallen in self.house.fallen())))
