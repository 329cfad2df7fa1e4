#!/usr/bin/env python3
"""The manual page and the completion know every command and option that the program's --help knows, and no others.

The completion is asked as bash asks it; ids of devices come from a real daemon on a socket of the test's own.
"""
import os
import pathlib
import re
import select
import shlex
import subprocess
import tempfile
import time
import unittest

PROGRAM = os.environ["COMMUNE_WATCH"]
SOURCE = pathlib.Path(os.environ["CW_SOURCE_DIR"])
PATIENCE = 60  # seconds until the daemon has to be ready; generous, because sanitizers and busy machines are slow

CONFIGURATION = """
[commune]
id = "tan-phu-28765"
code = "28765"
name = "Xã \\"Tân Phú\\""
province = "Bến Tre"
[[switch]]
id = "sw-ap-1"
name = "Bộ chuyển mạch {\\"id\\":\\"not-a-device\\",\\"name\\":\\"x\\"}"
driver = "tcp"
host = "127.0.0.1"
port = 1
[[switch]]
id = "sw-ap-2"
name = "Bộ chuyển mạch ấp 2"
driver = "tcp"
host = "127.0.0.1"
port = 1
"""


def help_of(command):
    """(options, sub-commands) that `commune-watch COMMAND --help` lists."""
    text = subprocess.run([PROGRAM, *command, "--help"], capture_output=True, text=True, check=True).stdout
    options = set(re.findall(r"^  (?:-\w,)?(--[a-z-]+)", text, re.M))
    commands = re.findall(r"^  ([a-z]+) ", text.partition("\nSubcommands:\n")[2], re.M)
    return options, commands


def tree():
    """{(command, …): its options}; () is the program itself. Commands that only gather others stand for them."""
    found = {}
    open_ = [()]
    while open_:
        command = open_.pop()
        options, commands = help_of(command)
        found[command] = options
        open_ += [(*command, name) for name in commands]
    return found


class Manual(unittest.TestCase):
    def setUp(self):
        text = (SOURCE / "docs/commune-watch.1").read_text(encoding="utf-8")
        text = re.sub(r"\\f[RIB]|\\\||\\c", "", re.sub(r'^\.\\".*\n', "", text, flags=re.M)).replace("\\-", "-")
        self.heads = {}  # "OPTIONS", "init", "login list" -> the options that are explained below it
        head = None
        explained = False
        for line in text.splitlines():
            if line.startswith(".SH ") or line.startswith(".SS "):
                head = " ".join(re.match(r"\.S. ([A-Za-z]+(?: [a-z]+\b)*)", line)[1].split())
                self.heads[head] = set()
            elif explained:
                self.heads[head] |= set(re.findall(r"--[a-z-]+", line))
            explained = line == ".TP"

    def test_explains_every_command_with_exactly_its_options(self):
        known = tree()
        leaves = {c: o for c, o in known.items() if not any(len(d) > len(c) and d[:len(c)] == c for d in known)}
        self.assertIn(("login", "retry"), leaves)
        self.assertEqual(self.heads["OPTIONS"], known[()])
        for command, options in leaves.items():
            self.assertIn(" ".join(command), self.heads)
            self.assertEqual(self.heads[" ".join(command)], options - {"--help"}, command)
        commands = {head for head in self.heads if head.islower()}
        self.assertEqual(commands, {" ".join(command) for command in leaves})

    def test_tells_exit_codes_signals_environment_and_files(self):
        text = (SOURCE / "docs/commune-watch.1").read_text(encoding="utf-8")
        section = dict(re.findall(r"^\.SH ([A-Z ]+)\n(.*?)(?=^\.SH |\Z)", text, re.M | re.S))
        self.assertEqual(re.findall(r"^\.B (\d)$", section["EXIT STATUS"], re.M), ["0", "1", "2"])
        for signal in ("SIGHUP", "SIGTERM", "SIGINT"):
            self.assertIn(signal, section["SIGNALS"])
        for variable in ("CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET", "NO_COLOR"):
            self.assertIn(variable, section["ENVIRONMENT"])
        defaults = subprocess.run([PROGRAM, "--help"], capture_output=True, text=True, check=True).stdout
        for path in re.findall(r"=(/\S+)", defaults):
            self.assertIn(path, section["FILES"])


class Completion(unittest.TestCase):
    def complete(self, line):
        """What bash would offer at the end of the line."""
        words = shlex.split(line) + ([""] if line.endswith(" ") else [])
        script = f"""
            . /usr/share/bash-completion/bash_completion
            . {shlex.quote(str(SOURCE / "scripts/bash-completion"))}
            COMP_LINE={shlex.quote(line)} COMP_POINT={len(line)} COMP_CWORD={len(words) - 1}
            COMP_WORDS=({" ".join(shlex.quote(word) for word in words)})
            _commune_watch {shlex.quote(PROGRAM)} {shlex.quote(words[-1])} {shlex.quote(words[-2])}
            printf '%s\\n' "${{COMPREPLY[@]}}"
        """
        result = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
        self.assertEqual(result.stderr, "")
        return sorted(word for word in result.stdout.split("\n") if word)

    def test_offers_every_command_and_exactly_the_options_of_each(self):
        known = tree()
        for command, options in known.items():
            line = " ".join(("commune-watch", *command, ""))
            self.assertEqual(self.complete(line + "-"), sorted(options | known[()]), line)
            below = sorted(other[-1] for other in known if other and other[:-1] == command)
            if below:
                self.assertEqual(self.complete(line), below, line)
        self.assertEqual(self.complete("commune-watch --json --state /tmp --lang=vi lo"), ["login"])
        self.assertEqual(self.complete("commune-watch login r"), ["retry"])

    def test_offers_the_values_of_options(self):
        self.assertEqual(self.complete("commune-watch --lang "), ["en", "vi"])
        self.assertEqual(self.complete("commune-watch status --lang v"), ["vi"])
        self.assertEqual(self.complete("commune-watch outages --period t"), ["today"])
        with tempfile.TemporaryDirectory() as folder:
            for name in ("gateway.toml", "notes.txt"):
                (pathlib.Path(folder) / name).touch()
            self.assertEqual(self.complete(f"commune-watch --config {folder}/"), [f"{folder}/gateway.toml"])
            self.assertEqual(self.complete(f"commune-watch --config={folder}/g"), [f"{folder}/gateway.toml"])
            self.assertEqual(self.complete("commune-watch --state " + folder[:-1]), [folder])

    def test_offers_the_ids_of_devices_that_a_running_daemon_tells(self):
        with tempfile.TemporaryDirectory() as folder:
            socket = f"{folder}/api.sock"
            self.assertEqual(self.complete(f"commune-watch --socket {socket} history "), [])
            (pathlib.Path(folder) / "gateway.toml").write_text(CONFIGURATION, encoding="utf-8")
            with subprocess.Popen([PROGRAM, "--config", f"{folder}/gateway.toml", "--state", f"{folder}/state", "--socket", socket, "run"],
                                  stderr=subprocess.PIPE) as daemon:
                try:
                    self.await_ready(daemon)
                    both = ["sw-ap-1", "sw-ap-2"]
                    for command in ("history", "outages", "availability --period 7d", "availability --all", "probe", "login retry", "probe sw-ap-1"):
                        self.assertEqual(self.complete(f"commune-watch --socket {socket} {command} "), both, command)
                    self.assertEqual(self.complete(f"commune-watch history --socket={socket} sw-ap-2"), ["sw-ap-2"])
                    self.assertEqual(self.complete(f"commune-watch --socket {socket} reload "), [])
                finally:
                    daemon.terminate()
                    daemon.communicate(timeout=PATIENCE)

    def await_ready(self, daemon):
        deadline = time.monotonic() + PATIENCE
        said = b""
        while b"ready:" not in said:
            self.assertTrue(select.select([daemon.stderr], [], [], max(0, deadline - time.monotonic()))[0], said)
            piece = os.read(daemon.stderr.fileno(), 65536)
            self.assertTrue(piece, said)
            said += piece


if __name__ == "__main__":
    unittest.main()
