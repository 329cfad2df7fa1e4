"""A disk that fills up under the real daemon, on a small tmpfs of a user namespace: it goes on watching, says so, loses nothing that was
told, comes back by itself, and starts on a full disk.

The oracle is an MQTT subscriber: what it heard has to be in the log afterwards, as it was told.
"""
import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import time

MUTANTS = {"dropped-batch": ("are not in the log",)}
SIZE_MIB = 40
READY_WITHIN, OVER_WITHIN = 10.0, 30.0   # seconds


def run(rounds, mutant):
    """Mounts need a namespace: the programme runs itself again inside one."""
    from support.fault_house import NotHeld, Unfit
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


def inside(rounds, mutant):
    from faults.kill9 import judge, lose_a_record
    from support.fault_house import Broker, Commune, Devices, NotHeld, Unfit, free_port, head, pause, say, tcp_devices, until

    devices = Devices(8, free_port())
    commune = Commune("")
    broker = Broker(commune.directory)
    commune.mqtt_port = broker.port
    commune.configure(head() + tcp_devices(devices))
    disk = Disk(commune.directory / "state")

    def alarm(part):
        return any(part in text for text in (commune.get("/api/v1/status") or {}).get("alarms", []))

    def turn(name):
        (devices.close if name in devices.sockets else devices.open)(name)

    def downs():
        return sum(1 for event in broker.heard() if event.get("type") == "change" and event["to"]["state"] == "down")

    def keep_full(until_alarm):
        end = time.monotonic() + 90
        while not until_alarm():
            if time.monotonic() > end:
                raise NotHeld("the disk is full and no alarm says so")
            disk.fill()
            turn(devices.names[int(time.monotonic()) % 4])
            pause(0.5)

    try:
        broker.start()
        broker.read()
        commune.start()
        devices.close(devices.names[5])
        until(lambda: downs() >= 1, 60, "a first down")
        until(lambda: (disk.place / "ballast").exists(), 90, "the ballast")
        for number in range(rounds):
            # Full: the ballast goes first, then an alarm; the daemon watches on.
            keep_full(lambda: alarm("KHÔNG GHI ĐƯỢC"))
            if (disk.place / "ballast").exists():
                raise NotHeld("the disk is full and the ballast was not given up")
            heard = len(broker.heard())
            turn(devices.names[6])
            pause(8.0)
            if (commune.devices().get(devices.names[6], {}).get("state") == "down") != (devices.names[6] not in devices.sockets):
                raise NotHeld("nobody watches while the disk is full")
            # Room again: nothing that waited is lost, and the alarm is over.
            disk.free()
            until(lambda: not alarm("KHÔNG GHI ĐƯỢC"), OVER_WITHIN, "the alarm is over")
            until(lambda: len(broker.heard()) > heard, OVER_WITHIN, "what waited was told")
            say(f"{number + 1}: full, alarm, room, recovered; {len(broker.heard())} events heard")
        until(lambda: (disk.place / "ballast").exists() and (disk.place / "ballast-start").exists(), 90, "the ballast again")

        # A start on a full disk, after a kill.
        commune.kill()
        if mutant:
            lose_a_record(commune)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(disk.place / "ballast")
        disk.fill()
        begun = time.monotonic()
        commune.start()
        took = time.monotonic() - begun
        if took > READY_WITHIN:
            raise NotHeld(f"on a full disk it answers after {took:.1f} s")
        disk.free()
        # A directory that cannot be written: refused with a word; then as before.
        commune.kill()
        disk.remount("ro")
        refused = subprocess.run([str(word) for word in ["timeout", "20", program(), *commune.options(), "run"]], stderr=subprocess.PIPE,
                                 stdout=subprocess.DEVNULL, encoding="utf-8", check=False)
        if refused.returncode != 1 or "Read-only" not in refused.stderr:
            raise NotHeld(f"read-only: ended with {refused.returncode}, saying {refused.stderr[-200:]!r}")
        disk.remount("rw")
        commune.start()
        for name in devices.names:
            if name not in devices.sockets:
                devices.open(name)
        until(lambda: all(d["state"] == "up" for d in commune.devices().values()) and commune.devices(), 90, "all devices up again")
        until(lambda: not judge(commune, broker.heard(), [], devices)[2], 60, "every event of the log reached the subscriber")
        seen, confirmed, _ = judge(commune, broker.heard(), [], devices)
        # Nothing at all fits: the very first start says what it needs.
        commune.kill(signal.SIGTERM)
        for entry in disk.place.iterdir():
            if entry.is_file():
                entry.unlink()
        disk.fill()
        refused = subprocess.run([str(word) for word in ["timeout", "20", program(), *commune.options(), "run"]], stderr=subprocess.PIPE,
                                 stdout=subprocess.DEVNULL, encoding="utf-8", check=False)
        if refused.returncode != 1 or "ĐĨA ĐẦY" not in refused.stderr:
            raise NotHeld(f"first start on a full disk: ended with {refused.returncode}, saying {refused.stderr[-200:]!r}")
        say(f"start on the full disk answered in {took:.1f} s; {seen} events, {confirmed} confirmed downs")
        print(f"held: {rounds} times full and back, {seen} events told, none lost")
    except NotHeld as trouble:
        print(f"not held: {trouble}")
    except Unfit as trouble:
        print(f"unfit: {trouble}")
    finally:
        disk.free()
        commune.end()
        broker.end()
        devices.end()


def program():
    from support.fault_house import PROGRAM
    return PROGRAM


if __name__ == "__main__":
    inside(int(sys.argv[1]), sys.argv[2])
