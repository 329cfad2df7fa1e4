"""A house for cameras and their recorders end to end: the real daemon, simulators that take orders, and what is told of each device."""
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from support import camera_reasons
from support.one_answer import Server

PROGRAM = pathlib.Path(os.environ["COMMUNE_WATCH"])
SUPPORT = pathlib.Path(__file__).resolve().parent
PATIENCE = 90  # seconds until a condition has to hold; generous, because sanitizers and busy machines are slow

BASE = """
[commune]
id = "tan-phu-28765"
code = "28765"
name = "Xã Tân Phú"
province = "Bến Tre"
[gateway]
id = "gw1"
simulated = true
clock = "host"
interval = "3s"
media_interval = "15s"
recheck = "300ms"
limit = "3s"
[[place]]
id = "cong"
name = "Cổng"
kind = "entry-point"
[login.cam]
username = "xem"
password_file = "{folder}/cam.password"
[login.sai]
username = "nham"
password_file = "{folder}/sai.password"
[login.nvr]
username = "giam-sat"
password_file = "{folder}/nvr.password"
"""
POINT = """
[[monitoring_point]]
id = "{id}"
name = "Đầu ghi {id}"
place = "cong"
driver = "{driver}"
url = "http://127.0.0.1:{port}"
login = "{login}"
role = "commune"
"""
CAMERA = """
[[camera]]
id = "{id}"
name = "Camera {id}"
place = "cong"
driver = "rtsp"
url = "{url}"
login = "{login}"
picture = {picture}
"""


ONVIF_CAMERA = """
[[camera]]
id = "{id}"
name = "Camera {id}"
place = "cong"
driver = "onvif"
url = "http://127.0.0.{host}:{port}"
login = "{login}"
picture = false
"""

WRONG_CLOCK = "Đồng hồ của thiết bị sai giờ"


class Peer:
    """A server that says READY port, takes orders on its standard input and answers each with a line."""

    def __init__(self, *words):
        self.process = subprocess.Popen([str(word) for word in words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().split()[1])

    def order(self, words=""):
        self.process.stdin.write(words + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class CameraHouse(unittest.TestCase):
    """A configuration that grows, a daemon, and what is told of each device; without a test of its own."""
    maxDiff = None

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="commune-watch-test."))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        for name, secret in {"cam": "camera-9", "sai": "khong-dung", "nvr": "dau-ghi-9"}.items():
            file = self.folder / f"{name}.password"
            file.touch(0o600)
            file.write_text(secret, encoding="utf-8")
        self.configuration = BASE.format(folder=self.folder)
        self.hosts = 1
        self.daemon = None
        self.addCleanup(self.end)

    def camera(self, name, *faults, login="cam", user="xem", monitor=None, device_path=True):
        """A simulated camera, configured; its peer."""
        self.hosts += 1  # one address each: a host is visited by one probe at a time
        peer = Peer(PROGRAM.parent / "rtsp_camera", f"{self.hosts}:0", user, "camera-9", *faults)
        peer.url = f"rtsp://127.0.0.{self.hosts}:{peer.port}/live"
        self.addCleanup(peer.stop)
        self.configure_camera(name, peer.url, login, monitor, device_path)
        return peer

    def answerer(self, status, *words, **more):
        """A host that says one thing; support/one_answer.py."""
        self.hosts += 1
        server = Server(f"127.0.0.{self.hosts}", status, *words, **more)
        self.addCleanup(server.stop)
        return server

    def configure_camera(self, name, url, login="cam", monitor=None, device_path=True, picture=False):
        """Without a login where that is None."""
        text = CAMERA.format(id=name, url=url, login=login, picture=json.dumps(picture))
        if not device_path:
            text = text.replace('driver = "rtsp"', 'driver = "none"')
            text = "\n".join(line for line in text.splitlines() if not line.startswith(("url", "login", "picture"))) + "\n"
        if login is None:
            text = text.replace('login = "None"\n', "")
        if monitor:
            text += 'monitor = [ {{ point = "{}", channel = "{}" }} ]\n'.format(*monitor)
        self.configuration += text

    def recorder(self, kind, cameras, passwords=None, addresses=True, **more):
        """A recorder that pulls these cameras, as channels 1, 2 …; `passwords`: those of channels that have a wrong one; `addresses`: it tells whose."""
        channels = {str(number): {"url": camera.url, "user": "xem", "password": (passwords or {}).get(number, "camera-9")}
                    for number, camera in enumerate(cameras, 1)}
        file = self.folder / f"{kind}.json"
        file.write_text(json.dumps({"port": 0, "user": "giam-sat", "password": "dau-ghi-9", "utc_offset_minutes": 420, "channels": channels, "addresses": addresses}))
        program = "analogue_recorder.py" if kind == "analogue" else "simulated_recorder.py"
        peer = Peer("/usr/bin/python3", SUPPORT / program, kind, file)
        self.addCleanup(peer.stop)
        driver = {"isapi": "hikvision-nvr", "analogue": "hikvision-nvr", "dahua": "dahua-nvr", "onvif": "onvif-nvr"}[kind]
        self.configuration += POINT.format(**{"id": "nvr", "driver": driver, "port": peer.port, "login": "nvr", **more})
        return peer

    def write(self):
        (self.folder / "gateway.toml").write_text(self.configuration, encoding="utf-8")

    def start(self, *before):
        """`before`: a program that is given the daemon's command line, and becomes it."""
        self.write()
        log = open(self.folder / "log", "a", encoding="utf-8")
        self.addCleanup(log.close)
        self.daemon = subprocess.Popen([*before, PROGRAM, *self.options(), "run"], stderr=log)

    def end(self):
        if self.daemon is not None:
            self.daemon.send_signal(signal.SIGTERM)
            self.daemon.wait(PATIENCE)
            self.daemon = None

    def options(self):
        return ["--config", self.folder / "gateway.toml", "--state", self.folder / "state", "--socket", self.folder / "api.sock"]

    def answer(self, *words):
        """What the command line says, as JSON; nothing while nobody answers."""
        done = subprocess.run([PROGRAM, *self.options(), "--json", *words], capture_output=True, text=True, timeout=PATIENCE, check=False)
        return json.loads(done.stdout) if done.stdout.startswith("{") else {}

    def status(self):
        return {device["id"]: device for device in self.answer("status").get("devices", [])}

    def told(self, device):
        """up, up+not-recording, down(host-unreachable/device) …; each reason comes with its own Vietnamese words."""
        text = device["state"]
        if device.get("reason"):
            text += f"({device['reason']['code']}/{device['cause']})"
        for reason in (device.get("reason"), *device.get("warnings", [])):
            self.assertTrue(not reason or reason["vi"] == camera_reasons.CAMERAS[reason["code"]], reason)
        return "+".join([text, *sorted(each["code"] for each in device.get("warnings", []))])

    def counted(self, peer):
        words = peer.order("count").split()
        return dict(zip(words[::2], map(int, words[1::2])))

    def wait(self, condition):
        end = time.monotonic() + PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), end, "never came to be")
            select.select([], [], [], 0.2)

    def let_pass(self, seconds):
        """Time in which only the daemon does something."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.assertIsNone(self.daemon.poll(), "the daemon is gone")
            select.select([], [], [], 0.5)

    def until(self, wanted, patience=PATIENCE):
        """Waits for what is told of each device; fails with what is told instead."""
        end = time.monotonic() + patience
        found = {}
        while time.monotonic() < end:
            self.assertIsNone(self.daemon.poll(), (self.folder / "log").read_text(encoding="utf-8")[-3000:])
            devices = self.status()
            found = {name: self.told(devices[name]) for name in wanted if name in devices}
            if found == wanted:
                return devices
            select.select([], [], [], 0.3)
        self.assertEqual(found, wanted, (self.folder / "log").read_text(encoding="utf-8")[-3000:])
        return {}

    def until_remembered(self, name, wanted):
        """Waits until the past of a device, as `history` tells it, holds each of these."""
        end = time.monotonic() + PATIENCE
        found = []
        while time.monotonic() < end:
            found = [self.told(span) for span in self.answer("history", name, "--period", "1h").get("spans", [])]
            if set(wanted) <= set(found):
                return found
            select.select([], [], [], 0.3)
        self.fail(f"{wanted} is not in {found}")


class OnvifHouse(CameraHouse):
    """The same with cameras whose stream stands behind an ONVIF service."""

    def peer(self, settings, name, program="onvif_camera.py"):
        file = self.folder / f"{name}.json"
        file.write_text(json.dumps(settings), encoding="utf-8")
        peer = Peer("/usr/bin/python3", SUPPORT / program, file)
        self.addCleanup(peer.stop)
        return peer

    def onvif_camera(self, name, *rtsp_faults, login="cam", program="onvif_camera.py", **settings):
        """A stream and the ONVIF service before it, at one address; both peers."""
        self.hosts += 1
        stream = Peer(PROGRAM.parent / "rtsp_camera", f"{self.hosts}:0", "xem", "camera-9", *rtsp_faults)
        self.addCleanup(stream.stop)
        url = f"rtsp://127.0.0.{self.hosts}:{stream.port}/live"
        service = self.peer({"host": f"127.0.0.{self.hosts}", "port": 0, "user": "xem", "password": "camera-9", "stream": url, **settings}, name, program)
        self.configuration += ONVIF_CAMERA.format(id=name, host=self.hosts, port=service.port, login=login)
        return stream, service

    def asked_again(self, service, times):
        """Waits until so many more requests came."""
        wanted = self.counted(service)["requests"] + times
        self.wait(lambda: self.counted(service)["requests"] >= wanted)

    def texts(self, device):
        return json.dumps(device, ensure_ascii=False)

    # --- facts ---
