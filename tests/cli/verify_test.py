#!/usr/bin/env python3
"""What people see of `commune-watch verify`, and of scripts/verify_evidence.py beside it: no name of a file and no word of a record moves the
reader's cursor, what was typed or pasted is taken as it was meant, and what is no key is no verdict."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tests"))
from support import evidence_maker as maker  # noqa: E402

VERIFIERS = {"cpp": [os.environ["COMMUNE_WATCH"], "verify"], "python": [sys.executable, str(ROOT / "scripts" / "verify_evidence.py")]}
STEERING = "\x1b[2J\x1b[HHỢP LỆ\nHỢP LỆ\u009b2J\u202e"  # clears the screen, writes a verdict, turns the direction


class Verify(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.commune = maker.Commune("verify", days=4)
        cls.honest = cls.commune.bundle(first=0)

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="commune-watch-test."))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def bundle(self, bundle=None):
        return (bundle or self.honest).write(self.folder / "bundle")

    def ask(self, verifier, *words):
        return subprocess.run([*VERIFIERS[verifier], str(self.folder / "bundle"), *map(str, words)], capture_output=True, timeout=120, check=False)

    def assert_steers_nothing(self, said):
        text = said.decode()
        self.assertFalse(set(text) & set("\x1b\r\u009b\u202e"), text)
        self.assertEqual(sum(line.startswith("HỢP LỆ") for line in text.splitlines()), 1, text)

    def test_words_of_records_steer_nothing(self):
        records = list(self.honest.records)
        at = len(records) - 1
        body = {"device": "tb-0", "from": 1, "to": 2, "class": "up", "author": "A", "reason": STEERING,
                "declared": maker.Oracle(records).moment(*records[at][1:3])}
        records.insert(at, ("correction", *records[at][1:3], body))
        self.bundle(maker.Bundle(records, [(len(records), [])], self.honest.signers, self.honest.witnesses, self.honest.period, 0, self.honest.origin))
        for verifier in VERIFIERS:
            done = self.ask(verifier)
            self.assertEqual(done.returncode, 0, done.stdout.decode())
            self.assertIn("HỢP LỆ\ufffdHỢP LỆ", done.stdout.decode(), "told on one line")
            self.assert_steers_nothing(done.stdout)

    def test_names_of_files_steer_nothing(self):
        (self.bundle() / STEERING).write_text("x", encoding="utf-8")
        for verifier in VERIFIERS:
            done = self.ask(verifier)
            self.assertIn("extra-file", done.stdout.decode())
            self.assert_steers_nothing(done.stdout)

    def test_a_name_that_is_no_utf_8_is_told_as_any_other(self):
        (pathlib.Path(os.fsdecode(os.fsencode(self.bundle()) + b"/\xff\xfe"))).write_bytes(b"x")
        for verifier in VERIFIERS:
            done = self.ask(verifier, "--json")
            self.assertEqual([finding["code"] for finding in json.loads(done.stdout)["findings"]], ["extra-file"])
            self.assertEqual(done.returncode, 0)

    def test_what_is_no_key_is_a_mistake_of_who_asks_and_no_verdict(self):
        self.bundle()
        label, witness = self.commune.keys[0].vkey, self.commune.witnesses[0].vkey
        for words in (("--key", label[:-5] + "AAAA="), ("--key", "x"), ("--key", witness), ("--witness", label), ("--witness", witness[1:])):
            for verifier in VERIFIERS:
                done = self.ask(verifier, *words)
                self.assertEqual((done.returncode, done.stdout), (2, b""), words)
        for verifier in VERIFIERS:
            self.assertEqual(self.ask(verifier, "--key", f" {label}\n", "--witness", f"{witness} ").returncode, 0)

    def test_a_checkpoint_seen_is_taken_from_any_editor(self):
        note = self.bundle().joinpath("checkpoint").read_bytes()
        for seen in (note, note.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + note, b"\xef\xbb\xbf" + note.split(b"\n\n")[0].replace(b"\n", b"\r\n")):
            (self.folder / "seen").write_bytes(seen)
            for verifier in VERIFIERS:
                done = self.ask(verifier, "--json", "--seen", self.folder / "seen")
                self.assertEqual((done.returncode, json.loads(done.stdout)["newest"]), (0, "seen"), (verifier, seen, done.stdout))


if __name__ == "__main__":
    unittest.main()
