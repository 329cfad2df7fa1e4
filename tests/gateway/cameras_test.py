#!/usr/bin/env python3
"""Cameras and their recorder end to end: a real daemon, cameras that misbehave, a recorder that really pulls them.

Each fault of a camera, a recorder and the way between them ends in its own state and reason, with the Vietnamese text that police read.
"""
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

PROGRAM = pathlib.Path(os.environ["COMMUNE_WATCH"])
SUPPORT = pathlib.Path(__file__).resolve().parents[1] / "support"
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
"""


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


class CamerasTest(unittest.TestCase):
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

    def configure_camera(self, name, url, login="cam", monitor=None, device_path=True):
        text = CAMERA.format(id=name, url=url, login=login)
        if not device_path:
            text = text.replace('driver = "rtsp"', 'driver = "none"')
            text = "\n".join(line for line in text.splitlines() if not line.startswith(("url", "login"))) + "\n"
        if monitor:
            text += 'monitor = [ {{ point = "{}", channel = "{}" }} ]\n'.format(*monitor)
        self.configuration += text

    def recorder(self, kind, cameras, **more):
        """A recorder that pulls these cameras, as channels 1, 2 …"""
        channels = {str(number): {"url": camera.url, "user": "xem", "password": "camera-9"}
                    for number, camera in enumerate(cameras, 1)}
        file = self.folder / f"{kind}.json"
        file.write_text(json.dumps({"port": 0, "user": "giam-sat", "password": "dau-ghi-9", "utc_offset_minutes": 420, "channels": channels}))
        peer = Peer("/usr/bin/python3", SUPPORT / "simulated_recorder.py", kind, file)
        self.addCleanup(peer.stop)
        driver = {"isapi": "hikvision-nvr", "dahua": "dahua-nvr", "onvif": "onvif-nvr"}[kind]
        self.configuration += POINT.format(**{"id": "nvr", "driver": driver, "port": peer.port, "login": "nvr", **more})
        return peer

    def start(self):
        (self.folder / "gateway.toml").write_text(self.configuration, encoding="utf-8")
        log = open(self.folder / "log", "a", encoding="utf-8")
        self.addCleanup(log.close)
        self.daemon = subprocess.Popen([PROGRAM, *self.options(), "run"], stderr=log)

    def end(self):
        if self.daemon is not None:
            self.daemon.send_signal(signal.SIGTERM)
            self.daemon.wait(PATIENCE)
            self.daemon = None

    def options(self):
        return ["--config", self.folder / "gateway.toml", "--state", self.folder / "state", "--socket", self.folder / "api.sock"]

    def status(self):
        done = subprocess.run([PROGRAM, *self.options(), "--json", "status"], capture_output=True, text=True, timeout=PATIENCE, check=False)
        if not done.stdout.startswith("{"):
            return {}
        return {device["id"]: device for device in json.loads(done.stdout)["devices"]}

    @staticmethod
    def told(device):
        """up, up+not-recording, down(host-unreachable/device) …"""
        text = device["state"]
        if device.get("reason"):
            text += f"({device['reason']['code']}/{device['cause']})"
        return "+".join([text, *sorted(each["code"] for each in device.get("warnings", []))])

    def until(self, wanted):
        """Waits for what is told of each device; fails with what is told instead."""
        end = time.monotonic() + PATIENCE
        found = {}
        while time.monotonic() < end:
            devices = self.status()
            found = {name: self.told(devices[name]) for name in wanted if name in devices}
            if found == wanted:
                return devices
            select.select([], [], [], 0.3)
        self.assertEqual(found, wanted, (self.folder / "log").read_text(encoding="utf-8")[-3000:])
        return {}

    # --- facts ---

    def test_each_fault_of_a_camera_is_its_own_reason(self):
        wanted = {}
        for name, fault, told in (
                ("tot", [], "up"),
                ("im", ["silent"], "down(timed-out/device)"),
                ("trang-web", ["http"], "down(protocol-error/device)"),
                ("sai-duong-dan", ["not-found"], "down(wrong-path/device)"),
                ("khong-quyen", ["forbidden"], "unknown(login-blocked/gateway)"),
                ("khong-hinh", ["no-media"], "down(no-media/media)"),
                ("dung", ["stalls-at-once"], "down(stalled/media)"),
                ("khong-khung", ["no-key-frame"], "down(no-key-frame/media)"),
                ("chi-tieng", ["no-video"], "down(no-video/media)"),
                ("doi-basic", ["wrong-scheme"], "unknown(basic-refused/gateway)"),
                ("chuyen-huong", ["redirect"], "unknown(redirected/gateway)")):
            self.camera(name, *fault)
            if fault == ["no-key-frame"]:  # ten seconds without one are needed to say so
                self.configuration += 'interval = "14s"\nlimit = "13s"\n'
            wanted[name] = told
        wrong = self.camera("sai-mat-khau", login="sai")
        wanted["sai-mat-khau"] = "unknown(bad-password/gateway)"
        self.camera("de-mo", user="")
        wanted["de-mo"] = "up+open-without-password"
        gone = self.camera("mat")
        gone.stop()
        wanted["mat"] = "down(connection-refused/device)"
        self.start()
        devices = self.until(wanted)
        self.assertIn("Sai tên đăng nhập hoặc mật khẩu", json.dumps(devices["sai-mat-khau"], ensure_ascii=False))
        self.assertIn("Luồng hình ngừng giữa chừng", json.dumps(devices["dung"], ensure_ascii=False))
        self.assertTrue(wrong.order().startswith("credentialed 1 refused 1 basic 0 "))

    def check_recorder(self, kind):
        good, second, third, pool = (self.camera(name, monitor=("nvr", number)) for number, name in enumerate(("mot", "hai", "ba", "bon"), 1))
        recorder = self.recorder(kind, [good, second, third, pool, good])
        self.configure_camera("chi-qua-dau-ghi", "", monitor=("nvr", 5), device_path=False)
        self.start()
        well = dict.fromkeys(("mot", "hai", "ba", "bon", "chi-qua-dau-ghi", "nvr"), "up")
        self.until(well)

        recorder.order("unplug 2")
        third.stop()
        devices = self.until({**well, "hai": "down(not-on-monitor/monitoring-point)", "ba": "down(connection-refused/device)"})
        self.assertIn("Thiết bị hoạt động nhưng không kết nối về điểm giám sát", json.dumps(devices["hai"], ensure_ascii=False))
        recorder.order("plug 2")
        self.until({**well, "ba": "down(connection-refused/device)"})

        recorder.order("stop-recording 4")
        recorder.order("disk bad")
        recorder.order("clock 3600")
        self.until({"bon": "up+not-recording", "nvr": "up+clock-wrong+storage", "mot": "up"})
        return recorder

    def test_a_hikvision_recorder_and_its_cameras(self):
        recorder = self.check_recorder("isapi")
        recorder.stop()
        self.until(dict.fromkeys(("mot", "hai", "bon", "chi-qua-dau-ghi"), "down(monitoring-point-dead/monitoring-point)"))
        shown = subprocess.run([PROGRAM, *self.options(), "--json", "availability", "mot", "--period", "today"],
                               capture_output=True, text=True, timeout=PATIENCE, check=False)
        totals = json.loads(shown.stdout)["devices"][0]["totals"]
        self.assertGreater(totals["D_ms"], 0)
        self.assertEqual(totals["D_monitoring_point_ms"], totals["D_ms"])  # so A_dev is untouched

    def test_a_dahua_recorder_and_its_cameras(self):
        self.check_recorder("dahua")

    def test_a_recorder_that_refuses_the_login_leaves_the_cameras_to_their_own_path(self):
        camera = self.camera("mot", monitor=("nvr", 1))
        self.configure_camera("chi-qua-dau-ghi", "", monitor=("nvr", 2), device_path=False)
        recorder = self.recorder("isapi", [camera, camera], login="sai")
        self.start()
        self.until({"mot": "unknown(bad-password/monitoring-point)", "chi-qua-dau-ghi": "unknown(bad-password/monitoring-point)"})
        self.assertIn("logins 1 refused 1", recorder.order("count"))

    def test_what_the_recorder_shows_and_the_gateway_cannot_reach_is_up_with_warnings(self):
        camera = self.camera("mot")
        self.recorder("isapi", [camera])
        gone = self.camera("khong-toi", monitor=("nvr", 1))  # and the channel pulls another camera than this one
        gone.stop()
        self.start()
        self.until({"mot": "up", "khong-toi": "up+gateway-path+wrong-channel"})


if __name__ == "__main__":
    unittest.main()
