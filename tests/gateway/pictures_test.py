#!/usr/bin/env python3
"""What a camera's picture shows, end to end: real streams of painted streets, the inspector process, and what police read of it.

Each camera shows a good picture first, so that it has a past to be compared with; then its picture is spoilt.
"""
import json
import os
import pathlib
import signal
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.camera_house import PATIENCE, PROGRAM, CameraHouse, Peer

FAST = 'interval = "4s"\nmedia_interval = "6s"\npicture_interval = "6s"\nlimit = "4s"\ndark_patience = "10s"\n'
PATIENT = FAST.replace("4s", "13s").replace("6s", "13s")  # one frame a second: five until a key frame


def inspectors(daemon):
    """Processes called cw-inspector whose parent is the daemon."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            words = stat.read_text(encoding="utf-8").replace("(", ")").split(")")
        except OSError:
            continue
        if words[1] == "cw-inspector" and int(words[2].split()[1]) == daemon.pid:
            found.append(int(words[0]))
    return found


class PicturesTest(CameraHouse):
    def street(self, name, options=FAST):
        """A camera with a picture, seen from a host of its own."""
        self.hosts += 1
        peer = Peer(PROGRAM.parent / "street_camera", f"{self.hosts}:0", "xem", "camera-9", self.hosts)
        self.addCleanup(peer.stop)
        self.configure_camera(name, f"rtsp://127.0.0.{self.hosts}:{peer.port}/live", picture=True)
        self.configuration += options
        return peer

    def test_each_fault_of_a_picture_is_its_own_reason(self):
        faults = {"den": ("black", "down(black/media)", "Hình tối đen"),
                  "che": ("covered", "down(covered/media)", "Ống kính bị che"),
                  "mat-tin-hieu": ("slate", "down(slate/media)", "Hình là màn báo mất tín hiệu"),
                  "mo": ("defocused", "up+defocused", "Hình bị mờ"),
                  "lech": ("moved", "up+scene-moved", "Camera lệch khỏi hướng đã ghi nhận"),
                  "choi": ("washed-out", "up+washed-out", "Hình bị chói trắng"),
                  "cham": ("slow", "up+low-fps", "Hình ít khung hơn thường lệ")}
        cameras = {name: self.street(name, PATIENT if name == "cham" else FAST) for name in faults}
        self.street("tot")
        self.start()
        self.until(dict.fromkeys([*faults, "tot"], "up"))
        self.let_pass(75)
        self.until(dict.fromkeys([*faults, "tot"], "up"))
        for name, (order, _, _) in faults.items():
            self.assertEqual(cameras[name].order(order), order)
        devices = self.until({**{name: told for name, (_, told, _) in faults.items()}, "tot": "up"})
        for name, (_, _, words) in faults.items():
            self.assertIn(words, json.dumps(devices[name], ensure_ascii=False))
        for name in faults:
            cameras[name].order("clean")
        self.until(dict.fromkeys([*faults, "tot"], "up"))

    def test_small_pictures_are_kept_where_the_operator_says_so(self):
        self.configuration = self.configuration.replace("[[place]]", 'keep_pictures = "1h"\n[[place]]', 1)
        self.street("tot")
        self.start()
        self.until({"tot": "up"})
        shelf = self.folder / "state" / "pictures"
        end = time.monotonic() + PATIENCE
        while not (kept := list(shelf.glob("tot/*Z.jpg"))):
            self.assertLess(time.monotonic(), end, "no picture was kept")
            self.let_pass(1)
        self.assertEqual(kept[0].read_bytes()[:2], b"\xff\xd8")
        self.assertLess(kept[0].stat().st_size, 40 * 1024)
        (self.folder / "gateway.toml").write_text(self.configuration.replace('keep_pictures = "1h"\n', ""), encoding="utf-8")
        self.daemon.send_signal(signal.SIGHUP)
        while shelf.exists():
            self.assertLess(time.monotonic(), end, "pictures are there that nobody wants")
            self.let_pass(1)

    def test_a_picture_that_repeats_is_frozen(self):
        camera, live = self.street("dung"), self.street("song")
        self.start()
        self.until({"dung": "up", "song": "up"})
        camera.order("frozen")
        devices = self.until({"dung": "down(frozen/media)", "song": "up"}, 240)
        self.assertIn("Hình đứng yên", json.dumps(devices["dung"], ensure_ascii=False))

    def test_an_inspector_that_dies_or_hangs_leaves_the_watch_untouched(self):
        self.street("mot")
        self.street("hai")
        self.start()
        self.until({"mot": "up", "hai": "up"})
        self.let_pass(6)
        first = inspectors(self.daemon)
        self.assertEqual(len(first), 1)
        os.kill(first[0], signal.SIGSEGV)
        self.let_pass(12)
        second = inspectors(self.daemon)
        self.assertEqual(len(second), 1)
        self.assertNotEqual(first, second)
        os.kill(second[0], signal.SIGSTOP)
        self.let_pass(20)
        third = inspectors(self.daemon)
        self.assertEqual(len(third), 1)
        self.assertNotEqual(second, third)
        self.until({"mot": "up", "hai": "up"})
        log = (self.folder / "log").read_text(encoding="utf-8")
        self.assertRegex(log, r"the inspector is gone \((signal 11|exit code 1)\)")  # a sanitizer turns the one into the other
        self.assertIn("the inspector is gone (it was late)", log)
        self.assertNotIn("the prober is gone", log)


if __name__ == "__main__":
    unittest.main()
