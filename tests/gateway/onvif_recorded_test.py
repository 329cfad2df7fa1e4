#!/usr/bin/env python3
"""A camera that nobody here wrote: the answers that npm's onvif 0.8.1 recorded, behind a strict login, before a stream.

Its clock stands in the past: tokens have to bear that time, or they are refused. The package is fetched into the build folder once.
"""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import npm
from support.camera_house import PROGRAM, WRONG_CLOCK, OnvifHouse


def answers():
    """The recorded answers."""
    return str(npm.package(PROGRAM.parent, "onvif", "0.8.1") / "test" / "serverMockup")


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
