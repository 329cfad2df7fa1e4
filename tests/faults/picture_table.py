"""Verdicts on pictures whose truth is known, because they are painted (tests/inspect/scenes.cpp): seven weathers by seven
states of the camera, each camera with two days of a past of its own, through x264 at 512 kbit/s and the inspector's decoder.
The mutants judge by what the numbers alone suggest, as other programs do."""
import collections
import subprocess

from support.fault_house import ROOT, NotHeld, Unfit, say

FIRST_SEED = 1_000  # not those that the thresholds were looked at with
ENOUGH, CLEAN_FRAMES = 0.95, 500
MUTANTS = {"blind-to-fog": ("alarms on clean",), "blind-to-focus": ("verdicts are right",)}
LEAST = {"blind-to-fog": 2, "blind-to-focus": 3}


def run(rounds, mutant):
    cameras = rounds or (12 if not mutant else 4)
    subprocess.run(["cmake", "--preset", "release"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", "build/release", "--target", "picture_table"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    done = subprocess.run([ROOT / "build/release/picture_table", str(FIRST_SEED), str(cameras), *([mutant] if mutant else [])],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unfit(f"picture_table: exit code {done.returncode}: {done.stderr[-300:]}")
    table, weathers = collections.OrderedDict(), []
    alarms = frames = 0
    for line in done.stdout.splitlines():
        word, *rest = line.split()
        if word == "row":
            name, weather, right, tried = rest[0], rest[1], int(rest[2]), int(rest[3])
            table.setdefault(name, {})[weather] = (right, tried)
            if weather not in weathers:
                weathers.append(weather)
        elif word == "clean":
            alarms, frames = map(int, rest)
        elif word == "alarm":
            say(line)
    say(f"{'':10}" + "".join(f"{weather:>9}" for weather in weathers))
    for name, row in table.items():
        say(f"{name:10}" + "".join(f"{row[w][0]:>5}/{row[w][1]:<3}" for w in weathers))
    right, tried = (sum(cell[i] for row in table.values() for cell in row.values()) for i in (0, 1))
    if not tried or not frames:
        raise Unfit("the table is empty")
    say(f"{right} of {tried} verdicts, {alarms} alarms on {frames} clean frames")
    if alarms:
        raise NotHeld(f"{alarms} alarms on clean frames, of {frames}")
    if right < ENOUGH * tried:
        raise NotHeld(f"only {right} of {tried} verdicts are right")
    if frames < CLEAN_FRAMES and not mutant:
        raise Unfit(f"{frames} clean frames are too few to say so")
    return f"{100 * right / tried:.1f} % of {tried} verdicts right, {alarms} alarms on {frames} clean frames"
