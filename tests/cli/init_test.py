#!/usr/bin/env python3
"""`commune-watch init` writes a configuration that `check` accepts, or nothing at all, whatever it is answered."""
import os
import pathlib
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["COMMUNE_WATCH"]
GOOD = ["--name", "Xã Tân Phú", "--code", "28765", "--province", "Vĩnh Long", "--hamlet", "Ấp 1"]


class Init(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.file = self.folder / "gateway.toml"

    def run_it(self, *arguments, answers=b""):
        return subprocess.run([PROGRAM, "--config", self.file, *arguments], input=answers, capture_output=True, timeout=60)

    def refused(self, code, *arguments, answers=b""):
        """What it says when it refuses; nothing has changed on the disk."""
        before = sorted(self.folder.iterdir())
        result = self.run_it("init", *arguments, answers=answers)
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertEqual(sorted(self.folder.iterdir()), before)
        return result.stderr.decode()

    def accepted(self):
        result = self.run_it("check")
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout.decode()

    def test_answers_at_the_prompt_make_a_configuration_that_check_accepts(self):
        answers = "Xã Tân Phú\n28765\nVĩnh Long\nẤp 1\nẤp 2\n\nmqtts://broker.example:8883\n"
        self.assertEqual(self.run_it("init", answers=answers.encode()).returncode, 0)
        said = self.accepted()
        self.assertIn("Xã Tân Phú (28765), Vĩnh Long", said)
        self.assertIn("2 (Ấp 1, Ấp 2)", said)
        self.assertIn("mqtts://broker.example:8883", said)
        self.assertEqual(list(self.folder.iterdir()), [self.file])
        self.assertEqual(self.file.stat().st_mode & 0o777, 0o640)

    def test_carriage_returns_and_spaces_around_answers_are_no_part_of_them(self):
        answers = " Xã Tân Phú\r\n28765 \r\nVĩnh Long\r\nẤp 1\r\n\r\n\r\n"
        self.assertEqual(self.run_it("init", answers=answers.encode()).returncode, 0)
        self.assertIn("1 (Ấp 1)", self.accepted())
        self.assertNotIn(b"\r", self.file.read_bytes())
        self.assertIn('name = "Xã Tân Phú"\n', self.file.read_text(encoding="utf-8"))

    def test_no_answer_becomes_toml_of_its_own(self):
        self.assertEqual(self.run_it("init", *GOOD[2:], "--name", 'A"\n[gateway]\nid = "x" \\ \x1b').returncode, 0)
        self.accepted()
        self.assertEqual(self.file.read_text(encoding="utf-8").count("\n[gateway]\n"), 1)

    def test_missing_answers_are_a_mistake_of_use(self):
        self.assertIn("are needed", self.refused(2))
        self.assertIn("are needed", self.refused(2, answers=b"  \n 28765\nV\n\n\n"))

    def test_answers_that_check_would_refuse_write_nothing_and_say_which(self):
        self.assertIn(" url: ", self.refused(2, *GOOD, "--mqtt", "http://broker.example"))
        self.assertIn(" name: longer than", self.refused(2, *GOOD[2:], "--name", "a" * 600))
        said = self.refused(2, *GOOD, "--mqtt", "mqtts://u:hunter2@broker.example")
        self.assertIn(" url: contains a user name or password", said)
        self.assertNotIn("hunter2", said)

    def test_a_file_that_is_there_is_kept_without_force_and_before_any_question(self):
        self.file.write_text("kept", encoding="utf-8")
        self.assertIn("exists already", self.refused(1))
        self.assertEqual(self.file.read_text(encoding="utf-8"), "kept")
        self.assertEqual(self.run_it("init", "--force", *GOOD).returncode, 0)
        self.accepted()

    def test_force_replaces_nothing_but_a_regular_file(self):
        for make in (self.file.mkdir, lambda: os.mkfifo(self.file), lambda: self.file.symlink_to("/dev/full")):
            make()
            self.assertIn("is not a regular file", self.refused(1, "--force", *GOOD))
            os.rmdir(self.file) if self.file.is_dir() else self.file.unlink()

    def test_a_folder_that_cannot_be_made_is_told(self):
        (self.folder / "file").touch()
        self.file = self.folder / "file" / "gateway.toml"
        self.assertIn("Not a directory", self.refused(1, *GOOD))

    def test_folders_on_the_way_are_made(self):
        self.file = self.folder / "etc" / "commune-watch" / "gateway.toml"
        self.assertEqual(self.run_it("init", *GOOD).returncode, 0)
        self.accepted()


if __name__ == "__main__":
    unittest.main()
