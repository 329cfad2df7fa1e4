#!/usr/bin/env python3
"""ONVIF cameras and recorders end to end: a real daemon, SOAP over HTTP, logins checked as a strict camera checks them.

Each trouble ends in its own state and reason, with the Vietnamese text that police read, and a wrong password is tried once.
"""
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.camera_house import WRONG_CLOCK, OnvifHouse



class OnvifTest(OnvifHouse):
    def test_each_trouble_of_a_camera_is_its_own_reason(self):
        wanted = {}
        good, service = self.onvif_camera("tot")
        wanted["tot"] = "up"
        self.onvif_camera("kieu-http", auth="digest")
        wanted["kieu-http"] = "up"
        _, hour = self.onvif_camera("lech-mot-gio", clock=3600)
        wanted["lech-mot-gio"] = "up+clock-wrong"
        _, lost = self.onvif_camera("mat-gio")
        lost.order("clock 1970")
        wanted["mat-gio"] = "up+clock-wrong"
        self.onvif_camera("gio-can-dang-nhap", faults=["silent-time"])
        wanted["gio-can-dang-nhap"] = "up"
        _, basic = self.onvif_camera("doi-basic", auth="basic")
        wanted["doi-basic"] = "unknown(basic-refused/gateway)"
        elsewhere = self.peer({"user": "xem", "password": "camera-9", "stream": "rtsp://127.0.0.1:1/x"}, "elsewhere")
        _, moved = self.onvif_camera("chuyen-huong", auth="none", faults=["redirect"], elsewhere=f"http://127.0.0.1:{elsewhere.port}/onvif/media")
        # Without a login: one that is given and never settled is blocked, which is another reason.
        wanted["chuyen-huong"] = "unknown(redirected/gateway)"
        self.onvif_camera("sai-duong-dan", "not-found")
        wanted["sai-duong-dan"] = "down(wrong-path/device)"
        self.onvif_camera("khong-hinh", "no-media")
        wanted["khong-hinh"] = "down(no-media/media)"
        self.onvif_camera("co-doctype", faults=["doctype"])
        wanted["co-doctype"] = "down(protocol-error/device)"
        self.onvif_camera("rac", faults=["garbage"])
        wanted["rac"] = "down(protocol-error/device)"
        self.onvif_camera("qua-lon", auth="none", faults=["huge"])
        wanted["qua-lon"] = "unknown(answer-too-large/gateway)"
        self.onvif_camera("nho-giot", auth="none", faults=["drip"])
        wanted["nho-giot"] = "down(timed-out/device)"
        _, gone = self.onvif_camera("mat")
        gone.stop()
        wanted["mat"] = "down(connection-refused/device)"
        self.start()
        devices = self.until(wanted)
        self.assertIn(WRONG_CLOCK, self.texts(devices["lech-mot-gio"]))
        self.assertIn(WRONG_CLOCK, self.texts(devices["mat-gio"]))
        self.assertIn("Thiết bị đòi gửi mật khẩu không mã hóa nên không gửi", self.texts(devices["doi-basic"]))
        self.assertIn("Thiết bị chuyển sang địa chỉ khác nên không đi theo", self.texts(devices["chuyen-huong"]))
        self.assertIn("Thiết bị trả lời sai quy cách", self.texts(devices["co-doctype"]))
        self.assertIn("Câu trả lời quá lớn nên không đọc hết", self.texts(devices["qua-lon"]))
        for each in (service, hour, lost):
            self.assertEqual(self.counted(each)["refused"], 0)
        self.assertEqual(self.counted(elsewhere)["requests"], 0)
        self.assertEqual(self.counted(basic)["credentialed"], 0)
        # Asked for its stream once; afterwards only its clock is.
        logins = self.counted(service)["credentialed"]
        self.assertEqual(logins, 3)
        self.asked_again(service, 3)
        self.assertEqual(self.counted(service)["credentialed"], logins)
        self.assertTrue(good.order().startswith("credentialed "))
        kept = (self.folder / "log").read_text(encoding="utf-8") + "".join(
            file.read_bytes().decode("latin-1") for file in (self.folder / "state").rglob("*") if file.is_file())
        self.assertNotIn("camera-9", kept)
        hour.order("clock 0")
        self.until({"lech-mot-gio": "up"})

    def test_a_wrong_password_is_tried_once_over_both_protocols_and_a_restart(self):
        stream, service = self.onvif_camera("token", login="sai")
        web, digest = self.onvif_camera("digest", login="sai", auth="digest")
        self.start()
        wanted = dict.fromkeys(("token", "digest"), "unknown(bad-password/gateway)")
        devices = self.until(wanted)
        self.assertIn("Sai tên đăng nhập hoặc mật khẩu, đã thôi thử để tránh bị khóa", self.texts(devices["token"]))
        self.asked_again(service, 4)
        self.end()
        self.start()
        self.asked_again(service, 4)
        self.asked_again(digest, 4)
        for each in (service, digest):
            self.assertRegex(each.order("count"), re.compile(r"credentialed 1 refused 1 basic 0$"))
        for each in (stream, web):
            self.assertTrue(each.order().startswith("credentialed 0 "), each.order())

    def test_a_recorder_is_believed_as_far_as_its_jobs_tell(self):
        one, two, three = (self.camera(name, monitor=("nvr", key)) for name, key in (("mot", 1), ("hai", "V2"), ("ba", 3)))
        recorder = self.recorder("onvif", [one, two, three])
        self.start()
        well = dict.fromkeys(("mot", "hai", "ba", "nvr"), "up")
        self.until(well)
        recorder.order("unplug 2")
        three.stop()
        recorder.order("clock-once-told 3600")  # between its word and our token: the token is refused, the password is not wrong
        devices = self.until({"mot": "up", "hai": "unknown(monitoring-point-silent/monitoring-point)",
                              "ba": "down(connection-refused/device)", "nvr": "up+clock-wrong"})
        self.assertIn("Điểm giám sát có trả lời nhưng không cho biết về thiết bị", self.texts(devices["hai"]))
        self.assertIn(WRONG_CLOCK, self.texts(devices["nvr"]))
        recorder.order("plug 2")
        recorder.order("clock-once-told 0")
        self.until({"mot": "up", "hai": "up", "nvr": "up"})
        self.assertEqual(self.counted(recorder)["refused"], 2)

    def test_a_recorder_that_refuses_the_login_leaves_the_cameras_to_their_own_path(self):
        camera = self.camera("mot", monitor=("nvr", 1))
        recorder = self.recorder("onvif", [camera], login="sai")
        self.start()
        self.until({"mot": "unknown(bad-password/monitoring-point)"})
        self.assertEqual(self.counted(recorder)["credentialed"], 1)


if __name__ == "__main__":
    unittest.main()
