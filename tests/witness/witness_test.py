#!/usr/bin/env python3
"""The witness as a province runs it: the real program on loopback, asked by a gateway written here from the specification.

The log, its tree, its notes and the checks of what comes back share no code with the program; Ed25519 is openssl's.
"""
import base64
import hashlib
import http.client
import os
import pathlib
import re
import resource
import select
import signal
import stat
import subprocess
import tempfile
import time
import unittest

PROGRAM = os.environ["COMMUNE_WATCH"]
PATIENCE = 60  # seconds; generous, because sanitizers and busy machines are slow
ORIGIN = "commune-watch/tan-phu/gw1"
LATEST = "/latest/" + ORIGIN
PREFIX = bytes.fromhex("302e020100300506032b657004220420")  # PKCS #8 of an Ed25519 seed, RFC 8410
PUBLIC = bytes.fromhex("302a300506032b6570032100")


def sha256(data):
    return hashlib.sha256(data).digest()


def root(leaves):
    """MTH of RFC 6962 section 2.1, as it is written there."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"")
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    return sha256(b"\x01" + root(leaves[:k]) + root(leaves[k:]))


def consistency(m, leaves, whole=True):
    """SUBPROOF of RFC 6962 section 2.1.2."""
    if m == len(leaves):
        return [] if whole else [root(leaves)]
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    if m <= k:
        return consistency(m, leaves[:k], whole) + [root(leaves[k:])]
    return consistency(m - k, leaves[k:], False) + [root(leaves[:k])]


class Key:
    def __init__(self, folder, name, use, seed=None):
        self.seed = seed or os.urandom(32)
        self.file = pathlib.Path(folder) / (hashlib.sha256(self.seed).hexdigest() + ".der")
        self.file.write_bytes(PREFIX + self.seed)
        public = subprocess.run(["openssl", "pkey", "-inform", "DER", "-in", self.file, "-pubout", "-outform", "DER"], capture_output=True, check=True)
        self.name, self.public = name, public.stdout[len(PUBLIC):]
        self.id = sha256(name.encode() + b"\n" + bytes([use]) + self.public)[:4]
        self.vkey = f"{name}+{self.id.hex()}+{base64.b64encode(bytes([use]) + self.public).decode()}"

    def line(self, text):
        with tempfile.NamedTemporaryFile() as message:
            message.write(text.encode())
            message.flush()
            signature = subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-keyform", "DER", "-inkey", self.file, "-in", message.name],
                                       capture_output=True, check=True).stdout
        return f"— {self.name} {base64.b64encode(self.id + signature).decode()}\n"


def holds(vkey, text, line):
    """Seconds of a cosignature (C2SP tlog-cosignature) of that text, checked by openssl; None where it does not hold."""
    name, identity, key = vkey.split("+", 2)
    match = re.fullmatch(rf"— {re.escape(name)} (\S+)\n", line)
    blob = base64.b64decode(match[1])
    if blob[:4].hex() != identity or len(blob) != 4 + 8 + 64:
        return None
    seconds = int.from_bytes(blob[4:12], "big")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "key").write_bytes(PUBLIC + base64.b64decode(key)[1:])
        (folder / "signature").write_bytes(blob[12:])
        (folder / "message").write_bytes(f"cosignature/v1\ntime {seconds}\n{text}".encode())
        good = subprocess.run(["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER", "-inkey", folder / "key",
                               "-sigfile", folder / "signature", "-in", folder / "message"], capture_output=True)
    return seconds if good.returncode == 0 else None


class Log:
    def __init__(self, key):
        self.key, self.leaves = key, []

    def grow(self, by, story="true"):
        self.leaves += [sha256(b"\x00" + f"{story} {len(self.leaves) + i}".encode()) for i in range(by)]
        return self

    def text(self, size):
        return f"{self.key.name}\n{size}\n{base64.b64encode(root(self.leaves[:size])).decode()}\n"

    def note(self, size):
        return self.text(size) + "\n" + self.key.line(self.text(size))

    def request(self, old, size):
        proof = consistency(old, self.leaves[:size]) if 0 < old < size else []
        return f"old {old}\n" + "".join(base64.b64encode(h).decode() + "\n" for h in proof) + "\n" + self.note(size)


class Witness(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.state, self.known = self.folder / "state", self.folder / "logs"
        self.key = Key(self.folder, ORIGIN, 1)
        self.log = Log(self.key).grow(40)
        self.known.write_text(f"# tỉnh\n{self.key.vkey}   # Xã Tân Phú\n", encoding="utf-8")
        self.process = None
        self.addCleanup(self.end)

    def begin(self, *more, limits=None):
        self.process = subprocess.Popen([PROGRAM, "witness", "--directory", self.state, "--listen", "127.0.0.1:0", "--logs", self.known, *more],
                                        stderr=subprocess.PIPE, preexec_fn=limits)
        self.said = self.hear(b"ready: ")
        self.port = int(re.search(r"ready: http://127\.0\.0\.1:(\d+)/", self.said)[1])
        return self.said

    def hear(self, what):
        deadline, said = time.monotonic() + PATIENCE, b""
        while what not in said or not said.endswith(b"\n"):
            self.assertTrue(select.select([self.process.stderr], [], [], max(0, deadline - time.monotonic()))[0], said)
            piece = os.read(self.process.stderr.fileno(), 65536)
            self.assertTrue(piece, said)
            said += piece
        return said.decode()

    def end(self, how=signal.SIGTERM):
        if self.process:
            self.process.send_signal(how)
            self.process.communicate(timeout=PATIENCE)
            code, self.process = self.process.returncode, None
            return code
        return None

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body.encode() if body is not None else None)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), answer.headers
        finally:
            connection.close()

    def add(self, old, size):
        status, body, _ = self.ask("POST", "/add-checkpoint", self.log.request(old, size))
        return status, body

    def vkey(self):
        return subprocess.run([PROGRAM, "witness", "key", "--directory", self.state], capture_output=True, text=True, check=True).stdout.strip()

    def test_cosigns_growth_so_that_others_can_check_it(self):
        self.assertIn("ben-tre/w1+", self.begin("--name", "ben-tre/w1"))
        vkey = self.vkey()
        self.assertTrue(vkey.startswith("ben-tre/w1+"))
        self.assertEqual(self.ask("GET", "/witness-key")[:2], (200, vkey + "\n"))
        for old, size in ((0, 7), (7, 7), (7, 8), (8, 40)):
            status, line = self.add(old, size)
            self.assertEqual(status, 200, line)
            seconds = holds(vkey, self.log.text(size), line)
            self.assertIsNotNone(seconds, "openssl does not find the cosignature good")
            self.assertLess(abs(seconds - time.time()), 60)
        status, note, _ = self.ask("GET", LATEST)
        self.assertEqual(status, 200)
        self.assertEqual(note, self.log.note(40) + line)
        page = self.ask("GET", "/")[1]
        self.assertIn("Xã Tân Phú", page)
        self.assertIn("<td>40</td>", page)
        self.assertEqual(stat.S_IMODE((self.state / "witness.key").stat().st_mode), 0o600)
        self.assertEqual(self.end(), 0)

    def test_answers_each_mistake_with_its_own_status(self):
        self.begin()
        self.assertEqual(self.add(0, 7)[0], 200)
        status, body, headers = self.ask("POST", "/add-checkpoint", self.log.request(0, 40))
        self.assertEqual((status, body, headers["Content-Type"]), (409, "7\n", "text/x.tlog.size"))
        self.assertEqual(self.ask("POST", "/add-checkpoint", "nonsense")[0], 400)
        self.assertEqual(self.ask("POST", "/add-checkpoint", "old 7\n\n" + self.log.note(40))[0], 422)
        stranger = Log(Key(self.folder, "commune-watch/xa-la/gw1", 1)).grow(1)
        self.assertEqual(self.ask("POST", "/add-checkpoint", stranger.request(0, 1))[0], 404)
        thief = Log(Key(self.folder, ORIGIN, 1)).grow(9)
        self.assertEqual(self.ask("POST", "/add-checkpoint", thief.request(7, 9))[0], 403)
        forked = Log(self.key).grow(7, "false")
        self.assertEqual(self.ask("POST", "/add-checkpoint", forked.request(7, 7))[0], 409)
        self.assertIn("SỔ RẼ NHÁNH", self.ask("GET", "/")[1])
        proofs = [f.read_text(encoding="utf-8") for f in (self.state / "forks").iterdir()]
        self.assertTrue(any(forked.note(7) in proof and self.log.text(7) in proof for proof in proofs), proofs)
        self.assertEqual(self.add(7, 40)[0], 200, "the history that was cosigned may go on")

    def test_what_was_answered_survives_a_kill(self):
        self.begin()
        for size in range(1, 16):
            self.assertEqual(self.add(size - 1, size)[0], 200)
            self.end(signal.SIGKILL)
            self.begin()
            self.assertTrue(self.ask("GET", LATEST)[1].startswith(f"{ORIGIN}\n{size}\n"))
            forked = Log(self.key).grow(size, "false")
            self.assertEqual(self.ask("POST", "/add-checkpoint", forked.request(0, size))[:2], (409, f"{size}\n"))

    def test_without_room_nothing_is_cosigned(self):
        self.begin()
        self.assertEqual(self.add(0, 7)[0], 200)
        self.end()
        self.begin(limits=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)))
        status, body = self.add(7, 8)
        self.assertEqual(status, 503, body)
        self.assertNotIn("— ", body)
        self.assertIn("KHÔNG GHI ĐƯỢC", self.hear(b"cannot be kept"))
        self.assertEqual(self.ask("GET", LATEST)[1].split("\n")[1], "7")
        self.end()
        self.begin()
        self.assertEqual(self.add(7, 8)[0], 200)

    def test_a_mistyped_key_is_refused_with_its_line(self):
        mistyped = self.key.vkey.replace("+", "+0", 1)
        self.known.write_text(f"# tỉnh\n\n{mistyped}\n", encoding="utf-8")
        result = subprocess.run([PROGRAM, "witness", "--directory", self.state, "--listen", "127.0.0.1:0", "--logs", self.known],
                                capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(result.returncode, 1)
        self.assertIn(f"{self.known}:3: the key's id does not belong to it", result.stderr)

    def test_a_key_that_is_added_is_known_without_a_restart(self):
        self.begin()
        other = Log(Key(self.folder, "commune-watch/tan-an/gw1", 1)).grow(3)
        self.assertEqual(self.ask("POST", "/add-checkpoint", other.request(0, 3))[0], 404)
        with self.known.open("a", encoding="utf-8") as known:
            known.write(other.key.vkey + "\n")
        self.assertEqual(self.ask("POST", "/add-checkpoint", other.request(0, 3))[0], 200)

    def test_one_runs_at_a_time_and_the_name_stays(self):
        self.begin("--name", "w1")
        again = [PROGRAM, "witness", "--directory", self.state, "--listen", "127.0.0.1:0"]
        second = subprocess.run(again, capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(second.returncode, 1)
        self.assertIn("another witness runs", second.stderr)
        self.end()
        renamed = subprocess.run([*again, "--name", "w2"], capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(renamed.returncode, 1)
        self.assertIn("named w1", renamed.stderr)

    def test_an_address_that_is_none_is_a_usage_error(self):
        for text in ("8899", ":8899", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:99999", "::1:8899"):
            result = subprocess.run([PROGRAM, "witness", "--directory", self.state, "--listen", text], capture_output=True, timeout=PATIENCE)
            self.assertEqual(result.returncode, 2, text)
        self.assertFalse(self.state.exists())

    def ask_key(self, *more, directory=None):
        return subprocess.run([PROGRAM, "witness", "key", "--directory", directory or self.state, *more], capture_output=True, text=True, timeout=PATIENCE)

    def test_the_key_can_be_asked_for_before_the_first_start(self):
        first = self.ask_key("--name", "ben-tre/w1")
        self.assertEqual(first.returncode, 0, first.stderr)
        self.assertRegex(first.stdout, r"^ben-tre/w1\+[0-9a-f]{8}\+\S+\n$")
        self.assertIn(f"{self.state}/witness.key", first.stderr)
        self.assertEqual(stat.S_IMODE((self.state / "witness.key").stat().st_mode), 0o600)
        again = self.ask_key()
        self.assertEqual((again.returncode, again.stdout, again.stderr), (0, first.stdout, ""))
        self.begin()
        self.assertEqual(self.ask("GET", "/witness-key")[:2], (200, first.stdout), "the witness takes that key")
        self.assertEqual(self.ask_key().stdout, first.stdout, "and it is told while one runs")
        other = self.ask_key("--name", "w2")
        self.assertEqual(other.returncode, 1)
        self.assertIn("named ben-tre/w1", other.stderr)

    def test_a_key_that_cannot_be_made_or_read_is_told_of(self):
        nowhere = self.ask_key(directory=self.folder / "not" / "there")
        self.assertEqual((nowhere.returncode, nowhere.stdout), (1, ""))
        self.ask_key()
        (self.state / "witness.key").chmod(0o644)
        loose = self.ask_key()
        self.assertEqual(loose.returncode, 1)
        self.assertIn("chmod 600", loose.stderr)


if __name__ == "__main__":
    unittest.main()
