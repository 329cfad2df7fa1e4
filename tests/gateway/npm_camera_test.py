#!/usr/bin/env python3
"""A camera server that nobody here wrote, end to end: npm's rtsp-streaming-server 2.1.0, Basic and UDP only.

Its stream is seen, picture and all, where the configuration permits Basic; where it does not, no password leaves.
"""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import npm
from support.camera_house import PROGRAM, SUPPORT, CameraHouse, Peer

PERMITTED = """
[login.{name}]
username = "xem"
password_file = "{folder}/{name}.password"
auth = "basic"
"""


class NpmCameraTest(CameraHouse):
    def server(self):
        peer = Peer("node", SUPPORT / "npm_rtsp_server.mjs", npm.package(PROGRAM.parent, "rtsp-streaming-server", "2.1.0"), "xem", "camera-9")
        self.addCleanup(peer.stop)
        return peer

    def permit(self, name, password):
        file = self.folder / f"{name}.password"
        file.touch(0o600)
        file.write_text(password, encoding="utf-8")
        self.configuration += PERMITTED.format(name=name, folder=self.folder)

    def test_basic_by_permission_is_seen_over_udp(self):
        server = self.server()
        self.permit("cho-phep", "camera-9")
        self.configure_camera("tot", f"rtsp://127.0.0.1:{server.port}/live", login="cho-phep", picture=True)
        self.start()
        self.until({"tot": "up"})
        self.assertIn(" refused 0", server.order())

    def test_without_permission_no_password_leaves(self):
        server = self.server()
        self.configure_camera("khong-cho", f"rtsp://127.0.0.1:{server.port}/live")
        self.start()
        devices = self.until({"khong-cho": "unknown(basic-refused/gateway)"})
        self.assertIn("nên không gửi", str(devices["khong-cho"]))
        self.let_pass(5)
        self.assertEqual(server.order(), "logins 0 refused 0")

    def test_a_wrong_password_is_tried_once(self):
        server = self.server()
        self.permit("nham", "khong-dung")
        self.configure_camera("nham", f"rtsp://127.0.0.1:{server.port}/live", login="nham")
        self.start()
        self.until({"nham": "unknown(bad-password/gateway)"})
        self.let_pass(5)
        self.assertEqual(server.order(), "logins 1 refused 1")


if __name__ == "__main__":
    unittest.main()
