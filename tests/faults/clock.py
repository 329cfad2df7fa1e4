"""Clocks that lie: steps of two hours under a running daemon, and thousands of days of boots with wrong, lost and found clocks.

Oracles: the devices' own account of when they were asked and when they were closed (on clocks that no step touches), and the schedule of
tests/store/clock_schedule.hpp, which knows the true time. The daemon's wall clock is moved by libfaketime, which leaves boot time and
monotonic time alone; nobody sets the machine's clock.
"""
import os
import pathlib
import subprocess
import time

from support.fault_house import PROGRAM, ROOT, Commune, Devices, NotHeld, Unfit, free_port, head, pause, say, tcp_devices, until

MUTANTS = {"wall-clock-durations": ("ms long",), "believed-clock": ("more than a tick off",), "frozen-schedule": ("was not asked for",)}
LEAST = {"wall-clock-durations": 10, "believed-clock": 60, "frozen-schedule": 10}  # rounds that catch it
LIBRARIES = sorted(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
DEVICES = 20
INTERVAL, LATE = 1.0, 1.0  # seconds: asked every second; a step may not delay a question by a second
SLACK = 2.5                # of an event's time: an interval, a recheck and a busy machine
HOLD = 8                   # seconds that each wrong time stands
STEPS = (0, 7200, 0, -7200, 0, -34 * 86400, 7200, -7200, 0)


class Asked(Devices):
    """Devices that note when they are asked, in monotonic time."""

    def __init__(self, count, port):
        self.asked = {f"dev-{i:03}": [] for i in range(count)}
        super().__init__(count, port)

    def serve(self):
        while not self.ending:
            with self.lock:
                ready = [(name, listener) for name, listener in self.sockets.items()
                         if any(key.fileobj is listener for key, _ in self.selector.select(0))]
            for name, listener in ready:
                try:
                    while True:
                        listener.accept()[0].close()
                        self.asked[name].append(time.monotonic())
                except OSError:
                    pass
            pause(0.02)


class Bent(Commune):
    """A daemon whose wall clock is what it is told to be."""

    def __init__(self, configuration):
        super().__init__(configuration)
        self.file = self.directory / "faketime"
        self.step(0)

    def step(self, seconds):
        fresh = self.file.with_suffix(".new")
        fresh.write_text(f"{seconds:+}\n", encoding="ascii")
        fresh.replace(self.file)

    def start(self):
        os.environ.update(LD_PRELOAD=str(LIBRARIES[0]), FAKETIME_TIMESTAMP_FILE=str(self.file), FAKETIME_NO_CACHE="1",
                          FAKETIME_DONT_FAKE_MONOTONIC="1", DONT_FAKE_MONOTONIC="1", NO_FAKE_STAT="1")
        try:
            super().start()
        finally:
            for name in ("LD_PRELOAD", "FAKETIME_TIMESTAMP_FILE", "FAKETIME_NO_CACHE", "FAKETIME_DONT_FAKE_MONOTONIC", "DONT_FAKE_MONOTONIC", "NO_FAKE_STAT"):
                os.environ.pop(name, None)

    def wall(self):
        return (self.get("/api/v1/clock") or {}).get("wall_ms", 0) / 1000


def gaps(devices, begun, ended):
    """The longest time that each device was not asked for, while it was open."""
    for name in devices.names[1:]:  # the first is the one that fails
        times = [begun] + [at for at in devices.asked[name] if begun <= at <= ended] + [ended]
        yield max(later - earlier for earlier, later in zip(times, times[1:])), name


def daemon_under_steps(mutant):
    if not LIBRARIES:
        raise Unfit("libfaketime is not installed: scripts/setup")
    devices = Asked(DEVICES, free_port())
    commune = Bent(head().replace('clock = "host"', 'clock = "ntp"') + tcp_devices(devices))
    try:
        commune.start()
        until(lambda: all(d["state"] == "up" for d in commune.devices().values()) and commune.devices(), 60, "all devices up")
        told = subprocess.run([PROGRAM, *commune.options(), "clock", "set", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())],
                              capture_output=True, text=True, check=False)
        if told.returncode != 0:
            raise Unfit("nobody may say what time it is: " + told.stdout + told.stderr)
        begun = time.monotonic()
        closed = []
        for seconds in STEPS:
            commune.step(seconds)
            until(lambda s=seconds: abs(commune.wall() - time.time() - s) < 2, 10, f"the daemon's wall clock is {seconds:+} s off")
            if mutant == "frozen-schedule" and seconds == -7200:  # what a schedule by the wall clock does when that goes back
                os.kill(commune.prober(), 19)
                pause(4)
                os.kill(commune.prober(), 18)
            if seconds:
                closed.append(time.time())
                devices.close(devices.names[0])
                pause(HOLD / 2)
                devices.open(devices.names[0])
            pause(HOLD / 2 if seconds else HOLD)
        ended = time.monotonic()
        worst, name = max(gaps(devices, begun, ended))
        if worst > INTERVAL + LATE:
            raise NotHeld(f"{name} was not asked for {worst:.2f} s over the steps, at an interval of {INTERVAL:.0f} s")
        until(lambda: commune.devices()[devices.names[0]]["state"] == "up", 20, "the first device up again")
        downs = [e for e in commune.events(0, 2.0) if e["kind"] == "change" and e["entry"]["to"]["state"] == "down"]
        history = [s["from_ms"] / 1000 for s in commune.get(f"/api/v1/history/{devices.names[0]}?period=24h")["spans"] if s["state"] == "down"]
        if len(history) != len(closed) or len(downs) != len(closed):
            raise NotHeld(f"closed {len(closed)} times, but {len(history)} outages and {len(downs)} events")
        for at, span in zip(closed, history):
            if not -1.5 <= span - at <= SLACK:  # the word was whole seconds
                raise NotHeld(f"closed at {at:.1f}, down from {span:.1f}: more than a tick off" if abs(span - at) > 60 else
                              f"closed at {at:.1f}, down from {span:.1f}")
        say(f"{len(STEPS)} wall clocks, {sum(len(times) for times in devices.asked.values())} questions, longest silence {worst:.2f} s, "
            f"{len(history)} outages at their true time")
        return worst
    finally:
        commune.end()
        devices.end()


def schedules(rounds, mutant):
    program = pathlib.Path(PROGRAM).with_name("store_tests")
    if not program.exists() and program.parent == ROOT / "build" / "release":
        subprocess.run(["cmake", "--build", program.parent, "--target", "store_tests"], check=True, stdout=subprocess.DEVNULL)
    if not program.exists():
        raise Unfit(f"{program} is not built")
    done = subprocess.run([program, "--gtest_filter=ClockSchedules.*"], capture_output=True, text=True, check=False,
                          env={**os.environ, "CW_CLOCK_ROUNDS": str(rounds), "CW_CLOCK_MUTANT": mutant})
    told = [line for line in done.stdout.splitlines() if line.startswith("clock: ")]
    if done.returncode != 0:
        faults = [line.strip() for line in done.stdout.splitlines() if "(seed " in line]
        raise NotHeld(faults[0] if faults else done.stdout[-500:] + done.stderr[-500:])
    if not told:
        raise Unfit("the schedules did not run")
    say(told[0])
    return told[0].removeprefix("clock: ")


def run(rounds, mutant):
    told = "" if mutant == "frozen-schedule" else schedules(rounds or 10_000, mutant)
    if mutant in ("", "frozen-schedule"):
        worst = daemon_under_steps(mutant)
        told += f"; longest silence {worst:.2f} s over steps of 2 h"
    return told
