#!/usr/bin/env python3
"""Cameras and their recorder end to end: a real daemon, cameras that misbehave, a recorder that really pulls them.

Each fault of a camera, a recorder and the way between them ends in its own state and reason; `until` holds each to its Vietnamese words.
"""
import pathlib
import select
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.camera_house import PATIENCE, CameraHouse

CSV_POINT = """
[[monitoring_point]]
id = "vms"
name = "Nền tảng camera"
place = "cong"
role = "commune"
driver = "csv-drop"
file = "{file}"
key = "Mã camera"
state = "Trạng thái"
online = ["Trực tuyến"]
offline = ["Ngoại tuyến"]
"""


class CamerasTest(CameraHouse):
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
        self.until(wanted)
        self.assertTrue(wrong.order().startswith("credentialed 1 refused 1 basic 0 "))

    def check_recorder(self, kind):
        good, second, third, pool = (self.camera(name, monitor=("nvr", number)) for number, name in enumerate(("mot", "hai", "ba", "bon"), 1))
        recorder = self.recorder(kind, [good, second, third, pool, good])
        self.configure_camera("chi-qua-dau-ghi", "", monitor=("nvr", 5), device_path=False)
        self.start()
        well = dict.fromkeys(("mot", "hai", "ba", "bon", "chi-qua-dau-ghi", "nvr"), "up")
        self.until(well)
        recorded = self.moment_when("bon", "yes")

        recorder.order("unplug 2")
        third.stop()
        self.until({**well, "hai": "down(not-on-monitor/monitoring-point)", "ba": "down(connection-refused/device)"})
        recorder.order("plug 2")
        self.until({**well, "ba": "down(connection-refused/device)"})

        recorder.order("stop-recording 4")
        recorder.order("disk bad")
        recorder.order("clock 3600")
        self.until({"bon": "up+not-recording", "nvr": "up+clock-wrong+storage", "mot": "up"})
        self.check_recording("bon", recorded, self.moment_when("bon", "no"))
        return recorder

    def recorded_at(self, camera, when):
        """What `status --at` says of that second, in UTC."""
        return {device["id"]: device for device in self.answer("status", "--at", when)["devices"]}[camera]["recorded"]

    def moment_when(self, camera, wanted):
        """A second of which the log says so of the camera's recording."""
        end = time.monotonic() + PATIENCE
        while True:
            when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            said = self.recorded_at(camera, when)
            if said == wanted:
                return when
            self.assertLess(time.monotonic(), end, f"{camera}: {said} at {when}")
            select.select([], [], [], 0.5)

    def check_recording(self, camera, then, now):
        """The moments of before and after are told apart, and R's three parts are all there is of T."""
        self.assertEqual([self.recorded_at(camera, when) for when in ("2026-01-01 00:00", then, now)], ["unknown", "yes", "no"])
        figure = self.answer("availability", camera, "--period", "24h")["devices"][0]
        parts = [figure["recording"][part] for part in ("recorded_ms", "not_recorded_ms", "unknown_ms")]
        self.assertEqual(sum(parts), figure["totals"]["T_ms"])
        self.assertTrue(all(part > 0 for part in parts), parts)

    def test_a_hikvision_recorder_and_its_cameras(self):
        recorder = self.check_recorder("isapi")
        recorder.stop()
        lost = ("mot", "hai", "bon", "chi-qua-dau-ghi")
        self.until({**dict.fromkeys(lost, "down(monitoring-point-dead/monitoring-point)"), "nvr": "down(connection-refused/monitoring-point)",
                    "ba": "down(connection-refused/device)"})
        outages = [row for row in self.answer("outages")["outages"] if row["open"]]
        self.assertEqual({row["device"]: row["root"] for row in outages}, {**dict.fromkeys(lost, "nvr"), "nvr": "", "ba": ""})  # one incident
        totals = self.answer("availability", "mot", "--period", "today")["devices"][0]["totals"]
        self.assertGreater(totals["D_ms"], 0)
        self.assertEqual(totals["D_monitoring_point_ms"], totals["D_ms"])  # so A_dev is untouched

    def test_a_dahua_recorder_and_its_cameras(self):
        self.check_recorder("dahua")

    def test_a_recorder_that_refuses_the_login_leaves_the_cameras_to_their_own_path(self):
        camera = self.camera("mot", monitor=("nvr", 1))
        self.configure_camera("chi-qua-dau-ghi", "", monitor=("nvr", 2), device_path=False)
        gone = self.camera("mat", monitor=("nvr", 3))
        gone.stop()
        recorder = self.recorder("isapi", [camera, camera, gone], login="sai")
        self.start()
        self.until({"mot": "unknown(bad-password/monitoring-point)", "chi-qua-dau-ghi": "unknown(bad-password/monitoring-point)",
                    "mat": "down(connection-refused/device)", "nvr": "up"})
        self.assertIn("logins 1 refused 1", recorder.order("count"))

    def test_the_recorders_own_word_is_the_reason_where_only_it_can_see_the_camera(self):
        camera = self.camera("mot")
        recorder = self.recorder("isapi", [camera] * 5, passwords={2: "khong-dung"})
        self.configuration += "min_retention_days = 30\n"
        said = {3: ("ipAddrConflicWithIpc", "down(address-conflict/monitoring-point)"),
                4: ("overSysBandwidth", "down(recorder-cannot-show/monitoring-point)"),
                5: ("notExist", "down(offline-on-monitor/device)")}
        for number in range(1, 6):
            self.configure_camera(f"kenh-{number}", "", monitor=("nvr", number), device_path=False)
        self.start()
        wrong = "down(recorder-login/monitoring-point)"
        self.until({"kenh-1": "up+short-retention", "kenh-2": wrong, **{f"kenh-{number}": "up+short-retention" for number in said}})
        for number, (word, _) in said.items():
            recorder.order(f"say {number} {word}")
            recorder.order(f"unplug {number}")
        self.until({"kenh-1": "up+short-retention", "kenh-2": wrong, **{f"kenh-{number}": told for number, (_, told) in said.items()}})

    def test_a_recorder_that_talks_nonsense_blames_no_camera(self):
        camera = self.camera("mot")
        recorder = self.recorder("isapi", [camera])
        self.configure_camera("chi-qua-dau-ghi", "", monitor=("nvr", 1), device_path=False)
        self.start()
        self.until({"chi-qua-dau-ghi": "up"})
        for answer, told in (("500", "unknown(http-server-error/monitoring-point)"),
                             ("garbage", "unknown(unparsable/monitoring-point)"),
                             ("429", "unknown(rate-limited/monitoring-point)"),
                             ("403", "unknown(not-permitted/monitoring-point)")):
            recorder.order("spoil " + answer)
            self.until({"chi-qua-dau-ghi": told, "mot": "up"})
            recorder.order("spoil off")
            self.until({"chi-qua-dau-ghi": "up"})

    def test_a_table_that_a_platform_exports_is_a_monitoring_point(self):
        table = self.folder / "camera.csv"

        def export(*rows):
            fresh = table.with_suffix(".new")
            fresh.write_text("\ufeffMã camera;Trạng thái\r\n" + "".join(f"{row}\r\n" for row in rows), encoding="utf-8")
            fresh.rename(table)

        silent = "unknown(monitoring-point-silent/monitoring-point)"
        export("cong;Trực tuyến", "cho;Ngoại tuyến")
        self.configuration += CSV_POINT.format(file=table)
        for name in ("cong", "cho", "san"):
            self.configure_camera(f"cam-{name}", "", monitor=("vms", name), device_path=False)
        self.start()
        self.until({"vms": "up", "cam-cong": "up", "cam-cho": "down(offline-on-monitor/device)", "cam-san": silent})
        export("cong;Ngoại tuyến", "cho;Trực tuyến", "san;Trực tuyến")
        self.until({"vms": "up", "cam-cong": "down(offline-on-monitor/device)", "cam-cho": "up", "cam-san": "up"})
        table.unlink()
        self.until({"cam-cong": silent, "cam-cho": silent, "cam-san": silent})

    def test_a_channel_that_is_switched_off_is_said_to_be(self):
        camera = self.camera("mot")
        recorder = self.recorder("dahua", [camera, camera])
        for number in (1, 2):
            self.configure_camera(f"kenh-{number}", "", monitor=("nvr", number), device_path=False)
        self.start()
        self.until({"kenh-1": "up", "kenh-2": "up"})
        recorder.order("say 2 Disable")
        recorder.order("unplug 2")
        self.until({"kenh-1": "up", "kenh-2": "down(channel-off/monitoring-point)"})

    def test_what_the_recorder_shows_though_it_is_not_reached_or_another_is_up_with_warnings(self):
        camera = self.camera("mot")
        gone = self.camera("khong-toi", monitor=("nvr", 1))  # and the channel pulls another camera than this one
        gone.stop()
        crossed = [self.camera(f"cheo-{number}", monitor=("nvr", number)) for number in (2, 3)]
        self.recorder("isapi", [camera, *reversed(crossed)])
        self.start()
        self.until({"mot": "up", "khong-toi": "up+gateway-path+wrong-channel", "cheo-2": "up+wrong-channel", "cheo-3": "up+wrong-channel"})


if __name__ == "__main__":
    unittest.main()
