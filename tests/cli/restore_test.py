#!/usr/bin/env python3
"""`commune-watch restore`: goes on from a sound backup of this gateway, and from what the log has beyond it; from nothing else, and then nothing
has changed on the disk."""
import contextlib
import hashlib
import json
import os
import pathlib
import select
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest

PROGRAM = os.environ["COMMUNE_WATCH"]
PATIENCE = 60  # seconds until the daemon has to be ready; generous, because sanitizers and busy machines are slow
DAMAGED = b"garbage!" * 512

# Port 1 refuses connections.
CONFIGURATION = """
[commune]
id = "tan-phu-28765"
code = "28765"
name = "Xã Tân Phú"
province = "Bến Tre"
[gateway]
id = "{gateway}"
simulated = {simulated}
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


class House:
    """A configuration, a state directory, and the daemon under them."""

    def __init__(self, gateway="gw1", simulated="true"):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="commune-watch-test."))
        (self.folder / "gateway.toml").write_text(CONFIGURATION.format(gateway=gateway, simulated=simulated), encoding="utf-8")
        self.state = self.folder / "state"
        self.daemon = None

    def command(self, *words):
        return [PROGRAM, "--config", f"{self.folder}/gateway.toml", "--state", f"{self.state}", "--socket", f"{self.folder}/api.sock", *words]

    def start(self):
        self.daemon = subprocess.Popen(self.command("run"), stderr=subprocess.PIPE)
        deadline, said = time.monotonic() + PATIENCE, b""
        while b"ready:" not in said:
            if not select.select([self.daemon.stderr], [], [], max(0, deadline - time.monotonic()))[0]:
                raise AssertionError(said)
            piece = os.read(self.daemon.stderr.fileno(), 65536)
            if not piece:
                raise AssertionError(said)
            said += piece

    def end(self, how=signal.SIGTERM):
        if self.daemon is not None:
            self.daemon.send_signal(how)
            self.daemon.communicate(timeout=PATIENCE)
            self.daemon = None

    def ask(self, *words):
        return subprocess.run(self.command(*words), capture_output=True, text=True, timeout=PATIENCE, check=False, stdin=subprocess.DEVNULL)

    def tell(self, reason):
        done = self.ask("maintenance", "add", "sw-1", "--from", "2030-01-01 08:00", "--to", "2030-01-01 09:00", "--reason", reason)
        if done.returncode:
            raise AssertionError(done.stderr)

    def windows(self):
        return sorted(window["reason"] for window in json.loads(self.ask("--json", "maintenance", "list").stdout)["windows"])

    def content(self):
        """Every file below the state directory that says something; not who held the lock last."""
        files = (file for file in self.state.rglob("*") if file.is_file() and file.stat().st_size and file.name not in ("lock", "ballast", "ballast-start"))
        return {str(file.relative_to(self.state)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}

    def close(self):
        self.end()
        shutil.rmtree(self.folder, ignore_errors=True)


def with_backup(gateway="gw1", simulated="true"):
    """A stopped house: one window in its backup, another one only in its log."""
    house = House(gateway, simulated)
    house.start()
    house.tell("trong bản sao lưu")
    done = house.ask("backup")
    if done.returncode:
        raise AssertionError(done.stderr)
    house.backup = pathlib.Path(done.stdout.strip())
    house.tell("chỉ trong sổ")
    house.end()
    return house


class Restore(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.template = with_backup()
        cls.addClassCleanup(cls.template.close)

    def setUp(self):
        self.house = House()
        self.addCleanup(self.house.close)
        shutil.copytree(self.template.state, self.house.state, ignore=shutil.ignore_patterns("ballast*"))
        self.backup = self.house.state / self.template.backup.relative_to(self.template.state)
        self.database = self.house.state / "commune-watch.db"
        self.usb = self.house.folder / "usb"
        self.usb.mkdir()

    def restored(self, file):
        done = self.house.ask("--json", "restore", file)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def refused(self, file, *words):
        """With these words, and nothing has changed on the disk."""
        before = self.house.content()
        done = self.house.ask("restore", file)
        self.assertEqual(done.returncode, 1, (done.stdout, done.stderr))
        self.assertIn("không khôi phục được", done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertEqual(self.house.content(), before)

    def altered(self, *statements):
        """The backup on another medium, after somebody wrote to it."""
        file = shutil.copy(self.backup, self.usb)
        with contextlib.closing(sqlite3.connect(file)) as database, database:
            for statement in statements:
                database.execute(statement)
        return file

    def test_the_log_goes_on_from_the_backup_and_from_what_it_has_beyond(self):
        old = self.database.read_bytes()
        told = self.restored(self.backup)
        self.assertEqual(told["backup"], self.backup.name)
        self.assertGreater(told["kept"], 0)
        self.assertGreater(told["salvaged"], 0)
        self.assertEqual((self.house.state / told["put_aside"] / "commune-watch.db").read_bytes(), old)
        self.house.start()
        self.assertEqual(self.house.windows(), ["chỉ trong sổ", "trong bản sao lưu"])
        self.assertIn("SỔ THEO DÕI", " ".join(json.loads(self.house.ask("--json", "status").stdout)["alarms"]))

    def test_where_the_log_is_gone_the_backup_is_what_there_is(self):
        usb = shutil.move(self.backup, self.usb)
        self.database.write_bytes(DAMAGED)
        told = self.restored(usb)
        self.assertEqual(told["salvaged"], 0)
        self.assertEqual((self.house.state / told["put_aside"] / "commune-watch.db").read_bytes(), DAMAGED)
        self.house.start()
        self.assertEqual(self.house.windows(), ["trong bản sao lưu"])

    def test_a_new_machine_begins_with_the_backup(self):
        usb = shutil.move(self.backup, self.usb)
        shutil.rmtree(self.house.state)
        self.restored(usb)
        self.house.start()
        self.assertEqual(self.house.windows(), ["trong bản sao lưu"])

    def test_a_second_time_does_no_harm(self):
        self.restored(self.backup)
        self.restored(self.backup)
        self.assertEqual(len(list((self.house.state / "put-aside").iterdir())), 2)
        self.house.start()
        self.assertEqual(self.house.windows(), ["chỉ trong sổ", "trong bản sao lưu"])

    def test_it_is_refused_while_a_daemon_runs(self):
        self.house.start()
        done = self.house.ask("restore", self.backup)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"pid {self.house.daemon.pid}", done.stderr)
        self.assertFalse((self.house.state / "put-aside").exists())
        self.assertEqual(self.house.windows(), ["chỉ trong sổ", "trong bản sao lưu"])

    def test_files_that_are_none_of_ours_are_refused(self):
        text = self.usb / "commune-watch-20261122.db"
        text.write_text("Kính gửi Ủy ban nhân dân xã", encoding="utf-8")
        self.refused(text, text.name)
        text.write_bytes(b"")
        self.refused(text, "is not a database of commune-watch")
        other = self.usb / "khac.db"
        with contextlib.closing(sqlite3.connect(other)) as database, database:
            database.execute("CREATE TABLE log(seq INTEGER PRIMARY KEY)")
        self.refused(other, "is not a database of commune-watch")
        self.refused(self.usb / "none.db", "No such file")
        self.refused(self.usb, str(self.usb))

    def test_another_gateways_backup_is_refused(self):
        for gateway, simulated, words in (("gw2", "true", "tan-phu-28765/gw2"), ("gw1", "false", "not of this gateway")):
            with self.subTest(gateway=gateway, simulated=simulated):
                other = with_backup(gateway, simulated)
                self.addCleanup(other.close)
                self.refused(other.backup, words, "not of this gateway")

    def test_a_newer_programs_backup_is_refused(self):
        self.refused(self.altered("PRAGMA user_version = 9999"), "a newer commune-watch made it")

    def test_a_damaged_backup_is_refused_whatever_is_damaged(self):
        whole = self.backup.read_bytes()
        usb = self.usb / self.backup.name
        for at in range(0, len(whole), 8192):
            with self.subTest(at=at):
                usb.write_bytes(whole[:at] + DAMAGED + whole[at + len(DAMAGED):])
                self.refused(usb, "cannot be used")
        usb.write_bytes(whole[: len(whole) // 2])
        self.refused(usb, "cannot be used")
        self.refused(self.altered("DROP TRIGGER log_no_delete", "DELETE FROM log WHERE seq = 3"), "cannot be used")

    def test_a_backup_of_another_log_is_refused_while_this_one_can_be_read(self):
        other = with_backup()
        self.addCleanup(other.close)
        self.refused(other.backup, "it is of another log")
        self.database.write_bytes(DAMAGED)
        self.assertEqual(self.restored(other.backup)["salvaged"], 0)

    def test_the_list_says_which_can_be_used(self):
        bad = self.backup.with_name("commune-watch-20200101.db")
        bad.write_bytes(DAMAGED)
        listed = {pathlib.Path(one["file"]).name: one for one in json.loads(self.house.ask("--json", "restore", "--list").stdout)}
        self.assertEqual(set(listed), {self.backup.name, bad.name})
        self.assertEqual(listed[self.backup.name]["trouble"], "")
        self.assertEqual((listed[self.backup.name]["commune"], listed[self.backup.name]["gateway"]), ("tan-phu-28765", "gw1"))
        self.assertTrue(listed[self.backup.name]["simulated"])
        self.assertEqual(listed[self.backup.name]["records"], self.restored(self.backup)["kept"])
        self.assertTrue(listed[bad.name]["trouble"])
        lines = self.house.ask("restore", "--list").stdout.splitlines()
        self.assertRegex(next(line for line in lines if self.backup.name in line), r"tan-phu-28765/gw1  \d+ bản ghi/records .* MÔ PHỎNG/simulated$")
        self.assertIn("KHÔNG DÙNG ĐƯỢC", next(line for line in lines if bad.name in line))

    def test_the_list_may_be_empty_and_changes_nothing(self):
        shutil.rmtree(self.backup.parent)
        before = self.house.content()
        self.assertIn("chưa có bản sao lưu nào", self.house.ask("restore", "--list").stdout)
        self.assertEqual(json.loads(self.house.ask("--json", "restore", "--list").stdout), [])
        self.assertEqual(self.house.content(), before)

    def test_neither_file_nor_list_is_a_mistake_of_use(self):
        self.assertEqual(self.house.ask("restore").returncode, 2)
        self.assertEqual(self.house.ask("restore", "--list", self.backup).returncode, 2)


if __name__ == "__main__":
    unittest.main()
