#!/usr/bin/env python3
"""Every reason that a camera or its recorder can have is produced end to end: a live server on loopback, the real daemon, the words that police read.

The first test holds the catalogue, support/camera_reasons.py and what the tests of this folder assert to one another; the others produce what no test
beside this file does. `reasons_test.py table` prints which test produces which reason.
"""
import ast
import os
import pathlib
import re
import signal
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import camera_reasons
from support.camera_house import SUPPORT, OnvifHouse
from support.silent_host import SilentHost

CATALOGUE = SUPPORT.parents[1] / "daemon" / "domain" / "reason.cpp"
TOLD = re.compile(r"(?:up|(?:down|unknown)\(([a-z-]+)/[a-z-]+\))((?:\+[a-z-]+)*)")
ASSERTING = {"until", "until_remembered"}  # of CameraHouse: these hold what is told to the words
SWITCH = """
[[switch]]
id = "sw-1"
name = "Thiết bị chuyển mạch"
place = "cong"
driver = "tcp"
host = "{host}"
port = {port}
"""
PLACE = """
[[place]]
id = "ngo"
name = "Ngõ"
kind = "entry-point"
"""
WEB = """
[[camera]]
id = "{id}"
name = "Camera {id}"
place = "cong"
driver = "http"
url = "http://{where}/"
"""


def parts(function):
    """What is named in it, and the texts in it."""
    nodes = list(ast.walk(function))
    return ({node.attr for node in nodes if isinstance(node, ast.Attribute)},
            [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)])


def produced():
    """reason → the tests that assert it: texts of the form that is told of a camera, in a function that waits for what is told.

    Functions that no test calls do not count.
    """
    found = {}
    for file in sorted(pathlib.Path(__file__).parent.glob("*_test.py")):
        for house in ast.parse(file.read_text(encoding="utf-8")).body:
            if not isinstance(house, ast.ClassDef) or not any(getattr(base, "id", "").endswith("House") for base in house.bases):
                continue
            functions = {function.name: parts(function) for function in house.body if isinstance(function, ast.FunctionDef)}
            called = set().union(*(names for name, (names, _) in functions.items() if name.startswith("test_")))
            for name, (names, texts) in functions.items():
                if not names & ASSERTING or not (name.startswith("test_") or name in called):
                    continue
                for told in filter(None, map(TOLD.fullmatch, texts)):
                    for code in filter(None, [told[1], *told[2].split("+")]):
                        found.setdefault(code, set()).add(f"{file.name} {house.name}.{name}")
    return found


class ReasonsTest(OnvifHouse):
    def test_every_reason_of_a_camera_is_produced_by_a_test(self):
        table = CATALOGUE.read_text(encoding="utf-8").partition("kReasons = ")[2].partition("\n});")[0]
        catalogue = dict(re.findall(r'^    \{"([a-z0-9-]+)",[^"]*"([^"]*)"', table, re.MULTILINE))
        self.assertGreater(len(catalogue), 80)
        self.assertEqual(sorted([*camera_reasons.CAMERAS, *camera_reasons.OTHERS]), sorted(catalogue))
        self.assertEqual({code: catalogue[code] for code in camera_reasons.CAMERAS}, camera_reasons.CAMERAS)
        self.assertEqual(sorted(set(camera_reasons.CAMERAS) - set(produced())), [])

    def switch(self, silent):
        self.configuration += SWITCH.format(host=silent.address, port=silent.port)

    def silent(self):
        """A host without power."""
        self.hosts += 1
        host = SilentHost(f"127.0.0.{self.hosts}")
        self.addCleanup(host.close)
        return host

    def cut_power(self, camera):
        host, port = re.search(r"//([\d.]+):(\d+)/", camera.url).groups()
        camera.stop()
        self.addCleanup(SilentHost(host, int(port)).close)

    def web(self, name, server, more=""):
        self.configuration += WEB.format(id=name, where=server.where) + more

    def secure(self, name, days, more=""):
        """A camera over RTSPS whose certificate ends in so many days."""
        peer = self.camera(name, f"tls={days}")
        self.configuration = self.configuration.replace(peer.url, peer.url.replace("rtsp://", "rtsps://")) + more

    def test_each_trouble_that_no_other_test_produces(self):
        self.camera("tot")
        wanted = {"tot": "up"}

        # The way to the camera.
        self.configure_camera("mat-dien", "rtsp://{0.address}:{0.port}/live".format(self.silent()))
        wanted["mat-dien"] = "down(no-answer/device)"
        self.switch(self.silent())
        self.configure_camera("sau-chuyen-mach", "rtsp://{0.address}:{0.port}/live".format(self.silent()))
        self.configuration += 'parent = "sw-1"\n'
        wanted["sau-chuyen-mach"] = "down(parent-down/upstream)"
        self.configure_camera("ngat-may", f"rtsp://{self.answerer(None).where}/live")
        wanted["ngat-may"] = "down(connection-reset/device)"
        self.configure_camera("khong-ma-hoa", f"rtsps://{self.answerer(None, greeting='SSH-2.0-dropbear').where}/live")
        wanted["khong-ma-hoa"] = "down(tls-failed/device)"

        # Who may see it.
        self.camera("chua-khai", login=None)
        wanted["chua-khai"] = "unknown(login-needed/gateway)"
        self.configure_camera("kieu-la", f"rtsp://{self.answerer('401 Unauthorized', 'WWW-Authenticate: NTLM').where}/live")
        wanted["kieu-la"] = "unknown(auth-unsupported/gateway)"
        self.configure_camera("cam-xem", f"rtsp://{self.answerer('403 Forbidden').where}/live")
        wanted["cam-xem"] = "unknown(not-permitted/gateway)"
        self.secure("sap-het-han", 5)
        wanted["sap-het-han"] = "up+certificate-expiring"
        self.secure("het-han", -2)
        wanted["het-han"] = "up+certificate-expired"
        self.secure("tu-ky", 400, 'tls = "observe"\n')
        wanted["tu-ky"] = "up+certificate-invalid"

        # Its stream.
        self.camera("kieu-nen-cu", "mpeg4")
        wanted["kieu-nen-cu"] = "unknown(codec-unsupported/gateway)"
        self.camera("khong-cach-truyen", "no-transport")
        wanted["khong-cach-truyen"] = "down(transport-refused/device)"
        self.camera("mat-goi", "lossy")
        wanted["mat-goi"] = "up+lossy"
        self.camera("het-luot", "full")
        wanted["het-luot"] = "unknown(session-limit/gateway)"
        self.camera("khung-thua", "no-key-frame")  # ten seconds would tell, three do not
        wanted["khung-thua"] = "unknown(overrun/gateway)"

        # A camera that has only a page.
        self.web("trang-loi", self.answerer("500 Internal Server Error"))
        wanted["trang-loi"] = "down(http-status/device)"
        self.web("trang-la", self.answerer("200 OK", body="Router"), 'body_contains = "Camera"\n')
        wanted["trang-la"] = "down(body-mismatch/device)"

        # What the recorder says of it.
        one = self.camera("mot-nguoi-xem", "one-viewer", monitor=("nvr", 1))
        wanted["mot-nguoi-xem"] = "up+session-limit"
        self.configure_camera("khong-co-kenh", "", monitor=("nvr", 7), device_path=False)
        wanted["khong-co-kenh"] = "down(not-listed/device)"
        self.recorder("isapi", [one])
        socket = self.camera("o-cam")
        self.configure_camera("cap-dong-truc", "", monitor=("dau-ghi-cu", 1), device_path=False)
        old = self.recorder("analogue", [socket], id="dau-ghi-cu")
        self.start()
        self.until({"cap-dong-truc": "up", "mot-nguoi-xem": "up+session-limit"})
        old.order("unplug 1")
        wanted |= {"o-cam": "up", "cap-dong-truc": "down(no-signal/device)", "nvr": "up", "dau-ghi-cu": "up"}
        self.until(wanted)

    def test_a_recorder_that_locked_the_account_blames_no_camera(self):
        camera = self.camera("mot")
        recorder = self.recorder("isapi", [camera])
        self.configure_camera("chi-qua-dau-ghi", "", monitor=("nvr", 1), device_path=False)
        recorder.order("lock")
        self.start()
        self.until({"chi-qua-dau-ghi": "unknown(locked/monitoring-point)", "nvr": "up"})

    def test_a_place_that_loses_its_cameras_at_once_has_lost_its_power(self):
        self.configuration += PLACE
        names = ["ngo-1", "ngo-2", "ngo-3"]
        cameras = [self.camera(name) for name in names]
        self.configuration = self.configuration.replace('place = "cong"', 'place = "ngo"')
        self.camera("o-cong")
        self.start()
        self.until(dict.fromkeys([*names, "o-cong"], "up"))
        for camera in cameras:
            self.cut_power(camera)
        self.until({**dict.fromkeys(names, "down(mains-lost/mains)"), "o-cong": "up"})

    def prober(self):
        """Its process; without pictures the daemon has no other child."""
        children = pathlib.Path(f"/proc/{self.daemon.pid}/task/{self.daemon.pid}/children").read_text(encoding="utf-8").split()
        return int(children[0]) if children else None

    def test_a_camera_over_which_three_probers_died_is_left_alone(self):
        deadly = self.camera("chet", "silent")
        self.web("mot", self.answerer("200 OK"))
        self.start()
        self.until({"mot": "up", "chet": "down(timed-out/device)"})
        for _ in range(3):
            asked = self.counted(deadly)["requests"]
            self.wait(lambda: self.counted(deadly)["requests"] > asked)  # and waits for its answer
            os.kill(self.prober(), signal.SIGKILL)
        self.until({"mot": "up", "chet": "unknown(internal-error/gateway)"})

    def test_what_was_not_seen_is_remembered_as_that(self):
        self.configuration = self.configuration.replace('interval = "3s"', 'interval = "5s"').replace('"300ms"', '"5s"')
        self.camera("hai")
        without = self.configuration
        server = self.answerer("200 OK")
        self.web("mot", server)
        self.start()
        self.until({"mot": "up"})
        server.stop()
        self.wait(lambda: self.status()["mot"]["failing_probes"] > 0)  # three would confirm, the next comes after five seconds
        self.end()
        self.start()
        past = ["unknown(starting/gateway)", "up", "unknown(unconfirmed/gateway)", "unknown(gateway-off/gateway)"]
        self.until_remembered("mot", past)
        watched = self.configuration
        for self.configuration in (without, watched):
            self.write()
            self.assertTrue(self.answer("reload")["loaded"])
        self.until_remembered("mot", [*past, "unknown(retired/gateway)"])


if __name__ == "__main__":
    if sys.argv[1:] == ["table"]:
        for reason, tests in sorted(produced().items()):
            print(f"{reason:24} {', '.join(sorted(tests))}")
    else:
        unittest.main()
