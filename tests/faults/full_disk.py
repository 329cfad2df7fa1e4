"""A disk that fills up, or refuses to be written, under the real daemon, on a small tmpfs of a user namespace: it goes on watching, says so,
loses nothing that was told, comes back by itself, and starts on a full disk.

The oracle is an MQTT subscriber: what it heard has to be in the log afterwards, as it was told. The kernel makes no file system read-only
that has files open for writing, as an ext4 does to itself after an error; refusing_disk.cpp, preloaded, refuses in its place.
More than one round: refusals are longer than the minute after which a daemon that cannot open its file asks for a restart.
"""
import contextlib
import errno
import os
import pathlib
import signal
import sqlite3
import subprocess
import sys
import time

from faults.corruption import Manager, cut_log
from faults.kill9 import judge
from support.fault_house import PROGRAM, Broker, Commune, Devices, NotHeld, Unfit, free_port, head, pause, say, tcp_devices, until

MUTANTS = {"dropped-batch": ("are not in the log", "was told twice, differently")}  # or the numbers are another event's by then
LEAST = {"dropped-batch": 1}  # rounds that catch it
SIZE_MIB = 40
READY_WITHIN, OVER_WITHIN = 10.0, 30.0   # seconds
REFUSALS = {"EROFS": "CHỈ CHO ĐỌC", "EIO": "KHÔNG GHI ĐƯỢC"}  # what the alarm says
GROWTH_MIB = 30                          # more than what waits in memory at most


def run(rounds, mutant):
    """Mounts need a namespace: the programme runs itself again inside one."""
    subprocess.run(["cmake", "--build", pathlib.Path(PROGRAM).parent, "--target", "refusing_disk"], check=True, stdout=subprocess.DEVNULL)
    done = subprocess.run(["unshare", "-rm", sys.executable, __file__, str(rounds or 1), mutant], stdout=subprocess.PIPE, encoding="utf-8",
                          check=False, env={**os.environ, "PYTHONPATH": str(pathlib.Path(__file__).resolve().parents[1]),
                                            "PYTHONDONTWRITEBYTECODE": "1"})
    last = (done.stdout.strip().splitlines() or [""])[-1]
    kind, _, words = last.partition(": ")
    if kind == "held":
        return words
    raise (NotHeld if kind == "not held" else Unfit)(words or f"ended with {done.returncode}")


class Disk:
    """The tmpfs under the state directory."""

    def __init__(self, place):
        self.place = place
        place.mkdir(mode=0o700)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE_MIB}m,mode=0700", "tmpfs", place], check=True)

    def fill(self):
        """To the last block; more than once, for what is given up is taken again."""
        with open(self.place / "filler", "ab", buffering=0) as filler, contextlib.suppress(OSError):
            while True:
                filler.write(bytes(4096))

    def free(self):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.place / "filler")

    def remount(self, how):
        subprocess.run(["mount", "-o", f"remount,{how}", self.place], check=True)


def drop_batch(commune, heard, before):
    """The known-bad variant: what waited while the disk was full was told, and never written."""
    waited = [event["seq"] for event in heard[len(before):]]
    if not waited:
        raise Unfit("nothing waited while the disk was full")
    cut_log(commune.directory / "state", min(waited) - 1)


class House:
    """A commune whose state directory is a small disk."""

    def __init__(self):
        self.devices = Devices(8, free_port())
        self.commune = Commune("")
        self.broker = Broker(self.commune.directory)
        self.commune.mqtt_port = self.broker.port
        self.commune.configure(head() + tcp_devices(self.devices))
        self.disk = Disk(self.commune.directory / "state")
        self.manager = Manager(self.commune.directory)
        self.refuses = self.commune.directory / "refuses"
        self.broker.start()
        self.broker.read()
        os.environ.update(NOTIFY_SOCKET=self.manager.path, LD_PRELOAD=str(pathlib.Path(PROGRAM).parent / "librefusing_disk.so"),
                          REFUSING_BELOW=str(self.disk.place), REFUSING_NOW=str(self.refuses))

    def start(self):
        """Seconds until READY."""
        begun = time.monotonic()
        self.manager.ready.clear()
        self.commune.start()
        if not self.manager.ready.wait(READY_WITHIN):
            raise NotHeld(f"not READY within {READY_WITHIN:.0f} s")
        return time.monotonic() - begun

    def start_is_refused(self, words, what):
        done = subprocess.run(["timeout", "20", PROGRAM, *self.commune.options(), "run"], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
                              encoding="utf-8", check=False)
        if done.returncode != 1 or any(word not in done.stderr for word in words):
            raise NotHeld(f"{what}: ended with {done.returncode}, saying {done.stderr[-200:]!r}")

    def alarm(self, part):
        return any(part in text for text in (self.commune.get("/api/v1/status") or {}).get("alarms", []))

    def alive(self):
        return self.commune.daemon.poll() is None

    def turn(self, name):
        (self.devices.close if name in self.devices.sockets else self.devices.open)(name)

    def downs(self):
        return sum(1 for event in self.broker.heard() if event.get("type") == "change" and event["to"]["state"] == "down")

    def resident(self):
        words = pathlib.Path(f"/proc/{self.commune.daemon.pid}/status").read_text()
        return int(next(line for line in words.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024

    def recover(self, heard):
        """Nothing that waited is lost, and the alarm is over."""
        until(lambda: not self.alarm("KHÔNG GHI ĐƯỢC"), OVER_WITHIN, "the alarm is over")
        until(lambda: len(self.broker.heard()) > heard, OVER_WITHIN, "what waited was told")

    def still_watching(self):
        self.turn(self.devices.names[6])
        pause(8.0)
        if (self.commune.devices().get(self.devices.names[6], {}).get("state") == "down") != (self.devices.names[6] not in self.devices.sockets):
            raise NotHeld("nobody watches while nothing can be written")

    def keep_full(self):
        """Until an alarm says so: the ballast goes first."""
        end = time.monotonic() + 90
        while not self.alarm("KHÔNG GHI ĐƯỢC"):
            if time.monotonic() > end:
                raise NotHeld("the disk is full and no alarm says so")
            self.disk.fill()
            self.turn(self.devices.names[int(time.monotonic()) % 4])
            pause(0.5)
        if (self.disk.place / "ballast").exists():
            raise NotHeld("the disk is full and the ballast was not given up")

    def refuse(self, name, seconds):
        """Every write fails for so long. A daemon that ends meanwhile asked for its restart, and gets it."""
        heard, before = len(self.broker.heard()), self.resident()
        self.refuses.write_text(str(getattr(errno, name)))
        end = time.monotonic() + seconds
        self.turn(self.devices.names[0])
        until(lambda: self.alarm("KHÔNG GHI ĐƯỢC") and self.alarm(REFUSALS[name]), 30, f"an alarm while every write fails with {name}")
        self.still_watching()
        while time.monotonic() < end and self.alive():
            self.turn(self.devices.names[int(time.monotonic()) % 4])
            pause(0.5)
        if self.alive() and self.resident() > before + GROWTH_MIB:
            raise NotHeld(f"{name}: it grew from {before:.0f} to {self.resident():.0f} MiB")
        if not self.alive():
            ended, self.commune.daemon = self.commune.daemon.returncode, None
            if ended != 75 or "times in a row" not in self.commune.words()[-3000:] or name == "EROFS":
                raise NotHeld(f"{name}: it ended with {ended}: {self.commune.words()[-300:]}")
            self.start_is_refused(["Input/output error"], f"a start while every write fails with {name}")
            self.refuses.unlink()
            took = self.start()
            until(lambda: len(self.broker.heard()) > heard, OVER_WITHIN, "what the devices did meanwhile was told")
            return f"asked for a restart, READY after {took:.1f} s"
        self.refuses.unlink()
        self.recover(heard)
        return "recovered"

    def end(self):
        self.disk.free()
        self.refuses.unlink(missing_ok=True)
        self.commune.end()
        self.broker.end()
        self.devices.end()


def story(house, rounds, mutant):
    commune, disk, devices, broker = house.commune, house.disk, house.devices, house.broker
    house.start()
    devices.close(devices.names[5])
    until(lambda: house.downs() >= 1, 60, "a first down")
    until(lambda: (disk.place / "ballast").exists(), 90, "the ballast")
    for number in range(rounds):
        house.keep_full()
        heard = broker.heard()
        house.still_watching()
        disk.free()
        house.recover(len(heard))
        say(f"{number + 1}: full, alarm, room, recovered; {len(broker.heard())} events heard")
        if mutant:
            continue
        for name in REFUSALS:
            said = house.refuse(name, 75.0 if rounds > 1 else 0.0)
            say(f"{number + 1}: every write failed with {name}, {said}; {len(broker.heard())} events heard")
    until(lambda: (disk.place / "ballast").exists() and (disk.place / "ballast-start").exists(), 90, "the ballast again")

    # A start on a full disk, after a kill.
    commune.kill()
    (disk.place / "ballast").unlink(missing_ok=True)
    disk.fill()
    slowest = house.start()
    disk.free()
    # A directory that cannot be written: refused with a word; READY as soon as it can be again.
    commune.kill()
    disk.remount("ro")
    house.start_is_refused(["Read-only", "CHỈ CHO ĐỌC"], "read-only")
    disk.remount("rw")
    if mutant:
        drop_batch(commune, broker.heard(), heard)
    slowest = max(slowest, house.start())
    for name in devices.names:
        if name not in devices.sockets:
            devices.open(name)
    until(lambda: all(d["state"] == "up" for d in commune.devices().values()) and commune.devices(), 90, "all devices up again")
    until(lambda: not judge(commune, broker.heard(), [], devices)[2], 60, "every event of the log reached the subscriber")
    seen, confirmed, _ = judge(commune, broker.heard(), [], devices)
    # Nothing at all fits: the very first start says what it needs, and works once there is room.
    commune.kill(signal.SIGTERM)
    for entry in disk.place.iterdir():
        if entry.is_file():
            entry.unlink()
    disk.fill()
    house.start_is_refused(["ĐĨA ĐẦY"], "first start on a full disk")
    disk.free()
    slowest = max(slowest, house.start())
    say(f"slowest READY {slowest:.1f} s; {seen} events, {confirmed} confirmed downs")
    return f"{rounds} times full and refusing and back, {seen} events told, none lost"


def inside(rounds, mutant):
    house = House()
    try:
        print(f"held: {story(house, rounds, mutant)}")
    except NotHeld as trouble:
        print(f"not held: {trouble}")
    except Unfit as trouble:
        print(f"unfit: {trouble}")
    finally:
        house.end()


if __name__ == "__main__":
    inside(int(sys.argv[1]), sys.argv[2])
