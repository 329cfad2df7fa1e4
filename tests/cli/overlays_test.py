#!/usr/bin/env python3
"""Maintenance, corrections and declarations as people make them at the keyboard, and find them again after a restart."""
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

PROGRAM = os.environ["COMMUNE_WATCH"]
PATIENCE = 60  # seconds until the daemon has to be ready; generous, because sanitizers and busy machines are slow

# Port 1 refuses connections.
CONFIGURATION = """
[commune]
id = "tan-phu-28765"
code = "28765"
name = "Xã Tân Phú"
province = "Bến Tre"
[gateway]
simulated = true
[[hamlet]]
id = "ap-1"
name = "Ấp 1"
[[place]]
id = "nvh"
name = "Nhà văn hóa"
kind = "culture-house"
hamlet = "ap-1"
must_have = ["wifi"]
basis = "QĐ số 1"
[[switch]]
id = "sw-1"
name = "Switch"
place = "nvh"
driver = "tcp"
host = "127.0.0.1"
port = 1
"""


def local(ago_minutes):
    """A moment so many minutes ago, as people of UTC+7 write it."""
    return time.strftime("%Y-%m-%d %H:%M", time.gmtime(time.time() + 7 * 3600 - ago_minutes * 60))


class Overlays(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="commune-watch-test."))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        (self.folder / "gateway.toml").write_text(CONFIGURATION, encoding="utf-8")
        self.daemon = None
        self.addCleanup(self.end)
        self.start()

    def command(self, *words):
        return [PROGRAM, "--config", f"{self.folder}/gateway.toml", "--state", f"{self.folder}/state", "--socket", f"{self.folder}/api.sock", *words]

    def start(self):
        self.daemon = subprocess.Popen(self.command("run"), stderr=subprocess.PIPE)
        deadline = time.monotonic() + PATIENCE
        said = b""
        while b"ready:" not in said:
            self.assertTrue(select.select([self.daemon.stderr], [], [], max(0, deadline - time.monotonic()))[0], said)
            piece = os.read(self.daemon.stderr.fileno(), 65536)
            self.assertTrue(piece, said)
            said += piece

    def end(self, how=signal.SIGTERM):
        if self.daemon is not None:
            self.daemon.send_signal(how)
            self.daemon.communicate(timeout=PATIENCE)
            self.daemon = None

    def ask(self, *words, code=0):
        done = subprocess.run(self.command(*words), capture_output=True, text=True, timeout=PATIENCE, check=False, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, code, (words, done.stdout, done.stderr))
        return done.stderr if code else done.stdout

    def answer(self, *words):
        return json.loads(self.ask("--json", *words))

    def test_maintenance_is_declared_listed_ended_and_survives_a_kill(self):
        told = self.ask("maintenance", "add", "hamlet/ap-1", "--from", local(-60), "--to", local(-120), "--reason", "thay nguồn", "--author", "An")
        self.assertIn("place/nvh", told)
        self.assertIn("sắp tới", told)
        self.assertNotIn("khai báo muộn", told)
        late = self.ask("maintenance", "add", "sw-1", "--from", local(120), "--to", local(60), "--notice", "số 12/TB")
        self.assertIn("khai báo muộn: chỉ ghi nhận, không trừ vào thời gian", late)
        self.assertIn("thông báo số 12/TB", late)
        self.end(signal.SIGKILL)
        self.start()
        windows = self.answer("maintenance", "list")["windows"]
        self.assertEqual([(w["scope"], w["late"], w["state"]) for w in windows], [("sw-1", True, "over"), ("place/nvh", False, "planned")])
        self.assertEqual(windows[1]["author"], "An")
        self.assertTrue(windows[0]["author"])
        self.ask("maintenance", "end", str(windows[1]["id"]))
        self.assertEqual(self.answer("maintenance", "list")["windows"][1]["state"], "cancelled")
        self.assertIn("over", self.ask("maintenance", "end", str(windows[1]["id"]), code=1))
        self.assertEqual(self.answer("maintenance", "list", "--period", "1999")["windows"], [])

    def test_recurring_windows_are_single_ones(self):
        windows = self.answer("maintenance", "add", "all", "--from", local(-60), "--to", local(-120), "--reason", "x", "--every", "week", "--count", "3")["windows"]
        self.assertEqual(len(windows), 3)
        self.assertEqual(windows[1]["from_ms"] - windows[0]["from_ms"], 7 * 86_400_000)

    def test_mistakes_are_told_apart_from_refusals(self):
        self.ask("maintenance", "add", "sw-1", code=2)
        self.ask("correct", "sw-1", code=2)
        self.ask("correct", "sw-1", "--from", local(9), "--to", local(8), "--as", "good", "--reason", "x", code=2)
        self.ask("declare", "add", "--what", "x", code=2)
        self.assertIn("after the beginning", self.ask("maintenance", "add", "sw-1", "--from", local(8), "--to", local(9), "--reason", "x", code=1))
        self.assertIn("'sw-9'", self.ask("correct", "sw-9", "--from", local(9), "--to", local(8), "--as", "up", "--reason", "x", code=1))
        self.assertIn("only the past", self.ask("correct", "sw-1", "--from", local(9), "--to", local(-9), "--as", "up", "--reason", "x", code=1))

    def test_a_corrected_figure_stands_beside_the_one_that_decides(self):
        self.assertNotIn("corrected", self.answer("availability", "sw-1", "--period", "24h")["devices"][0])
        self.ask("correct", "sw-1", "--from", local(1440 * 2), "--to", local(0), "--as", "up", "--reason", "xem đầu ghi", "--author", "An")
        self.assertIn("xem đầu ghi", self.ask("correct", "list"))
        figure = self.answer("availability", "sw-1", "--period", "month")["devices"][0]
        self.assertIn("corrected", figure)
        self.assertEqual(figure["totals"]["D_ms"] + figure["totals"]["N_ms"] + figure["totals"]["U_ms"], figure["totals"]["T_ms"])
        self.assertGreaterEqual(figure["corrected"]["totals"]["U_ms"], figure["totals"]["U_ms"])
        self.assertIn("Kết nối (đính chính)", self.ask("availability", "sw-1"))

    def test_a_declaration_is_made_listed_and_withdrawn(self):
        self.ask("declare", "add", "--what", "Loa có dây", "--place", "nvh", "--must", "speaker", "--since", "2024-05", "--document", "BB 1", "--author", "An")
        self.assertIn("Loa có dây", self.ask("declare", "list"))
        self.ask("declare", "end", "kk-1", "--author", "Bình")
        self.end()
        self.start()
        [one] = self.answer("declare", "list")["declarations"]
        self.assertEqual((one["id"], one["by"], one["ended_by"]), ("kk-1", "An", "Bình"))


if __name__ == "__main__":
    unittest.main()
