#!/usr/bin/env python3
"""A bundle of evidence as it comes off the real daemon: a good one bears its name, one that does not hold says so in its own."""
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
clock = "host"
simulated = SIMULATED
[[hamlet]]
id = "ap-1"
name = "Ấp 1"
[[place]]
id = "nvh"
name = "Nhà văn hóa"
kind = "culture-house"
hamlet = "ap-1"
[[switch]]
id = "sw-1"
name = "Switch"
place = "nvh"
driver = "tcp"
host = "127.0.0.1"
port = 1
"""
PERIOD = time.strftime("%Y", time.gmtime(time.time() + 7 * 3600))  # of UTC+7


class Export(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="commune-watch-test."))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.daemon = None
        self.addCleanup(self.end)

    def start(self, simulated=False):
        (self.folder / "gateway.toml").write_text(CONFIGURATION.replace("SIMULATED", str(simulated).lower()), encoding="utf-8")
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

    def replace_key(self, simulated=False):
        """As somebody does who has lost it, or means to sign another history."""
        self.end()
        (self.folder / "state" / "evidence.key").unlink()
        self.start(simulated)

    def command(self, *words):
        return [PROGRAM, "--config", f"{self.folder}/gateway.toml", "--state", f"{self.folder}/state", "--socket", f"{self.folder}/api.sock", *words]

    def ask(self, *words):
        return subprocess.run(self.command(*words), capture_output=True, text=True, timeout=PATIENCE, check=False, stdin=subprocess.DEVNULL, cwd=self.folder)

    def bundles(self):
        return sorted(path.name for path in self.folder.iterdir() if path.name.startswith("bang-chung-"))

    def test_a_good_bundle_has_its_name_and_holds(self):
        self.start()
        done = self.ask("export", "--period", PERIOD)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        [name] = self.bundles()
        self.assertEqual(name, f"bang-chung-tan-phu-28765-gw1-{PERIOD}")
        self.assertEqual(self.ask("verify", name).returncode, 0)
        again = self.ask("export", "--period", PERIOD)
        self.assertEqual(again.returncode, 1)
        self.assertIn("--to", again.stderr)

    def test_what_lies_beside_a_bundle_stays(self):
        self.start()
        beside = self.folder / "goi.tmp"
        beside.mkdir()
        (beside / "bien-ban.txt").write_text("x", encoding="utf-8")
        done = self.ask("export", "--period", PERIOD, "--to", self.folder / "goi/")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sorted(path.name for path in self.folder.iterdir() if path.name.startswith("goi")), ["goi", "goi.tmp"])
        self.assertEqual([path.name for path in beside.iterdir()], ["bien-ban.txt"])

    def test_a_period_that_cannot_be_is_refused_in_vietnamese(self):
        self.start()
        for period, word in (("2099", "chưa bắt đầu"), ("7d", "theo lịch"), ("2026-13", "không phải một kỳ"), ("2020-01-01..2030-01-01", "mười năm")):
            done = self.ask("export", "--period", period)
            self.assertEqual((done.returncode, self.bundles()), (1, []))
            self.assertIn(word, done.stderr)

    def test_a_bundle_that_does_not_hold_is_kept_under_a_name_that_says_so(self):
        self.start()
        self.replace_key()
        done = self.ask("export", "--period", PERIOD)
        name = f"bang-chung-tan-phu-28765-gw1-{PERIOD}-KHONG-HOP-LE"
        self.assertEqual((done.returncode, self.bundles()), (1, [name]), done.stdout)
        self.assertIn("bad-rotation", done.stdout)
        self.assertIn("GÓI KHÔNG HỢP LỆ", done.stderr)
        self.assertIn(name, done.stderr)
        self.assertNotIn("Đã ghi", done.stdout)
        self.assertIn("bad-rotation", self.ask("verify", name).stdout)
        asked = self.ask("--json", "export", "--period", PERIOD, "--to", self.folder / "bang-chung-x")
        told = json.loads(asked.stdout)
        self.assertEqual((asked.returncode, told["valid"], told["bundle"]), (1, False, f"{self.folder}/bang-chung-x-KHONG-HOP-LE"))
        self.assertIn("bad-rotation", [finding["code"] for finding in told["findings"]])
        self.assertEqual(self.ask("export", "--period", PERIOD).returncode, 1)
        self.assertEqual(self.bundles()[:2], [name, name + "-2"], "what is there stays")

    def test_a_simulation_is_told_as_one_and_is_no_trouble(self):
        self.start(simulated=True)
        done = self.ask("export", "--period", PERIOD)
        self.assertEqual(done.returncode, 0)
        self.assertIn("MÔ PHỎNG", done.stdout)
        self.assertEqual(self.bundles(), [f"bang-chung-tan-phu-28765-gw1-{PERIOD}"])
        self.replace_key(simulated=True)
        shutil.rmtree(self.folder / self.bundles()[0])
        self.assertEqual(self.ask("export", "--period", PERIOD).returncode, 1, "but one that would not hold either")


if __name__ == "__main__":
    unittest.main()
