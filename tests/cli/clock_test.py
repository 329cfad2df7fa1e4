#!/usr/bin/env python3
"""`commune-watch clock`: what it asks of a daemon that is played here, what it makes of each answer, and a person's word kept by the real one."""
import http.server
import json
import os
import pathlib
import pwd
import select
import shutil
import signal
import socketserver
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse

PROGRAM = os.environ["COMMUNE_WATCH"]
PATIENCE = 60  # seconds until the daemon has to be ready; generous, because sanitizers and busy machines are slow
NOW = 1_795_320_000_000  # 2026-11-22 11:00:00 in UTC+7

CONFIGURATION = """
[commune]
id = "tan-phu-28765"
code = "28765"
name = "Xã Tân Phú"
province = "Bến Tre"
[gateway]
simulated = true
"""


def clock(trusted, source="system"):
    return {"now_ms": NOW, "now": "2026-11-22T04:00:00.000Z", "wall_ms": NOW, "wall": "2026-11-22T04:00:00.000Z",
            "trusted": trusted, "source": source, "wall_source": "system"}


class Played(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """A daemon that answers each question with `answer` (status, JSON) and remembers what it was asked."""
    daemon_threads = True

    def __init__(self, path):
        self.asked, self.answer = [], (200, clock(False))
        played = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def reply(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                path = urllib.parse.urlsplit(self.path)
                played.asked.append((self.command, path.path, dict(urllib.parse.parse_qsl(path.query, keep_blank_values=True))))
                status, body = played.answer
                body = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = reply

            def address_string(self):
                return "played"

            def log_message(self, *_):
                pass

        super().__init__(str(path), Handler)
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()

    def end(self):
        self.shutdown()
        self.thread.join()
        self.server_close()


class Clock(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="commune-watch-test."))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        (self.folder / "gateway.toml").write_text(CONFIGURATION, encoding="utf-8")

    def command(self, *words):
        return [PROGRAM, "--config", f"{self.folder}/gateway.toml", "--state", f"{self.folder}/state", "--socket", f"{self.folder}/api.sock", *words]

    def ask(self, *words):
        return subprocess.run(self.command(*words), capture_output=True, text=True, timeout=PATIENCE, check=False, stdin=subprocess.DEVNULL)


class AgainstAPlayedDaemon(Clock):
    def setUp(self):
        super().setUp()
        self.daemon = Played(self.folder / "api.sock")
        self.addCleanup(self.daemon.end)

    def test_a_clock_that_nobody_vouches_for_is_bad_news(self):
        told = self.ask("clock")
        self.assertEqual(told.returncode, 1, told.stderr)
        self.assertIn("CHƯA ĐƯỢC TÍNH", told.stdout)
        self.assertEqual(self.daemon.asked, [("GET", "/api/v1/clock", {})])

    def test_a_clock_that_is_trusted_is_good_news(self):
        self.daemon.answer = 200, clock(True, "ntp")
        told = self.ask("clock")
        self.assertEqual(told.returncode, 0, told.stderr)
        self.assertIn("NTP", told.stdout)
        self.assertNotIn("CHƯA ĐƯỢC TÍNH", told.stdout)

    def test_json_is_the_daemons_own_word(self):
        told = self.ask("--json", "clock")
        self.assertEqual((told.returncode, json.loads(told.stdout)), (1, clock(False)))

    def test_confirm_says_who_and_no_time(self):
        self.daemon.answer = 200, clock(True, "operator")
        told = self.ask("clock", "confirm")
        self.assertEqual(told.returncode, 0, told.stderr)
        self.assertIn("cán bộ xác nhận", told.stdout)
        self.assertEqual(self.daemon.asked, [("POST", "/api/v1/clock", {"by": pwd.getpwuid(os.getuid()).pw_name})])

    def test_set_says_the_time_as_it_was_given(self):
        self.daemon.answer = 200, clock(True, "operator")
        told = self.ask("clock", "set", "2026-11-22 21:30:15")
        self.assertEqual(told.returncode, 0, told.stderr)
        [(method, path, query)] = self.daemon.asked
        self.assertEqual((method, path, query["time"]), ("POST", "/api/v1/clock", "2026-11-22 21:30:15"))
        self.assertTrue(query["by"])

    def test_a_word_that_is_not_taken_is_bad_news_with_the_daemons_reason(self):
        self.daemon.answer = 409, {"error": "giờ đã có NTP giữ / NTP keeps it"}
        for words in (("clock", "confirm"), ("clock", "set", "2026-11-22 21:30:15")):
            told = self.ask(*words)
            self.assertEqual((told.returncode, told.stdout), (1, ""))
            self.assertIn("NTP keeps it", told.stderr)

    def test_what_makes_no_sense_is_a_usage_error_and_asks_nothing(self):
        for words in (("clock", "set"), ("clock", "confirm", "2026-11-22 21:30:15"), ("clock", "reset")):
            self.assertEqual(self.ask(*words).returncode, 2, words)
        self.assertEqual(self.daemon.asked, [])


class AgainstTheRealDaemon(Clock):
    def setUp(self):
        super().setUp()
        self.daemon = None
        self.addCleanup(self.end)

    def start(self):
        self.daemon = subprocess.Popen(self.command("run"), stderr=subprocess.PIPE)
        deadline = time.monotonic() + PATIENCE
        said = b""
        while b"ready:" not in said:
            self.assertTrue(select.select([self.daemon.stderr], [], [], max(0, deadline - time.monotonic()))[0], said)
            piece = os.read(self.daemon.stderr.fileno(), 65536)
            self.assertTrue(piece, said)
            said += piece

    def end(self):
        if self.daemon is not None:
            self.daemon.send_signal(signal.SIGTERM)
            self.daemon.communicate(timeout=PATIENCE)
            self.daemon = None

    def test_without_a_daemon_nothing_is_said(self):
        for words in (("clock",), ("clock", "confirm")):
            told = self.ask(*words)
            self.assertEqual((told.returncode, told.stdout), (1, ""))

    def test_a_persons_word_is_taken_unless_ntp_knows_better(self):
        self.start()
        before = json.loads(self.ask("--json", "clock").stdout)
        self.assertEqual(self.ask("clock").returncode, 0 if before["trusted"] else 1)
        nonsense = self.ask("clock", "set", "noon")
        self.assertEqual(nonsense.returncode, 1)
        self.assertIn("not a time", nonsense.stderr)
        confirmed = self.ask("--json", "clock", "confirm")
        if before["source"] == "ntp":  # of the machine that this runs on
            self.assertEqual(confirmed.returncode, 1)
            return
        self.assertEqual(confirmed.returncode, 0, confirmed.stderr)
        after = json.loads(self.ask("--json", "clock").stdout)
        self.assertEqual((after["trusted"], after["source"]), (True, "operator"))
        hour_ahead = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + 8 * 3600))  # of UTC+7
        self.assertEqual(self.ask("clock", "set", hour_ahead).returncode, 0)
        told = json.loads(self.ask("--json", "clock").stdout)
        self.assertAlmostEqual((told["now_ms"] - told["wall_ms"]) / 1000, 3600, delta=PATIENCE)
        self.assertEqual(self.ask("clock").returncode, 0)


if __name__ == "__main__":
    unittest.main()
