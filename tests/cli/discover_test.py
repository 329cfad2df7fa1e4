#!/usr/bin/env python3
"""`commune-watch discover` finds what is around, prints TOML that check accepts, and believes and gives away nothing."""
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import ws_discovery  # noqa: E402

PROGRAM = os.environ["COMMUNE_WATCH"]
SUPPORT = pathlib.Path(__file__).resolve().parents[1] / "support"
SECRET = "hunter2"
HEAD = '[commune]\nid = "tan-phu-28765"\ncode = "28765"\nname = "Xã Tân Phú"\nprovince = "Vĩnh Long"\n'
PLACE = '[[place]]\nid = "cho"\nname = "Chợ"\nkind = "market"\n'
SCOPES = ("onvif://www.onvif.org/type/Network_Video_Transmitter onvif://www.onvif.org/hardware/DS-2CD2043 "
          "onvif://www.onvif.org/name/HIKVISION%20c%E1%BB%95ng onvif://www.onvif.org/MAC/44:19:b6:01:02:03")
PATIENCE = 120


class House(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.configure(HEAD + PLACE)

    def configure(self, text):
        (self.folder / "gateway.toml").write_text(text, encoding="utf-8")

    def run_it(self, *arguments):
        result = subprocess.run([PROGRAM, "--config", self.folder / "gateway.toml", *arguments], capture_output=True, timeout=PATIENCE, check=False)
        self.assertNotIn(SECRET.encode(), result.stdout + result.stderr)
        return result

    def accepted(self, toml, head=HEAD + PLACE):
        """What check understood of the configuration with this pasted behind it."""
        self.configure(head + toml)
        result = self.run_it("check")
        self.assertEqual(result.returncode, 0, result.stderr.decode() + toml)
        return result.stdout.decode()


class Discover(House):
    def discover(self, *arguments, wait="700ms"):
        result = self.run_it("discover", "--interface", "lo", "--wait", wait, *arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.said = result.stderr.decode()
        return result.stdout.decode()

    def found(self, *arguments):
        return {each["address"]: each for each in json.loads(self.discover("--json", *arguments))["found"]}

    def camera(self, address):
        """The simulated camera on an address of its own; (port, count())."""
        settings = self.folder / "camera.json"
        settings.write_text(json.dumps({"host": address, "user": "u", "password": SECRET, "stream": "rtsp://127.0.0.1:9/live"}), encoding="utf-8")
        process = subprocess.Popen([sys.executable, SUPPORT / "onvif_camera.py", settings], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

        def end():
            process.stdin.close()
            process.wait(PATIENCE)
            process.stdout.close()

        def count():
            process.stdin.write("count\n")
            process.stdin.flush()
            words = process.stdout.readline().split()
            return dict(zip(words[::2], map(int, words[1::2])))

        self.addCleanup(end)
        return int(process.stdout.readline().split()[1]), count

    def listen(self, address, port):
        listener = socket.create_server((address, port))
        self.addCleanup(listener.close)

    def test_a_camera_that_answers_is_printed_to_paste_and_check_accepts_it(self):
        port, count = self.camera("127.0.0.21")
        answer = ws_discovery.matches(("urn:uuid:1", SCOPES, f"http://10.255.255.1:{port}/onvif/device_service"))
        with ws_discovery.Responder({"127.0.0.21": [answer]}) as around:
            toml = self.discover()
            self.assertIn(b"NetworkVideoTransmitter", around.probes[0][1])
        self.assertIn(f'url = "http://127.0.0.21:{port}/onvif/device_service"', toml)
        self.assertNotIn("10.255.255.1", toml)  # the datagram's source is believed, not what it says
        for words in ('id = "cam-127-0-0-21"', 'name = "Camera 127.0.0.21 (HIKVISION cổng DS-2CD2043)"', "MAC 44:19:b6:01:02:03",
                      'place = "cho"', "ONVIF trả lời"):
            self.assertIn(words, toml)
        self.assertIn("camera: 1 (onvif 1)", self.accepted(toml))
        self.assertEqual(count(), {"requests": 1, "credentialed": 0, "refused": 0, "basic": 0})

    def test_what_is_configured_is_marked_and_its_login_is_never_used(self):
        port, count = self.camera("127.0.0.22")
        self.configure(HEAD + PLACE + f'[login.c]\nusername = "u"\npassword = "{SECRET}"\n[[camera]]\nid = "cam-cho"\nname = "Chợ"\nplace = "cho"\n'
                       f'driver = "onvif"\nurl = "http://127.0.0.22:{port}"\nlogin = "c"\n')
        answers = {"127.0.0.22": [ws_discovery.matches(("urn:uuid:2", SCOPES, f"http://127.0.0.22:{port}/"))]}
        with ws_discovery.Responder(answers):
            toml = self.discover()
            self.assertEqual(self.found()["127.0.0.22"]["configured"], "cam-cho")
        self.assertIn("# cam-cho: 127.0.0.22", toml)
        self.assertNotIn("[[camera]]", toml)
        self.assertEqual(count()["credentialed"], 0)

    def test_a_recorder_is_a_monitoring_point(self):
        scopes = "onvif://www.onvif.org/hardware/DS-7608NI-NVR onvif://www.onvif.org/name/NVR"
        with ws_discovery.Responder({"127.0.0.23": [ws_discovery.matches(("urn:uuid:3", scopes, "http://127.0.0.23:9/x"))]}):
            toml = self.discover()
        self.assertIn("[[monitoring_point]]", toml)
        self.assertIn("ONVIF không trả lời", toml)
        self.accepted(toml)

    def test_nothing_that_is_answered_becomes_toml_of_its_own(self):
        evil = ('onvif://www.onvif.org/name/%22%0A[gateway]%0Aid%20=%20%22x%22%1b[2J%E2%80%AE onvif://www.onvif.org/hardware/%22%22%22%5C '
                "onvif://www.onvif.org/MAC/%0d%0a[[camera]]")
        answers = [ws_discovery.matches(('urn:"&#10;[x]', evil, "http://u:p@127.0.0.24/ http://127.0.0.24:0/ javascript:1 http://127.0.0.24/%22%0a")),
                   b"", b"\0" * 2000, b"<" * 60000, b"<!DOCTYPE a>" + ws_discovery.matches(("urn:uuid:9", SCOPES, "")), b"<a>" * 9000]
        many = ws_discovery.matches(*[(f"urn:{n}", SCOPES, "http://127.0.0.25/a" * 3) for n in range(20)])
        with ws_discovery.Responder({"127.0.0.24": answers, "127.0.0.25": [many] * 50}):
            toml = self.discover()
        self.assertEqual(toml.count("\n[[camera]]\n"), 2, toml)
        self.assertNotIn("\n[gateway]", toml)
        self.assertFalse(set(toml) & set("\x1b\r\u202e"))
        self.accepted(toml)

    def test_a_network_is_looked_at_port_by_port_and_asked_without_a_login(self):
        self.listen("127.0.1.5", 554)
        self.listen("127.0.1.6", 8080)
        answers = {"127.0.1.7": [ws_discovery.matches(("urn:uuid:7", SCOPES, "http://127.0.1.7:9/"))]}
        with ws_discovery.Responder(answers, group="239.255.255.251") as around:  # deaf to the group: only found by its address
            found = self.found("--cidr", "127.0.1.0/28")
            self.assertIn(("127.0.1.7"), [how for how, _ in around.probes])
        self.assertEqual({address: each["ports"] for address, each in found.items()}, {"127.0.1.5": [554], "127.0.1.6": [8080], "127.0.1.7": []})
        self.assertIn("xem 14 địa chỉ", self.said)
        toml = self.discover("--cidr", "127.0.1.4/30")
        self.assertIn('driver = "rtsp"\nurl = "rtsp://127.0.1.5/"', toml)
        self.assertIn("không phải ONVIF hay RTSP", toml)
        self.accepted(toml)

    def test_an_onvif_camera_is_found_on_its_port_without_a_word_from_it(self):
        served = []

        class Page(__import__("http.server").server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_POST(self):
                served.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
                body = (b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><s:Fault><s:Code><s:Value>s:Sender</s:Value>'
                        b"</s:Code></s:Fault></s:Body></s:Envelope>")
                self.send_response(400)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        import http.server
        server = http.server.ThreadingHTTPServer(("127.0.1.9", 8899), Page)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.addCleanup(lambda: (server.shutdown(), thread.join(), server.server_close()))
        found = self.found("--cidr", "127.0.1.9")
        self.assertEqual(found["127.0.1.9"]["onvif"], "http://127.0.1.9:8899/onvif/device_service")
        self.assertTrue(found["127.0.1.9"]["answers"])
        self.assertEqual(len(served), 1)
        self.assertNotIn("Authorization", served[0][0])
        self.assertIn(b"GetSystemDateAndTime", served[0][1])
        self.assertNotIn(b"Security", served[0][1])

    def test_strangers_are_not_heard_by_root(self):
        with ws_discovery.Responder({"127.0.0.27": []}) as around, subprocess.Popen(
                [PROGRAM, "--config", self.folder / "gateway.toml", "discover", "--interface", "lo", "--wait", "3s"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as program:
            while not around.probes:
                self.assertIsNone(program.poll())
            status = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{program.pid}/status").read_text(encoding="utf-8").splitlines())
            program.kill()
        if os.geteuid() == 0:
            self.assertNotIn("0", status["Uid"].split() + status["Gid"].split() + status["Groups"].split())
            self.assertEqual(status["NoNewPrivs"].strip(), "1")
        else:
            self.assertEqual(status["Uid"].split(), [str(os.geteuid())] * 4)

    def test_without_a_place_one_is_printed_too(self):
        self.configure(HEAD)
        with ws_discovery.Responder({"127.0.0.26": [ws_discovery.matches(("urn:uuid:6", SCOPES, "http://127.0.0.26:9/"))]}):
            self.accepted(self.discover(), HEAD)

    def test_a_configuration_with_mistakes_is_told_and_stops_nothing(self):
        self.configure(HEAD + "[[camera]]\n")
        toml = self.discover()
        self.assertIn("không thấy thiết bị mới nào", toml)
        self.assertIn("gateway.toml:6", self.said)

    def test_large_networks_wrong_ones_and_unknown_interfaces_are_refused(self):
        for arguments, code, words in ((("--cidr", "10.0.0.0/21"), 2, "--yes"), (("--cidr", "10.0.0.0/22", "--cidr", "10.0.4.0/30"), 2, "--yes"),
                                       (("--cidr", "10.0.0.0/8", "--yes"), 2, "/22"), (("--cidr", "10.0.0"), 2, "192.0.2.0/24"),
                                       (("--cidr", "fd00::/120"), 2, "192.0.2.0/24"), (("--wait", "5"), 2, "100ms"),
                                       (("--interface", "nowhere0"), 1, "lo")):
            result = self.run_it("discover", *arguments)
            self.assertEqual(result.returncode, code, arguments)
            self.assertIn(words, result.stderr.decode())


POINT = ('[login.nvr]\nusername = "u"\npassword_file = "nvr.password"\n[[monitoring_point]]\nid = "nvr"\nname = "Đầu ghi"\nplace = "cho"\n'
         'driver = "{driver}"\nurl = "http://127.0.0.1:{port}"\nlogin = "nvr"\n')
BOUND = ('[[camera]]\nid = "cam-1"\nname = "Một"\nplace = "cho"\ndriver = "none"\nmonitor = [ {{ point = "nvr", channel = "{key}" }} ]\n'
         '[[camera]]\nid = "cam-3"\nname = "Ba"\nplace = "cho"\ndriver = "rtsp"\nurl = "rtsp://127.0.0.33/live"\n')


class FromNvr(House):
    def recorder(self, kind, key="1", password=SECRET):
        """A simulated recorder of four channels: 1 is bound by `key`, 3 is known by its address."""
        settings = self.folder / "recorder.json"
        channels = {str(n): {"url": f"rtsp://127.0.0.3{n}:9/live", "user": "u", "password": SECRET} for n in (1, 2, 3, 4)}
        settings.write_text(json.dumps({"port": 0, "user": "u", "password": SECRET, "utc_offset_minutes": 420, "channels": channels}), encoding="utf-8")
        process = subprocess.Popen([sys.executable, SUPPORT / "simulated_recorder.py", kind, settings], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(lambda: (process.stdin.close(), process.wait(PATIENCE), process.stdout.close()))
        port = process.stdout.readline().split()[1]
        (self.folder / "nvr.password").write_text(password, encoding="utf-8")
        (self.folder / "nvr.password").chmod(0o600)
        driver = {"isapi": "hikvision-nvr", "dahua": "dahua-nvr", "onvif": "onvif-nvr"}[kind]
        self.head = HEAD + PLACE + POINT.format(driver=driver, port=port) + BOUND.format(key=key)
        self.configure(self.head)

        def count():
            process.stdin.write("count\n")
            process.stdin.flush()
            return process.stdout.readline()

        return count

    def options(self):
        return "--state", str(self.folder / "state"), "--socket", str(self.folder / "api.sock")

    def channels(self, *arguments):
        result = self.run_it(*self.options(), *arguments, "discover", "--from-nvr", "nvr")
        self.assertEqual(result.returncode, 0, result.stderr.decode())
        return result.stdout.decode()

    def check_pasted(self, toml):
        for words in ('id = "nvr-kenh-2"', 'url = "http://127.0.0.32/onvif/device_service"', 'monitor = [ { point = "nvr", channel = "2" } ]',
                      'id = "nvr-kenh-4"', "thêm vào (configured already; add to) cam-3"):
            self.assertIn(words, toml)
        self.assertEqual(toml.count("\n[[camera]]\n"), 2, toml)
        self.accepted(toml, self.head)

    def test_channels_of_a_hikvision_recorder_that_no_camera_is_bound_to(self):
        self.recorder("isapi")
        self.check_pasted(self.channels())

    def test_channels_of_a_dahua_recorder_where_one_is_bound_by_its_address(self):
        self.recorder("dahua", key="127.0.0.31")
        rows = {each["channel"]: each["configured"] for each in json.loads(self.channels("--json"))["channels"]}
        self.assertEqual(rows, {"1": True, "2": False, "3": False, "4": False, "127.0.0.31": True})
        self.check_pasted(self.channels())

    def test_channels_of_an_onvif_recorder_that_tells_no_addresses_are_seen_by_it_alone(self):
        self.recorder("onvif")
        toml = self.channels()
        self.assertEqual(toml.count('driver = "none"'), 3, toml)
        self.accepted(toml, self.head)

    def test_a_running_daemon_asks_for_it(self):
        self.recorder("isapi")
        with subprocess.Popen([PROGRAM, "--config", self.folder / "gateway.toml", *self.options(), "run"], stderr=subprocess.PIPE) as daemon:
            try:
                said = b""
                while b"ready:" not in said:
                    piece = os.read(daemon.stderr.fileno(), 65536)
                    self.assertTrue(piece, said)
                    said += piece
                self.check_pasted(self.channels())
                self.configure(self.head.replace('channel = "1"', 'channel = "127.0.0.31"'))  # and the daemon does not know of it yet
                self.assertNotIn("nvr-kenh-1", self.channels())
            finally:
                daemon.terminate()
                daemon.communicate(timeout=PATIENCE)

    def test_a_refused_login_is_told_and_tried_once(self):
        count = self.recorder("isapi", password="wrong")
        for _ in range(2):
            result = self.run_it(*self.options(), "discover", "--from-nvr", "nvr")
            self.assertEqual(result.returncode, 1)
            self.assertIn("không cho biết kênh nào", result.stderr.decode())
        self.assertIn("logins 1 refused 1", count())

    def test_what_is_no_monitoring_point_is_refused(self):
        self.recorder("isapi")
        for point, code in (("cam-3", 1), ("nowhere", 1), ("../x", 2)):
            self.assertEqual(self.run_it(*self.options(), "discover", "--from-nvr", point).returncode, code, point)
        self.assertEqual(self.run_it("discover", "--from-nvr", "nvr", "--cidr", "127.0.0.1").returncode, 2)


if __name__ == "__main__":
    unittest.main()
