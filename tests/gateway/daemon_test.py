#!/usr/bin/env python3
"""The daemon as people meet it: the real program on loopback, its socket, its signals, its restarts.

Facts are asked of the command line and the API only. Device stand-ins are plain HTTP servers of Python's library.
"""
import contextlib
import http.server
import json
import os
import pathlib
import select
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time
import unittest

PROGRAM = os.environ["COMMUNE_WATCH"]
PATIENCE = 60  # seconds until a condition has to hold; generous, because sanitizers and busy machines are slow

BASE = """
[commune]
id = "tan-phu-28765"
code = "28765"
name = "Xã Tân Phú"
province = "Bến Tre"

[gateway]
id = "gw1"
simulated = true
clock = "host"
interval = "1s"
recheck = "200ms"
limit = "3s"

[[hamlet]]
id = "ap-1"
name = "Ấp 1"

[[place]]
id = "nvh-ap-1"
name = "Nhà văn hóa ấp 1"
kind = "culture-house"
hamlet = "ap-1"
"""


def access_point(name, port):
    return f"""
[[access_point]]
id = "{name}"
name = "Wi-Fi {name}"
place = "nvh-ap-1"
driver = "http"
url = "http://127.0.0.1:{port}/"
"""


class Device:
    """An HTTP server that can be switched off and on at the same port."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_):
            pass

    def __init__(self):
        self.port = 0
        self.on()

    def on(self):
        http.server.ThreadingHTTPServer.allow_reuse_address = True
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), self.Page)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()

    def off(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Guarded(Device):
    """One whose login is never good; counts who tries."""

    def __init__(self):
        self.tried = tried = []

        class Page(Device.Page):
            def do_GET(self):
                if "Authorization" in self.headers:
                    tried.append(self.headers["Authorization"])
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Digest realm="ap", nonce="5f3a", qop="auth"')
                self.send_header("Content-Length", "0")
                self.end_headers()

        self.Page = Page
        super().__init__()


class Manager:
    """Plays the service manager: listens on NOTIFY_SOCKET."""

    def __init__(self, directory):
        self.path = str(directory / "notify.sock")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)

    def wait_for(self, word, patience=PATIENCE):
        end = time.monotonic() + patience
        heard = []
        while time.monotonic() < end:
            if select.select([self.socket], [], [], 0.2)[0]:
                heard += self.socket.recv(4096).decode().splitlines()
                if any(line.startswith(word) for line in heard):
                    return heard
        raise AssertionError(f"the daemon never said {word}; it said {heard}")

    def drain(self):
        while select.select([self.socket], [], [], 0)[0]:
            self.socket.recv(4096)

    def close(self):
        self.socket.close()


class DaemonTest(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="commune-watch-test."))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.good, self.other = Device(), Device()
        self.addCleanup(self.other.off)
        self.addCleanup(self.good.off)
        self.configure(access_point("ap-a", self.good.port) + access_point("ap-b", self.other.port))
        self.manager = Manager(self.directory)
        self.addCleanup(self.manager.close)
        self.daemon = None
        self.addCleanup(self.end)

    def configure(self, devices):
        (self.directory / "gateway.toml").write_text(BASE + devices, encoding="utf-8")

    def options(self):
        d = self.directory
        return ["--config", str(d / "gateway.toml"), "--state", str(d / "state"), "--socket", str(d / "api.sock")]

    def start(self):
        self.manager.drain()
        log = open(self.directory / "log", "a", encoding="utf-8")
        self.addCleanup(log.close)
        self.daemon = subprocess.Popen([PROGRAM, *self.options(), "run"], stderr=log,
                                       env={**os.environ, "NOTIFY_SOCKET": self.manager.path})
        self.manager.wait_for("READY=1")

    def end(self, how=signal.SIGTERM):
        if self.daemon is None:
            return None
        self.daemon.send_signal(how)
        code = self.daemon.wait(PATIENCE)
        self.daemon = None
        return code

    def log(self):
        return (self.directory / "log").read_text(encoding="utf-8")

    def ask(self, *words):
        return subprocess.run([PROGRAM, *self.options(), *words], capture_output=True, text=True, timeout=PATIENCE, check=False)

    def answer(self, *words):
        done = self.ask("--json", *words)
        self.assertTrue(done.stdout, done.stderr)
        return json.loads(done.stdout)

    def device(self, name):
        return next((d for d in self.answer("status")["devices"] if d["id"] == name), None)

    def until(self, condition, what):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if condition():
                return
            select.select([], [], [], 0.1)
        self.fail(f"never {what}\n{self.answer('status')}\n{self.log()}")

    def until_state(self, name, state):
        self.until(lambda: self.device(name)["state"] == state, f"{name} {state}")

    def prober(self):
        children = pathlib.Path(f"/proc/{self.daemon.pid}/task/{self.daemon.pid}/children").read_text().split()
        return int(children[0]) if children else None

    # --- facts ---

    def test_status_shows_what_is_up_and_what_is_down_and_why(self):
        self.other.off()
        self.start()
        self.until_state("ap-a", "up")
        self.until_state("ap-b", "down")
        down = self.device("ap-b")
        self.assertEqual(down["reason"]["code"], "connection-refused")
        self.assertEqual(down["cause"], "device")
        shown = self.ask("status")
        self.assertEqual(shown.returncode, 1)  # bad news
        self.assertIn("mất kết nối", shown.stdout)
        self.assertIn("DỮ LIỆU MÔ PHỎNG", shown.stdout)
        self.assertIn("down", self.ask("--lang", "en", "status").stdout)
        outages = self.answer("outages")["outages"]
        self.assertEqual([(o["device"], o["open"]) for o in outages], [("ap-b", True)])
        self.other.on()
        self.until_state("ap-b", "up")
        self.until(lambda: self.ask("status").returncode == 0, "all well")
        self.assertFalse(self.answer("outages")["outages"][0]["open"])
        states = [s["state"] for s in self.answer("history", "ap-b")["spans"]]
        self.assertEqual(states[-2:], ["down", "up"])

    def test_totals_add_up_to_the_period(self):
        self.start()
        self.until_state("ap-a", "up")
        for row in self.answer("availability", "--period", "1h")["devices"]:
            t = row["totals"]
            self.assertEqual(t["U_ms"] + t["D_ms"] + t["M_ms"] + t["N_ms"], t["T_ms"])
            self.assertGreater(t["T_ms"], 0)
            self.assertLessEqual(t["T_ms"], row["to_ms"] - row["from_ms"])

    def test_after_a_cut_the_gap_is_unknown_and_nobodys_downtime(self):
        self.start()
        self.until_state("ap-a", "up")
        self.end(signal.SIGKILL)
        select.select([], [], [], 1.5)  # nobody watches
        gap = time.time() - 0.4  # cut to its whole second it still lies after the kill
        self.start()
        self.until_state("ap-a", "up")
        then = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(gap))
        past = self.answer("status", "--at", then)
        self.assertEqual({d["state"] for d in past["devices"]}, {"unknown"})
        self.assertNotIn("down", [s["state"] for s in self.answer("history", "ap-a")["spans"]])
        totals = self.answer("availability", "ap-a", "--period", "1h")["devices"][0]["totals"]
        self.assertEqual(totals["D_ms"], 0)
        self.assertGreaterEqual(totals["N_ms"], 1000)

    def test_a_killed_prober_is_replaced_and_no_device_is_blamed(self):
        self.start()
        self.until_state("ap-a", "up")
        first = self.prober()
        os.kill(first, signal.SIGKILL)
        self.until(lambda: self.prober() not in (None, first), "a new prober")
        self.until_state("ap-a", "up")
        self.assertEqual(self.answer("outages")["outages"], [])

    def test_a_wrong_password_is_tried_once_and_stays_the_reason_through_restarts(self):
        guarded = Guarded()
        self.addCleanup(guarded.off)
        secret = self.directory / "ap.password"
        secret.write_text("not-the-one", encoding="utf-8")
        secret.chmod(0o600)
        login = f'[login.ap]\nusername = "monitor"\npassword_file = "{secret}"\n'
        self.configure(login + access_point("ap-a", guarded.port) + 'login = "ap"\n')

        def refused_is_read():
            device = self.device("ap-a")
            return device["state"] == "unknown" and device["reason"]["code"] == "bad-password"

        def asked_again():
            before = self.device("ap-a")["checked_ms"]
            self.until(lambda: self.device("ap-a")["checked_ms"] > before, "asked again")
            self.assertTrue(refused_is_read(), self.device("ap-a"))

        self.start()
        self.until(refused_is_read, "refused")
        first = self.prober()
        os.kill(first, signal.SIGKILL)
        self.until(lambda: self.prober() not in (None, first), "a new prober")
        asked_again()
        for how in (signal.SIGTERM, signal.SIGKILL):
            self.end(how)
            self.start()
            self.until(refused_is_read, f"refused after {how.name}")
            asked_again()
        told = {s["reason"]["code"] for s in self.answer("history", "ap-a")["spans"] if s["reason"]}
        self.assertNotIn("login-blocked", told)
        self.assertEqual(len(guarded.tried), 1)

    def test_a_bad_configuration_changes_nothing_and_says_where(self):
        self.start()
        self.until_state("ap-a", "up")
        since = self.device("ap-a")["since_ms"]
        self.configure(access_point("ap-a", self.good.port) + "\nintervall = 3\n")
        refused = self.ask("reload")
        self.assertEqual(refused.returncode, 1)
        self.assertRegex(refused.stderr, r"gateway\.toml:\d+:\d+: .*intervall")
        self.assertIsNotNone(self.device("ap-b"))
        self.configure(access_point("ap-a", self.good.port))
        self.assertEqual(self.ask("reload").returncode, 0)
        self.assertIsNone(self.device("ap-b"))
        self.assertEqual(self.device("ap-a")["since_ms"], since)  # unchanged devices keep their state

    def refused(self):
        return [alarm for alarm in self.answer("status")["alarms"] if "TỆP CẤU HÌNH CÓ LỖI" in alarm]

    def test_a_damaged_file_does_not_stop_the_watch_and_is_an_alarm_until_it_is_mended(self):
        self.start()
        self.until_state("ap-a", "up")
        self.end()
        good = (self.directory / "gateway.toml").read_bytes()
        records = self.configurations()
        self.assertEqual(len(records), 1)
        (self.directory / "gateway.toml").write_bytes(good[:-40])
        self.start()
        self.until_state("ap-a", "up")
        self.until_state("ap-b", "up")
        alarm, = self.refused()
        self.assertRegex(alarm, r"dùng từ \d{4}-\d\d-\d\d .* / .*gateway\.toml:\d+:\d+: ")
        self.assertRegex(self.log(), r"gateway\.toml:\d+:\d+: ")
        self.assertEqual(self.answer("status")["configuration"], alarm)
        shown = self.ask("status")
        self.assertEqual(shown.returncode, 1)
        self.assertIn(alarm, shown.stdout)
        checked = self.ask("check")
        self.assertEqual(checked.returncode, 1)
        self.assertRegex(checked.stderr, r"gateway\.toml:\d+:\d+: ")
        self.assertIn(alarm, checked.stderr)
        self.assertEqual(self.ask("reload").returncode, 1)
        self.assertEqual(self.refused(), [alarm])
        (self.directory / "gateway.toml").write_bytes(good)
        self.assertEqual(self.ask("reload").returncode, 0)
        self.assertEqual(self.refused(), [])
        self.end()
        self.assertEqual(self.configurations(), records, "it was the same configuration all the time")

    def configurations(self):
        with contextlib.closing(sqlite3.connect(self.directory / "state" / "commune-watch.db")) as database:
            return [row[0] for row in database.execute("SELECT body FROM log WHERE kind = 4 ORDER BY seq")]

    def test_a_missing_file_or_another_commune_is_refused_and_the_watch_goes_on(self):
        self.start()
        self.until_state("ap-a", "up")
        self.end()
        file = self.directory / "gateway.toml"
        good = file.read_text(encoding="utf-8")
        file.unlink()
        self.start()
        self.until_state("ap-a", "up")
        self.assertRegex(self.refused()[0], r"gateway\.toml:1:1: file: cannot be opened")
        self.end()
        file.write_text(good.replace("tan-phu-28765", "tan-phu-28766"), encoding="utf-8")
        self.start()
        self.until_state("ap-a", "up")
        self.assertRegex(self.refused()[0], r"gateway\.toml:3:\d+: commune\.id, gateway\.id and gateway\.simulated belong to the log")
        self.assertEqual(self.answer("status")["commune"], "tan-phu-28765")

    def test_a_damaged_file_and_a_damaged_copy_refuse_the_start_with_both_places(self):
        self.start()
        self.end()
        (self.directory / "gateway.toml").write_text("[commune\n", encoding="utf-8")
        (self.directory / "state" / "last-good" / "manifest").write_text("?", encoding="utf-8")
        refused = self.ask("run")
        self.assertEqual(refused.returncode, 1)
        self.assertRegex(refused.stderr, r"gateway\.toml:1:9: ")
        self.assertIn("last-good/manifest: is damaged", refused.stderr)

    def test_hangup_reloads(self):
        self.start()
        self.configure(access_point("ap-c", self.good.port))
        self.daemon.send_signal(signal.SIGHUP)
        self.until(lambda: self.device("ap-c") is not None, "reloaded")
        self.until_state("ap-c", "up")

    def test_a_storm_of_hangups_is_a_reload_or_two_and_the_last_file_holds(self):
        self.start()
        self.until_state("ap-a", "up")
        since = self.device("ap-a")["since_ms"]
        prober = self.prober()
        for i in range(300):
            if i == 200:
                self.configure(access_point("ap-a", self.good.port) + access_point("ap-d", self.other.port))
            self.daemon.send_signal(signal.SIGHUP)
        self.until(lambda: self.device("ap-d") is not None, "reloaded")
        self.until_state("ap-d", "up")
        self.assertEqual(self.device("ap-a")["since_ms"], since)
        self.assertLess(self.log().count("configuration loaded"), 10)
        self.until(lambda: self.prober() not in (None, prober), "a prober with the new table")
        before = self.prober()
        self.ask("reload")
        self.assertEqual(self.prober(), before)  # the same table: the same prober

    def test_the_manager_hears_ready_status_watchdog_and_stopping(self):
        self.start()
        heard = self.manager.wait_for("WATCHDOG=1")
        self.assertTrue(any(line.startswith("STATUS=") for line in heard))
        self.daemon.send_signal(signal.SIGTERM)
        self.manager.wait_for("STOPPING=1")
        self.assertEqual(self.daemon.wait(PATIENCE), 0)
        self.daemon = None
        self.assertFalse((self.directory / "api.sock").exists())

    def test_a_second_daemon_on_the_same_state_is_refused_by_name(self):
        self.start()
        second = subprocess.run([PROGRAM, *self.options()[:-1], str(self.directory / "other.sock"), "run"],
                                capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual(second.returncode, 1)
        self.assertIn(str(self.daemon.pid), second.stderr)
        self.assertEqual(self.ask("status").returncode in (0, 1), True)
        self.assertTrue(self.answer("status")["devices"])

    def test_a_simulated_log_is_never_continued_with_real_devices(self):
        self.start()
        self.end()
        text = (self.directory / "gateway.toml").read_text(encoding="utf-8")
        (self.directory / "gateway.toml").write_text(text.replace("simulated = true", "simulated = false"), encoding="utf-8")
        self.start()
        self.assertIn("gateway.simulated belong to the log", self.refused()[0])
        self.assertTrue(self.answer("status")["simulated"])
        self.end()
        shutil.rmtree(self.directory / "state" / "last-good")
        refused = self.ask("run")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("simulated", refused.stderr)

    def test_probe_works_through_the_daemon_and_without_it(self):
        without = self.answer("probe", "ap-a")
        self.assertFalse(without["recorded"])
        self.assertEqual(without["checks"][0]["outcome"], "ok")
        self.start()
        through = self.answer("probe", "ap-a")
        self.assertTrue(through["recorded"])
        self.assertEqual(through["checks"][1]["outcome"], "ok")
        self.assertEqual(self.ask("probe", "no-such").returncode, 1)
        self.assertEqual(self.ask("probe").returncode, 2)

    def test_status_answers_for_a_moment(self):
        self.start()
        self.until_state("ap-a", "up")
        self.until_state("ap-b", "up")
        since = self.device("ap-b")["since_ms"]
        then = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(since // 1000 + 1))  # a whole second later
        self.until(lambda: self.answer("status")["now_ms"] > since + 2000, "two seconds up")
        self.other.off()
        self.until_state("ap-b", "down")
        past = self.answer("status", "--at", then)
        self.assertEqual(next(d for d in past["devices"] if d["id"] == "ap-b")["state"], "up")
        self.assertEqual(self.ask("status", "--at", "nonsense").returncode, 1)
        self.other.on()

    def test_without_a_daemon_the_command_line_says_so(self):
        told = self.ask("status")
        self.assertEqual(told.returncode, 1)
        self.assertIn("api.sock", told.stderr)

    def test_init_writes_a_configuration_that_check_accepts(self):
        target = str(self.directory / "fresh.toml")
        made = subprocess.run([PROGRAM, "--config", target, "init", "--name", "Xã Tân Phú", "--code", "28765", "--province",
                               "Bến Tre", "--hamlet", "Ấp 1", "--hamlet", "Ấp 2"],
                              capture_output=True, text=True, timeout=PATIENCE, check=False, stdin=subprocess.DEVNULL)
        self.assertEqual(made.returncode, 0, made.stderr)
        checked = subprocess.run([PROGRAM, "--config", target, "check"], capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual(checked.returncode, 0, checked.stderr)
        self.assertIn("Xã Tân Phú", checked.stdout)
        again = subprocess.run([PROGRAM, "--config", target, "init", "--name", "X", "--code", "1", "--province", "Y", "--hamlet", "Z"],
                               capture_output=True, text=True, timeout=PATIENCE, check=False, stdin=subprocess.DEVNULL)
        self.assertEqual(again.returncode, 1)  # never overwritten unasked


if __name__ == "__main__":
    unittest.main(verbosity=2)
