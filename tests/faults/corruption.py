"""Random damage to what the daemon keeps: it always starts, it never keeps silent, and what was told before the last backup is there.

Oracle: what an MQTT subscriber heard while the medium was good. Each round damages a copy of one state directory (a log, its write-ahead
log after a kill, a backup) or the configuration, starts the release binary on it and looks at it from outside:
READY within 10 s, by the service manager's own socket; no event that the subscriber has is missing or another, unless the gateway raises an
alarm about it; after a restore no event id is another event's. A configuration that is wrong (`check` says so, or it is another commune's) is an
alarm with file:line:column, and the watch goes on by the last good one: the same devices are asked, and the log gets no other denominators.
"""
import contextlib
import hashlib
import os
import random
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time

from support.fault_house import PROGRAM, Broker, Commune, Devices, NotHeld, Unfit, free_port, head, pause, say, tcp_devices, until

READY_WITHIN = 10.0   # seconds
ALARM_WITHIN = 60.0   # the sweep reads the whole of so small a log in less
MUTANTS = {"quiet-loss": ("are gone, and nobody is told", "ids of told events are other events' now"),
           "no-last-good": ("it does not start",),
           "another-denominator": ("the log has other terms now",)}
LEAST = {"quiet-loss": 1, "no-last-good": 1, "another-denominator": 1}  # rounds that catch it
CONFIG_WORD = re.compile(r"gateway\.toml:\d+:\d+: ")
TERMS = (4, 5, 19)  # config, terms, must-have, as daemon/domain/log.hpp numbers them
REFUSED = "TỆP CẤU HÌNH CÓ LỖI"


class Manager:
    """systemd's end of sd_notify; always reading, for whoever notifies waits for room."""

    def __init__(self, directory):
        self.path = str(directory / "notify.sock")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.ready = threading.Event()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        while True:
            if b"READY=1" in self.socket.recv(4096):
                self.ready.set()


def flips(rng, data):
    for _ in range(rng.randint(1, 40)):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def zeros(rng, data):
    at = rng.randrange(0, len(data), 512)
    end = min(len(data), at + 512 * rng.randint(1, 8))
    data[at:end] = bytes(end - at)


def garbage(rng, data):
    at = rng.randrange(0, len(data), 512)
    some = rng.randbytes(512 * rng.randint(1, 8))
    data[at:at + len(some)] = some[:len(data) - at]


def shorter(rng, data):
    del data[rng.randrange(len(data)):]


HOW = {"flip": flips, "zero": zeros, "garbage": garbage, "truncate": shorter}


def damage(rng, file):
    data = bytearray(file.read_bytes())
    how = rng.choice(sorted(HOW))
    if data:
        HOW[how](rng, data)
    file.write_bytes(data)
    return how


def break_cursor(rng, state):
    with contextlib.closing(sqlite3.connect(state / "commune-watch.db")) as database, database:
        database.execute("UPDATE cursor SET seq = ?", (rng.choice([0, 1, 10**6, 2**62, -5]),))
    return "cursor"


def cut_log(state, keep=None):
    """The known-bad medium: the records after `keep` (the last 40) are gone and everything else says that they never were."""
    for mark in (state / "length", state.parent / "length"):
        mark.unlink()
    with contextlib.closing(sqlite3.connect(state / "commune-watch.db")) as database, database:
        triggers = [row[0] for row in database.execute("SELECT sql FROM sqlite_schema WHERE type = 'trigger'")]
        names = [row[0] for row in database.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'")]
        for name in names:
            database.execute(f"DROP TRIGGER {name}")
        if keep is None:
            keep = database.execute("SELECT max(seq) FROM log").fetchone()[0] - 40
        database.execute("DELETE FROM log WHERE seq > ?", (keep,))
        database.execute("UPDATE cursor SET seq = min(seq, ?)", (keep + 1,))
        database.execute("UPDATE tick SET seq = min(seq, ?)", (keep + 1,))
        with contextlib.suppress(sqlite3.OperationalError):
            database.execute("DELETE FROM checkpoint WHERE size > ?", (keep + 1,))
            database.execute("DELETE FROM node")
            database.execute("DELETE FROM meta WHERE key = '.tree'")
        for trigger in triggers:
            database.execute(trigger)


def swap_last_good(house):
    """The known-bad copy: whole, believable, and of a configuration that nobody took."""
    kept = house.state / "last-good"
    manifest = (kept / "manifest").read_text(encoding="utf-8")
    text = house.toml + b'\n[[place]]\nid = "them"\nname = "Them"\nkind = "other"\nmust_have = ["wifi"]\n'
    new = hashlib.sha256(text).hexdigest()
    old = re.search(r"^file (\w+) .*gateway\.toml$", manifest, re.M)[1]
    manifest = manifest[:manifest.rindex("end ")].replace(old, new)
    (kept / f"{new[:16]}-gateway.toml").write_bytes(text)
    (kept / "manifest").write_text(f"{manifest}end {hashlib.sha256(manifest.encode()).hexdigest()}\n", encoding="utf-8")


def terms(state):
    """What the log of a stopped daemon holds figures to: configuration, denominators, terms of devices."""
    with contextlib.closing(sqlite3.connect(state / "commune-watch.db")) as database:
        rows = database.execute(f"SELECT kind, body FROM log WHERE kind IN ({', '.join(map(str, TERMS))}) ORDER BY seq").fetchall()
    if {kind for kind, _ in rows} != set(TERMS):
        raise Unfit("the log holds no terms")
    return rows


class House:
    """One commune with a history that somebody outside heard, as a directory to copy."""

    def __init__(self):
        self.devices = Devices(12, free_port())
        self.commune = Commune("")
        self.broker = Broker(self.commune.directory)
        self.commune.mqtt_port = self.broker.port
        wanted = tcp_devices(self.devices).replace('kind = "other"\n', 'kind = "other"\nmust_have = ["wifi"]\n')
        self.commune.configure(head() + wanted)
        self.manager = Manager(self.commune.directory)
        self.good = self.commune.directory / "good"
        self.toml = (self.commune.directory / "gateway.toml").read_bytes()
        self.state = self.commune.directory / "state"
        os.environ["NOTIFY_SOCKET"] = self.manager.path

    def events(self, at_least):
        rng = random.Random(5)
        end = time.monotonic() + 120
        while len(self.broker.heard()) < at_least:
            if time.monotonic() > end:
                raise Unfit(f"only {len(self.broker.heard())} events")
            name = rng.choice(self.devices.names)
            (self.devices.close if name in self.devices.sockets else self.devices.open)(name)
            pause(0.4)

    def live(self):
        self.broker.start()
        self.broker.read()
        self.commune.start()
        self.events(40)
        self.backed_up = [event["event"] for event in self.broker.heard()]
        until(lambda: subprocess.run([PROGRAM, *self.commune.options(), "backup"], stdout=subprocess.DEVNULL, check=False).returncode == 0,
              60, "a backup")
        self.events(90)
        pause(1.0)
        self.commune.kill()
        self.heard = {event["event"]: event for event in self.broker.heard()}
        self.broker.stop()  # nobody hears what follows: each round is one that never was
        shutil.copytree(self.state, self.good)
        self.terms = terms(self.state)
        shutil.rmtree(self.state)
        self.length = (self.commune.directory / "length").read_bytes()  # in memory, beside the socket: the machine stays on

    def fresh(self):
        shutil.rmtree(self.state, ignore_errors=True)
        shutil.copytree(self.good, self.state)
        (self.commune.directory / "length").write_bytes(self.length)
        (self.commune.directory / "gateway.toml").write_bytes(self.toml)

    def end(self):
        self.commune.end()
        self.broker.end()
        self.devices.end()


def break_something(rng, house, mutant):
    """Returns what was broken and whether the configuration was."""
    toml = house.commune.directory / "gateway.toml"
    if mutant == "quiet-loss":
        cut_log(house.state)
        return "quiet loss", False
    if mutant:
        toml.write_bytes(house.toml + b"[commune\n")
        shutil.rmtree(house.state / "last-good") if mutant == "no-last-good" else swap_last_good(house)
        return mutant, True
    database, wal = house.state / "commune-watch.db", house.state / "commune-watch.db-wal"
    backup = next((house.state / "backup").iterdir())
    match rng.randrange(13):
        case 0 | 1 | 2:
            return "database " + damage(rng, database), False
        case 3 | 4:
            return "write-ahead log " + damage(rng, wal), False
        case 5:
            return f"database {damage(rng, database)} and write-ahead log {damage(rng, wal)}", False
        case 6:
            return break_cursor(rng, house.state), False
        case 7:
            return f"database {damage(rng, database)} and backup {damage(rng, backup)}", False
        case 8:
            database.unlink()
            return "database gone", False
        case 9:
            toml.unlink()
            return "configuration gone", True
        case 10:
            return "last good configuration " + damage(rng, rng.choice(sorted((house.state / "last-good").iterdir()))), False
        case _:
            return "configuration " + damage(rng, toml), True


def start(house):
    """Seconds until READY; None: it ended."""
    begun = time.monotonic()
    house.manager.ready.clear()
    house.commune.daemon = subprocess.Popen([PROGRAM, *house.commune.options(), "run"], stderr=house.commune.output,
                                            stdout=house.commune.output, stdin=subprocess.DEVNULL)
    while not house.manager.ready.wait(0.02):
        if house.commune.daemon.poll() is not None:
            house.commune.daemon = None
            return None
        if time.monotonic() - begun > READY_WITHIN:
            raise NotHeld(f"not READY within {READY_WITHIN:.0f} s")
    return time.monotonic() - begun


def restart_if_ended(house):
    """The service manager's part: a daemon that asks for a restart gets it."""
    if house.commune.daemon is None or house.commune.daemon.poll() is None:
        return
    code = house.commune.daemon.returncode
    house.commune.daemon = None
    if code != 75:
        raise NotHeld(f"the daemon ended with {code}")
    if start(house) is None:
        raise NotHeld("it does not start again")


def state_of(event):
    return event["to"]["state"] if isinstance(event.get("to"), dict) else None


def said(event):
    """What an event told its subscriber, as far as the record says it in the same words."""
    return (event["type"], event.get("device"), state_of(event), event.get("probes"), event.get("opened"))


def kept(event):
    entry = event.get("entry") or {}
    opened = entry.get("opened")
    return (event["kind"], entry.get("root") if event["kind"] == "incident" else entry.get("device"), state_of(entry), entry.get("probes"),
            None if opened is None else bool(opened))


def judge(house, backup_is_good, what):
    log = {event["event"]: event for event in house.commune.events(0, 0.4)}
    missing = [event for event in house.heard if event not in log]
    others = [event for event in house.heard if event in log and kept(log[event]) != said(house.heard[event])]
    if not missing and not others:
        return 0
    told = lambda: restart_if_ended(house) or any("SỔ THEO DÕI" in alarm for alarm in (house.commune.get("/api/v1/status") or {}).get("alarms", []))
    try:
        until(told, ALARM_WITHIN, "an alarm")
    except NotHeld:
        raise NotHeld(f"{what}: {len(missing)} events are gone, and nobody is told; {len(others)} are others: {(missing + others)[:3]}") from None
    log = {event["event"]: event for event in house.commune.events(0, 0.4)}
    reused = [event for event in house.heard if event in log and kept(log[event]) != said(house.heard[event])]
    if reused:
        raise NotHeld(f"{what}: ids of told events are other events' now: {reused[:3]}")
    if backup_is_good:
        gone = [event for event in house.backed_up if event not in log]
        if gone:
            raise NotHeld(f"{what}: {len(gone)} events were told before the backup and are not in the log: {gone[:3]}")
    return len([event for event in house.heard if event not in log])


def judge_configuration(house, what, words):
    """Whether the file was refused; then all goes on by the last good one, and the gateway says so."""
    good = subprocess.run([PROGRAM, *house.commune.options(), "check"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0
    told = lambda: [alarm for alarm in house.commune.get("/api/v1/status")["alarms"] if REFUSED in alarm]
    refused = told()
    if not refused and not good:
        raise NotHeld(f"{what}: check refuses the file, and nobody is told that another one is in force")
    if not refused:
        return False
    if not CONFIG_WORD.search(refused[0]) or not CONFIG_WORD.search(words):
        raise NotHeld(f"{what}: refused without a place: {refused[0]} {words[-300:]}")
    started = house.commune.get("/api/v1/status")["now_ms"]
    names = set(house.devices.names)

    def all_asked():
        devices = house.commune.devices()
        return set(devices) == names and all((device.get("checked_ms") or 0) > started for device in devices.values())

    until(all_asked, 30, f"{what}: every device of the last good configuration is asked, and no other")
    house.commune.kill(signal.SIGTERM)
    now = terms(house.state)
    if now != house.terms:
        raise NotHeld(f"{what}: the log has other terms now: {[row for row in now if row not in house.terms][:3]}")
    return True


def run(rounds, mutant):
    rounds = rounds or 200
    rng = random.Random(20261122)
    house = House()
    slowest, refused, restored, lost = 0.0, 0, 0, 0
    try:
        house.live()
        say(f"{len(house.heard)} events heard, {len(house.backed_up)} of them before the backup")
        for number in range(rounds):
            house.fresh()
            what, configuration = break_something(rng, house, mutant)
            before = len(house.commune.words())
            took = start(house)
            words = house.commune.words()[before:]
            if took is None:
                raise NotHeld(f"{what}: it does not start: {words[-300:].strip()}")
            slowest = max(slowest, took)
            gone = judge(house, "backup" not in what, what)
            lost += gone
            restored += (house.state / "put-aside").exists()
            if configuration:
                refused += judge_configuration(house, what, words)
            if house.commune.daemon is not None:
                house.commune.kill(signal.SIGKILL)
            if (number + 1) % 10 == 0:
                say(f"{number + 1} of {rounds}: {restored} restored, {refused} configurations refused, slowest start {slowest:.1f} s")
        say(f"{restored} put aside and gone on, {refused} configurations refused; slowest READY {slowest:.2f} s; "
            f"{lost} events lost with the medium, each loss told")
        return f"{rounds} corruptions survived"
    finally:
        os.environ.pop("NOTIFY_SOCKET", None)
        house.end()
