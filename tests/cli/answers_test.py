#!/usr/bin/env python3
"""What the command line answers in a simulated commune, with a daemon and without: the mark, the language, clear refusals."""
import json
import os
import pathlib
import select
import shutil
import subprocess
import tempfile
import time
import unittest

PROGRAM = os.environ["COMMUNE_WATCH"]
PATIENCE = 60  # seconds until the daemon has to be ready; generous, because sanitizers and busy machines are slow
NOTE = "DỮ LIỆU MÔ PHỎNG – KHÔNG CÓ GIÁ TRỊ"

# Port 1 refuses connections; the cluster is seen by its monitoring point alone.
CONFIGURATION = """
[commune]
id = "tan-phu-28765"
code = "28765"
name = "Xã Tân Phú"
province = "Bến Tre"
language = "en"
[gateway]
simulated = true
clock = "host"
[[place]]
id = "nvh"
name = "House"
kind = "culture-house"
[[switch]]
id = "sw-1"
name = "Switch"
driver = "tcp"
host = "127.0.0.1"
port = 1
[login.studio]
username = "admin"
auth = "basic"
password_file = "%s/studio.password"
[[monitoring_point]]
id = "studio"
name = "Studio"
place = "nvh"
driver = "icecast"
url = "http://127.0.0.1:1"
role = "commune"
login = "studio"
[[speaker_cluster]]
id = "cluster-1"
name = "Cluster"
place = "nvh"
driver = "none"
monitor = [{ point = "studio", listener = "cluster-1" }]
"""


class Answers(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="commune-watch-test."))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        (self.folder / "gateway.toml").write_text(CONFIGURATION % self.folder, encoding="utf-8")
        password = self.folder / "studio.password"
        password.touch(0o600)
        password.write_text("not-asked-for", encoding="utf-8")

    def command(self, *words):
        return [PROGRAM, "--config", f"{self.folder}/gateway.toml", "--state", f"{self.folder}/state", "--socket", f"{self.folder}/api.sock", *words]

    def ask(self, *words):
        return subprocess.run(self.command(*words), capture_output=True, text=True, timeout=PATIENCE, check=False, stdin=subprocess.DEVNULL)

    def start(self):
        daemon = subprocess.Popen(self.command("run"), stderr=subprocess.PIPE)

        def end():
            daemon.terminate()
            daemon.communicate(timeout=PATIENCE)

        self.addCleanup(end)
        deadline = time.monotonic() + PATIENCE
        said = b""
        while b"ready:" not in said:
            self.assertTrue(select.select([daemon.stderr], [], [], max(0, deadline - time.monotonic()))[0], said)
            piece = os.read(daemon.stderr.fileno(), 65536)
            self.assertTrue(piece, said)
            said += piece

    def assert_marked(self, *words):
        shown = self.ask(*words)
        self.assertTrue(shown.stdout.startswith(NOTE + "\n"), (words, shown))
        answer = json.loads(self.ask("--json", *words).stdout)
        self.assertEqual((answer["simulated"], answer["note"]), (True, NOTE), words)

    def test_whatever_a_simulation_made_says_so(self):
        self.assert_marked("probe", "sw-1")
        self.start()
        for words in (["status"], ["outages"], ["history", "sw-1"], ["availability"], ["probe", "sw-1"], ["login", "list"], ["reload"]):
            self.assert_marked(*words)

    def test_probe_speaks_the_communes_language_with_a_daemon_and_without(self):
        for _ in range(2):
            told = self.ask("probe", "sw-1").stdout
            self.assertIn("refused", told)
            self.assertNotIn("từ chối", told)
            self.assertIn("từ chối", self.ask("--lang", "vi", "probe", "sw-1").stdout)
            if not (self.folder / "api.sock").exists():
                self.start()

    def test_probe_of_a_device_without_a_driver_says_whom_to_ask(self):
        for daemon in (False, True):
            if daemon:
                self.start()
            told = self.ask("probe", "cluster-1")
            self.assertEqual((told.returncode, told.stdout), (1, ""))
            self.assertIn("probe 'studio'", told.stderr)
            self.assertNotIn("cluster-1", self.ask("probe", "--all").stdout)

    def test_an_unknown_device_is_refused_by_every_question(self):
        self.start()
        for words in (["outages", "khong-co"], ["history", "khong-co"], ["availability", "khong-co"], ["probe", "khong-co"]):
            told = self.ask(*words)
            self.assertEqual((told.returncode, told.stdout), (1, ""), words)
            self.assertIn("no device 'khong-co'", told.stderr)

    def test_an_endless_period_is_refused_in_words(self):
        self.start()
        told = self.ask("outages", "--period", "999999d")
        self.assertEqual(told.returncode, 1)
        self.assertIn("1970", told.stderr)

    def test_watching_as_json_prints_an_answer_a_line(self):
        self.start()
        with subprocess.Popen(self.command("--json", "status", "--watch"), stdout=subprocess.PIPE, text=True) as watching:
            try:
                for _ in range(2):
                    self.assertEqual(json.loads(watching.stdout.readline())["commune"], "tan-phu-28765")
            finally:
                watching.kill()

    def test_a_file_where_the_socket_should_be_is_kept(self):
        precious = self.folder / "api.sock"
        precious.write_text("somebody's work", encoding="utf-8")
        refused = self.ask("run")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("no socket", refused.stderr)
        self.assertEqual(precious.read_text(encoding="utf-8"), "somebody's work")

    def test_a_word_that_is_no_command_is_named_with_those_that_are(self):
        for words, wrong, right in ((["statsu"], "statsu", "history"), (["login", "lst"], "lst", "retry"), ([], "missing", "history")):
            told = subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=PATIENCE, check=False)
            self.assertEqual(told.returncode, 2)
            self.assertIn(wrong, told.stderr)
            self.assertIn(right, told.stderr)
            self.assertNotIn("prober", told.stderr)
        self.assertIn("device", subprocess.run([PROGRAM, "history"], capture_output=True, text=True, timeout=PATIENCE, check=False).stderr)


if __name__ == "__main__":
    unittest.main()
