#!/usr/bin/env python3
"""Does the recorder show what the camera shows? End to end: painted streets, recorders that pull them and hand out what they pull."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.camera_house import PROGRAM, CameraHouse, Peer

FAST = 'interval = "4s"\nmedia_interval = "6s"\npicture_interval = "6s"\nlimit = "4s"\n'
LONG = 240  # seconds: three comparisons in a row, on a busy machine


class SceneTest(CameraHouse):
    def street(self, name, channel, point="nvr"):
        """A camera with a picture of its own, bound to a channel."""
        self.hosts += 1
        peer = Peer(PROGRAM.parent / "street_camera", f"{self.hosts}:0", "xem", "camera-9", self.hosts)
        peer.url = f"rtsp://127.0.0.{self.hosts}:{peer.port}/live"
        self.addCleanup(peer.stop)
        self.configure_camera(name, peer.url, monitor=(point, channel), picture=True)
        self.configuration += FAST
        return peer

    def showing(self, kind, cameras, **more):
        """A recorder of which nobody but its pictures tells whose camera a channel pulls."""
        recorder = self.recorder(kind, cameras, addresses=False, **more)
        self.configuration += 'picture_every = "2s"\ninterval = "4s"\nlimit = "4s"\n'
        return recorder

    def until_counted(self, recorder, what, wanted):
        self.wait(lambda: self.counted(recorder)[what] >= wanted)

    # --- facts ---
    def test_two_channels_that_were_swapped_are_told_until_they_are_swapped_back(self):
        recorder = self.showing("isapi", [self.street("mot", 1), self.street("hai", 2)])
        self.start()
        well = {"mot": "up", "hai": "up", "nvr": "up"}
        self.until(well)
        self.until_counted(recorder, "pictures", 8)
        self.until(well)
        recorder.order("swap 1 2")
        self.until({"mot": "up+wrong-channel", "hai": "up+wrong-channel", "nvr": "up"}, LONG)
        recorder.order("swap 1 2")
        self.until(well, LONG)

    def test_a_channel_that_shows_an_old_picture_is_told_until_it_moves_on(self):
        one, two = self.street("mot", 1), self.street("hai", 2)
        recorder = self.showing("isapi", [one, two])
        self.configure_camera("mot-nua", one.url, picture=True)  # and somebody enrolled it twice
        self.configuration += FAST
        self.start()
        self.until({"mot": "up", "hai": "up", "mot-nua": "up"})
        self.until_counted(recorder, "pictures", 4)
        recorder.order("hold 1")
        self.until({"mot": "up+old-picture", "hai": "up", "nvr": "up"}, LONG)
        recorder.order("release 1")
        self.until({"mot": "up", "hai": "up"}, LONG)
        alarms = []
        self.wait(lambda: alarms.extend(text for text in self.answer("status").get("alarms", []) if "cùng một hình" in text) or alarms)
        self.assertIn("mot và mot-nua nhiều lần cho cùng một hình", alarms[0])
        self.assertEqual(len(alarms), 1, alarms)

    def test_every_makers_recorder_is_asked_its_own_way(self):
        recorders = []
        for kind in ("dahua", "onvif"):
            cameras = [self.street(f"{kind}-{number}", number, kind) for number in (1, 2)]
            recorders.append(self.showing(kind, cameras, id=kind))
        self.start()
        names = [f"{kind}-{number}" for kind in ("dahua", "onvif") for number in (1, 2)]
        self.until(dict.fromkeys(names, "up"))
        for recorder in recorders:
            recorder.order("swap 1 2")
        self.until(dict.fromkeys(names, "up+wrong-channel"), LONG)

    def test_a_recorder_without_pictures_is_asked_once_and_nothing_comes_of_it(self):
        recorder = self.showing("isapi", [self.street("mot", 1), self.street("hai", 2)])
        recorder.order("pictures off")
        recorder.order("swap 1 2")
        self.start()
        self.until({"mot": "up", "hai": "up", "nvr": "up"})
        self.until_counted(recorder, "requests", 60)
        self.assertEqual(self.counted(recorder)["absent"], 2)
        self.until({"mot": "up", "hai": "up", "nvr": "up"})


if __name__ == "__main__":
    unittest.main()
