"""The power is cut under the store at every kind of operation, on a disk that loses and tears what was not synced (crash_vfs.cpp).

The oracle is the program that used the store: what commit() acknowledged, and what its subscriber was told.
"""
import pathlib
import subprocess

from support.fault_house import PROGRAM, NotHeld, Unfit, say

MUTANTS = {"synchronous-normal": ("acknowledged records after",), "cursor-ahead": ("the cursor is ahead",)}
LEAST = {"synchronous-normal": 100, "cursor-ahead": 100}  # rounds that catch it


def run(rounds, mutant):
    build = pathlib.Path(PROGRAM).parent
    subprocess.run(["cmake", "--build", build, "--target", "crash_vfs"], check=True, stdout=subprocess.DEVNULL)
    words = [build / "crash_vfs", "--rounds", str(rounds or 1500)] + (["--mutant", mutant] if mutant else [])
    done = subprocess.run(words, stdout=subprocess.PIPE, encoding="utf-8", check=False)
    told = done.stdout.strip().splitlines()
    if done.returncode not in (0, 1) or not told:
        raise Unfit(f"crash_vfs ended with {done.returncode}: {told[-1:]}")
    say("\n".join(told[:-1]))
    if done.returncode == 1:
        raise NotHeld("; ".join([line for line in told if line.startswith("round ")] + told[-1:]))
    return told[-1].split(": ", 1)[1]
