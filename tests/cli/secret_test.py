#!/usr/bin/env python3
"""`commune-watch secret` puts passwords where the configuration looks for them, shows them to nobody, and tells which can be read."""
import json
import os
import pathlib
import pty
import select
import stat
import subprocess
import tempfile
import time
import unittest

PROGRAM = os.environ["COMMUNE_WATCH"]
SECRET = "hunter2 ấp"
HEAD = '[commune]\nid = "tan-phu-28765"\ncode = "28765"\nname = "Xã Tân Phú"\nprovince = "Vĩnh Long"\n'
LOGINS = '[login.nvr]\nusername = "monitor"\npassword_file = "secrets/nvr.password"\n'
PATIENCE = 60


class Secret(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.configure(LOGINS)
        self.file = self.folder / "secrets" / "nvr.password"
        self.environment = {**os.environ, "PATH": f"{self.folder}/bin:{os.environ['PATH']}"}
        self.environment.pop("CREDENTIALS_DIRECTORY", None)

    def configure(self, text):
        (self.folder / "gateway.toml").write_text(HEAD + text, encoding="utf-8")

    def run_it(self, *arguments, typed=None):
        result = subprocess.run([PROGRAM, "--config", self.folder / "gateway.toml", *arguments], input=typed, capture_output=True,
                                timeout=PATIENCE, env=self.environment, check=False)
        said = result.stdout.decode() + result.stderr.decode()
        self.assertNotIn("hunter2", said)
        return result.returncode, said

    def listed(self, *arguments):
        code, said = self.run_it("--json", "secret", "list", *arguments)
        return code, {row["login"]: row for row in json.loads(said)["secrets"]}

    def fake_systemd_creds(self, script):
        program = self.folder / "bin" / "systemd-creds"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(0o755)

    def test_a_password_from_standard_input_is_what_the_configuration_then_reads(self):
        self.assertIn("password_file", self.run_it("check")[1])
        code, said = self.run_it("secret", "set", "nvr", typed=(SECRET + "\n").encode())
        self.assertEqual((code, "reload" in said), (0, True), said)
        self.assertEqual(self.file.read_text(encoding="utf-8"), SECRET + "\n")
        self.assertEqual(stat.S_IMODE(self.file.stat().st_mode), 0o600)
        self.assertEqual(sorted(self.file.parent.iterdir()), [self.file])
        self.assertEqual(stat.S_IMODE(self.file.parent.stat().st_mode) & 0o007, 0)
        self.assertNotIn("password_file", self.run_it("check")[1])

    def test_it_mends_a_secret_that_check_refuses(self):
        self.file.parent.mkdir()
        self.file.touch(0o644)
        self.assertEqual(self.run_it("check")[0], 1)
        self.assertEqual(self.run_it("secret", "set", "nvr", typed=SECRET.encode())[0], 0)
        self.assertEqual(self.run_it("check")[0], 0)

    def test_it_works_while_the_rest_of_the_configuration_has_mistakes(self):
        self.configure(LOGINS + "[[camera]]\nid = 7\n")
        self.assertEqual(self.run_it("secret", "set", "nvr", typed=SECRET.encode())[0], 0)
        self.assertTrue(self.listed("--owner", "root")[1]["nvr"]["readable"])

    def test_a_login_that_is_not_there_yet_is_printed_to_paste(self):
        code, said = self.run_it("secret", "set", "loa-1", typed=SECRET.encode())
        self.assertEqual(code, 0, said)
        self.assertIn('[login.loa-1]\nusername = "…"\npassword_file = "secrets/loa-1.password"\n', said)
        self.configure('[login.loa-1]\nusername = "x"\npassword_file = "secrets/loa-1.password"\n')
        self.assertEqual(self.run_it("check")[0], 0)

    def test_what_cannot_be_a_password_writes_nothing(self):
        for typed in (b"", b"\n", b"a\nb\n", b"a\0b", b"a" * 4096):
            code, said = self.run_it("secret", "set", "nvr", typed=typed)
            self.assertEqual(code, 1, typed)
            self.assertIn("mật khẩu" if typed else "trống", said)
            self.assertFalse(self.file.exists())
        self.assertEqual(self.run_it("secret", "set", "nvr", typed=b"a" * 4095)[0], 0)
        self.assertTrue(self.listed("--owner", "root")[1]["nvr"]["readable"])

    def test_a_name_that_is_no_login_is_a_mistake_of_use(self):
        for name in ("../nvr", "NVR", "a/b"):
            self.assertEqual(self.run_it("secret", "set", name, typed=SECRET.encode())[0], 2)
        self.assertEqual(self.run_it("secret", "set", "nvr", "of-the-command-line", typed=SECRET.encode())[0], 2)

    def test_nothing_but_a_regular_file_is_replaced(self):
        self.file.parent.mkdir()
        self.file.symlink_to("/dev/full")
        self.assertIn("is not a regular file", self.run_it("secret", "set", "nvr", typed=SECRET.encode())[1])
        self.assertTrue(self.file.is_symlink())

    def test_at_a_terminal_it_asks_twice_and_shows_nothing(self):
        for second, expected in ((SECRET, 0), ("another", 1)):
            code, shown = self.at_a_terminal([SECRET, second])
            self.assertEqual(code, expected, shown)
            self.assertNotIn("hunter2", shown)
            self.assertIn("Gõ lại", shown)
        self.assertEqual(self.file.read_text(encoding="utf-8"), SECRET + "\n")

    def test_a_terminal_that_is_left_has_its_echo_back(self):
        code, _, echoes = self.at_a_terminal(["\x03"], echo=True)
        self.assertEqual((code, echoes), (-2, True))
        self.assertFalse(self.file.exists())

    def at_a_terminal(self, lines, echo=False):
        import termios
        ours, theirs = pty.openpty()
        with subprocess.Popen([PROGRAM, "--config", self.folder / "gateway.toml", "secret", "set", "nvr"], stdin=theirs, stdout=theirs,
                              stderr=theirs, env=self.environment, start_new_session=True,
                              preexec_fn=lambda: __import__("fcntl").ioctl(0, termios.TIOCSCTTY, 0)) as program:
            shown = b""
            deadline = time.monotonic() + PATIENCE
            for number, line in enumerate(lines, 1):
                while shown.count(b": ") < number:
                    self.assertTrue(select.select([ours], [], [], max(0, deadline - time.monotonic()))[0], shown)
                    shown += os.read(ours, 4096)
                os.write(ours, line.encode() + (b"" if line == "\x03" else b"\n"))
            try:
                code = program.wait(PATIENCE)
            finally:
                program.kill()
        echoes = bool(termios.tcgetattr(theirs)[3] & termios.ECHO)
        os.close(theirs)
        while select.select([ours], [], [], 0)[0]:
            try:
                shown += os.read(ours, 4096)
            except OSError:
                break
        os.close(ours)
        return (code, shown.decode(), echoes) if echo else (code, shown.decode())

    def test_the_list_tells_where_each_is_and_what_is_wrong_with_it(self):
        self.configure(LOGINS + '[login.a]\nusername = "u"\npassword = "hunter2"\n[login.b]\nusername = "u"\n'
                       '[login.c]\nusername = "u"\npassword_file = "loose"\n[login.d]\nusername = "u"\npassword_file = "cred"\n')
        (self.folder / "loose").write_text(SECRET, encoding="utf-8")
        (self.folder / "loose").chmod(0o640)
        (self.folder / "credentials").mkdir()
        (self.folder / "credentials" / "cred").write_text(SECRET, encoding="utf-8")
        self.environment["CREDENTIALS_DIRECTORY"] = str(self.folder / "credentials")
        code, rows = self.listed()
        self.assertEqual(code, 1)
        self.assertEqual({login: (row["from"], row["readable"]) for login, row in rows.items()},
                         {"nvr": ("file", False), "a": ("configuration", True), "b": ("nothing", False), "c": ("file", False),
                          "d": ("credential", False)})
        self.assertEqual(rows["c"]["mode"], "0640")
        self.assertIn("0640", rows["c"]["why"])
        self.assertIn("0644", rows["d"]["why"])
        (self.folder / "credentials" / "cred").chmod(0o440)
        self.assertTrue(self.listed()[1]["d"]["readable"])
        said = self.run_it("secret", "list")[1]
        self.assertIn("trong cấu hình", said)
        self.assertIn("Readable", self.run_it("--lang", "en", "secret", "list")[1])

    def test_a_file_of_somebody_else_is_not_read_by_the_service(self):
        if os.geteuid() == 0:
            self.assertEqual(self.run_it("secret", "set", "nvr", "--owner", "nobody", typed=SECRET.encode())[0], 0)
            self.assertEqual(self.listed("--owner", "nobody")[0], 0)
            self.assertEqual(self.listed("--owner", "nobody")[1]["nvr"]["owner"], "nobody")
            os.chown(self.file, 0, 0)
        else:
            code, said = self.run_it("secret", "set", "nvr", "--owner", "nobody", typed=SECRET.encode())
            self.assertEqual((code, "sudo" in said), (0, True))
        code, rows = self.listed("--owner", "nobody")
        self.assertEqual((code, rows["nvr"]["readable"]), (1, False))
        self.assertIn("chown nobody", rows["nvr"]["why"])

    def test_a_credential_is_encrypted_by_systemd_and_its_drop_in_is_printed(self):
        self.configure('[login.nvr]\nusername = "monitor"\npassword_file = "nvr.password"\n')
        self.fake_systemd_creds('[ "$*" = "encrypt --name=nvr.password - -" ] && tr a-z n-za-m | base64')
        code, said = self.run_it("secret", "set", "nvr", "--credential", typed=(SECRET + "\n").encode())
        self.assertEqual(code, 0, said)
        sealed = self.folder / "secrets" / "nvr.password.cred"
        self.assertIn(f"[Service]\nLoadCredentialEncrypted=nvr.password:{sealed}\n", said)
        self.assertNotIn(b"hunter2", sealed.read_bytes())
        self.assertEqual(stat.S_IMODE(sealed.stat().st_mode), 0o600)
        opened = subprocess.run("base64 -d | tr n-za-m a-z", shell=True, input=sealed.read_bytes(), capture_output=True, check=True).stdout
        self.assertEqual(opened.decode(), SECRET)

    def test_a_credential_that_cannot_be_made_leaves_nothing_behind(self):
        self.configure('[login.nvr]\nusername = "monitor"\npassword_file = "nvr.password"\n')
        self.fake_systemd_creds("cat >/dev/null; echo half; exit 1")
        self.assertEqual(self.run_it("secret", "set", "nvr", "--credential", typed=SECRET.encode())[0], 1)
        self.environment["PATH"] = str(self.folder)
        self.assertIn("cannot be run", self.run_it("secret", "set", "nvr", "--credential", typed=SECRET.encode())[1])
        self.assertFalse((self.folder / "secrets").exists())
        self.configure(LOGINS)
        self.assertIn('password_file = "nvr.password"', self.run_it("secret", "set", "nvr", "--credential", typed=SECRET.encode())[1])


if __name__ == "__main__":
    unittest.main()
