#!/usr/bin/env python3
"""`commune-watch check` says of each file of tests/settings/bad what is wrong with it, at its line and key, with the shipped drivers."""
import os
import pathlib
import subprocess
import unittest

PROGRAM = os.environ["COMMUNE_WATCH"]
SOURCES = pathlib.Path(os.environ["CW_SOURCE_DIR"])
MARK = "# expect: "
# Only the service sees its credentials, so that an absent secret is a warning where a person checks.
WARNED = "login-secret-file-absent.toml"


def expectations(file):
    lines = (SOURCES / file).read_bytes().decode(errors="replace").splitlines()
    return [f"{file}:{line.removeprefix(MARK)}" for line in lines if line.startswith(MARK)]


class Check(unittest.TestCase):
    def test_each_bad_file_is_refused_at_its_line_and_key(self):
        files = sorted((SOURCES / "tests/settings/bad").glob("*.toml"))
        self.assertGreaterEqual(len(files), 40)
        for path in files:
            file = str(path.relative_to(SOURCES))
            with self.subTest(file):
                told = subprocess.run([PROGRAM, "--config", file, "check"], cwd=SOURCES, capture_output=True, timeout=60)
                warned = path.name == WARNED
                self.assertEqual(told.returncode, 0 if warned else 1)
                lines = told.stderr.decode().splitlines()
                for expected in expectations(file):
                    start = ("cảnh báo: " if warned else "") + expected
                    self.assertTrue(any(line.startswith(start) for line in lines), f"{expected}\nis not in\n{told.stderr.decode()}")

    def test_the_shipped_example_is_understood(self):
        told = subprocess.run([PROGRAM, "--config", "config/gateway.toml", "check"], cwd=SOURCES, capture_output=True, timeout=60)
        self.assertEqual(told.returncode, 0, told.stderr.decode())
        self.assertIn("Thiết bị:", told.stdout.decode())


if __name__ == "__main__":
    unittest.main()
