#!/usr/bin/env python3
"""A recorder that nobody here wrote: Debian's motion pulls one living camera and one that is not there; the shipped model reads it.

The whole way: model file, settings, `commune-watch probe`, Digest, the list in text.
"""
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

PROGRAM = os.environ["COMMUNE_WATCH"]
ROOT = pathlib.Path(__file__).resolve().parents[2]
PATIENCE = 60  # seconds

CONFIGURATION = """
[commune]
id = "tan-phu-28765"
code = "28765"
name = "Xã Tân Phú"
province = "Bến Tre"
[gateway]
simulated = true
clock = "host"
[[place]]
id = "nvh"
name = "Nhà văn hóa"
kind = "culture-house"
[login.motion]
username = "xem"
password_file = "{folder}/motion.password"
[[monitoring_point]]
id = "dau-ghi"
name = "Đầu ghi"
place = "nvh"
model = "motion"
host = "127.0.0.1"
port = "{port}"
login = "motion"
role = "commune"
[[camera]]
id = "cam-1"
name = "Camera 1"
place = "nvh"
driver = "none"
monitor = [{{ point = "dau-ghi", channel = "1" }}]
[[camera]]
id = "cam-2"
name = "Camera 2"
place = "nvh"
driver = "none"
monitor = [{{ point = "dau-ghi", channel = "2" }}]
"""
MOTION = """daemon off
webcontrol_port {port}
webcontrol_localhost on
webcontrol_auth_method 2
webcontrol_authentication xem:mat-khau-9
webcontrol_interface 1
stream_port 0
picture_output off
movie_output off
target_dir {folder}
camera {folder}/1.conf
camera {folder}/2.conf
"""
CAMERA = """camera_id {number}
camera_name cam{number}
netcam_url {url}
netcam_userpass xem:camera-9
width 640
height 360
framerate 5
"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class RealMotion(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="commune-watch-test."))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.port = free_port()
        (self.folder / "gateway.toml").write_text(CONFIGURATION.format(folder=self.folder, port=self.port), encoding="utf-8")

        shutil.copytree(ROOT / "config" / "models", self.folder / "models")

    def write_password(self, text):
        password = self.folder / "motion.password"
        password.touch(0o600)
        password.write_text(text, encoding="utf-8")

    def start(self, *words, **more):
        process = subprocess.Popen(words, **more)

        def end():
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    pipe.close()

        self.addCleanup(end)
        return process

    def start_motion(self):
        camera = self.start("/usr/bin/python3", ROOT / "tests/support/rtsp_gst_server.py", "xem", "camera-9",
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        ready = camera.stdout.readline().split()
        self.assertEqual(ready[:1], ["READY"])
        urls = {1: f"rtsp://127.0.0.1:{ready[1]}/h264", 2: f"rtsp://127.0.0.1:{free_port()}/none"}
        for number, url in urls.items():
            (self.folder / f"{number}.conf").write_text(CAMERA.format(number=number, url=url))
        (self.folder / "motion.conf").write_text(MOTION.format(port=self.port, folder=self.folder))
        with open(self.folder / "motion.log", "wb") as log:
            self.start("/usr/bin/motion", "-n", "-c", self.folder / "motion.conf", stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def probe(self):
        done = subprocess.run([PROGRAM, "--config", self.folder / "gateway.toml", "--state", self.folder / "state",
                               "--socket", self.folder / "api.sock", "probe", "dau-ghi", "--json"],
                              capture_output=True, text=True, timeout=PATIENCE, check=False, stdin=subprocess.DEVNULL)
        self.assertTrue(done.stdout.startswith(("{", "[")), done.stderr)
        return json.loads(done.stdout)

    def wait_for(self, wanted):
        """The probe whose sightings are `wanted`; motion takes seconds to open its cameras."""
        until = time.monotonic() + PATIENCE
        while True:
            found = self.probe()
            probe = found[0] if isinstance(found, list) else found
            seen = {each["key"]: each["checks"][0]["outcome"] for each in probe.get("sightings", [])}
            if seen == wanted or time.monotonic() > until:
                self.assertEqual(seen, wanted, json.dumps(probe, ensure_ascii=False)[:2000])
                return probe

    def test_shows_the_living_camera_and_not_the_dead_one(self):
        self.write_password("mat-khau-9")
        self.start_motion()
        self.wait_for({"1": "ok", "2": "failed"})

    def test_a_wrong_password_says_so_and_blames_no_camera(self):
        self.write_password("sai")
        self.start_motion()
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            text = json.dumps(self.probe())
            if "bad-password" in text:
                break
            self.assertIn("connection-refused", text)  # it is not up yet: no login was asked for
        self.assertIn("bad-password", text)
        self.assertNotIn("offline-on-monitor", text)


if __name__ == "__main__":
    unittest.main()
