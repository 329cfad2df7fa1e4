#!/usr/bin/env python3
"""A camera that nobody here wrote: the answers that npm's onvif 0.8.1 recorded, behind a strict login, before a stream.

Its clock stands in the past: tokens have to bear that time, or they are refused. The package is fetched into the build folder once.
"""
import json
import pathlib
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.camera_house import PROGRAM, WRONG_CLOCK, OnvifHouse

PACKAGE = "onvif@0.8.1"


def answers():
    """The recorded answers; installed where they are not there yet."""
    folder = PROGRAM.parent / "npm"
    package = folder / "node_modules" / "onvif"
    if not (package / "package.json").exists():
        folder.mkdir(exist_ok=True)
        subprocess.run([shutil.which("npm"), "install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", PACKAGE],
                       check=True, capture_output=True, text=True, timeout=240)
    version = json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
    if f"onvif@{version}" != PACKAGE:
        raise AssertionError(version)
    return str(package / "test" / "serverMockup")


class RecordedTest(OnvifHouse):
    def test_a_recorded_camera_shows_its_stream_with_its_own_time_in_every_token(self):
        folder = answers()
        _, token = self.onvif_camera("token", program="onvif_replay.py", answers=folder)
        _, digest = self.onvif_camera("digest", program="onvif_replay.py", answers=folder, auth="digest")
        _, wrong = self.onvif_camera("sai", program="onvif_replay.py", answers=folder, login="sai")
        self.start()
        devices = self.until({"token": "up+clock-wrong", "digest": "up+clock-wrong", "sai": "unknown(bad-password/gateway)"})
        self.assertIn(WRONG_CLOCK, self.texts(devices["token"]))
        for each in (token, digest):
            self.assertEqual(self.counted(each)["refused"], 0)
            self.assertGreater(self.counted(each)["credentialed"], 0)
        self.assertEqual(self.counted(wrong)["credentialed"], 1)


if __name__ == "__main__":
    unittest.main()
