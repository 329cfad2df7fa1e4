"""Cameras and recorders that lie in thirty ways, beside good ones: the good ones are visited as ever and stay up, nothing dies, memory is bounded.

Judged from outside: the good devices' own log of visits, MQTT, the kernel's account of every process (VmHWM), the processes' numbers. The good
cameras are login.py's; one more with a real picture, where its program is built, loses its decoder by SIGSEGV and by SIGSTOP meanwhile.
A mutant is the release program with one object compiled from a patched copy of its source.
"""
import contextlib
import os
import pathlib
import shlex
import signal
import subprocess
import tempfile
import threading
import time

from faults import login
from support import fault_house, hostile_peers
from support.fault_house import Broker, Commune, NotHeld, Unfit, free_port, head, pause, say, until

INTERVAL, MEDIA_INTERVAL = 2, 5   # seconds
LONGEST_GAP = 8.0                 # between two visits of a good device: a question waits for a slot, never for a liar
MOST_MIB = {"cw-prober": 128, "gateway": 96, "cw-inspector": 192}
MUTANTS = {"searching-xml": ("was left alone for", "the prober was replaced", "good and up")}
LEAST = {"searching-xml": 25}
PATCHES = {
    "searching-xml": ("drivers/xml.cpp", "body.find('<', end))", "body.find('<', at + 1))"),
}


def mutated(mutant, folder):
    """The program with one source patched, linked anew; the inspector stands beside it."""
    build = pathlib.Path(fault_house.PROGRAM).resolve().parent
    name, old, new = PATCHES[mutant]
    text = (fault_house.ROOT / name).read_text(encoding="utf-8")
    if text.count(old) != 1:
        raise Unfit(f"{mutant}: the line to patch is not in {name}")
    commands = subprocess.run(["ninja", "-C", build, "-t", "commands", "commune-watch"], check=True, capture_output=True, text=True).stdout.splitlines()
    source, made = folder / pathlib.Path(name).name, folder / "patched.o"
    source.write_text(text.replace(old, new), encoding="utf-8")
    compiling = [line for line in commands if line.endswith(f"-c {fault_house.ROOT / name}")]
    if len(compiling) != 1:
        raise Unfit(f"{mutant}: {build} does not say how it compiles {name}")
    words = shlex.split(compiling[0])
    words[words.index("-o") + 1], words[-1] = str(made), str(source)
    words[words.index("-MF") + 1] = str(folder / "patched.d")
    subprocess.run(words, cwd=build, check=True, capture_output=True)
    program = folder / "commune-watch"
    linking = shlex.split(commands[-1].removeprefix(": && ").removesuffix(" && :"))
    at = linking.index("-o")
    linking[at + 1] = str(program)
    linking.insert(at, str(made))
    subprocess.run(linking, cwd=build, check=True, capture_output=True)
    with contextlib.suppress(FileNotFoundError):
        (folder / "commune-watch-inspector").symlink_to((build / "commune-watch-inspector").resolve(strict=True))
    return str(program)


class GoodCamera(login.Camera):
    """Keeps when it was visited."""

    def __init__(self, address):
        self.times = []
        super().__init__(address, login.DIGEST, accepts=login.GOOD)

    def process_request(self, request, address):
        self.times.append(time.monotonic())
        super().process_request(request, address)


class Family:
    """The daemon's processes as the kernel tells of them."""

    def __init__(self, gateway):
        self.gateway, self.most, self.probers, self.ended = gateway, {}, set(), False
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def members(self):
        """pid → name."""
        found = {self.gateway: "gateway"}
        with contextlib.suppress(OSError):
            for pid in pathlib.Path(f"/proc/{self.gateway}/task/{self.gateway}/children").read_text().split():
                with contextlib.suppress(OSError):
                    found[int(pid)] = pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
        return found

    def inspectors(self):
        return [pid for pid, name in self.members().items() if name == "cw-inspector"]

    def watch(self):
        while not self.ended:
            for pid, name in self.members().items():
                if name == "cw-prober":
                    self.probers.add(pid)
                with contextlib.suppress(OSError, IndexError):
                    status = pathlib.Path(f"/proc/{pid}/status").read_text()
                    mib = int(status.split("VmHWM:")[1].split()[0]) / 1024
                    self.most[name] = max(self.most.get(name, 0), mib)
            pause(0.1)

    def end(self):
        self.ended = True
        self.thread.join()


def place(name):
    return f'\n[[place]]\nid = "p-{name}"\nname = "{name}"\nkind = "other"\nhamlet = "ap-1"\n'


def liar_text(name, driver, address, port):
    if driver == "rtsp":
        return place(name) + (f'\n[[camera]]\nid = "{name}"\nname = "{name}"\nplace = "p-{name}"\ndriver = "rtsp"\nlogin = "liar"\n'
                              f'url = "rtsp://{address}:{port}/live"\n')
    more = 'list = "/items"\nkey = "/name"\nstate = "/ready"\nonline = ["true"]\n' if driver == "http-map" else ""
    return place(name) + (f'\n[[monitoring_point]]\nid = "{name}"\nname = "{name}"\nplace = "p-{name}"\ndriver = "{driver}"\nlogin = "liar"\n'
                          f'url = "http://{address}:{port}"\nrole = "commune"\n{more}')


def wound_inspectors(family, over):
    """SIGSEGV, then SIGSTOP, in turn."""
    turn = 0
    while not over.wait(9):
        for pid in family.inspectors():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, (signal.SIGSEGV, signal.SIGSTOP)[turn % 2])
                turn += 1
    return turn


def judge(good, family, began, ended, heard, prober):
    for name, camera in good.items():
        times = [began, *[at for at in camera.times if began <= at <= ended], ended]
        gap = max(b - a for a, b in zip(times, times[1:]))
        if gap > LONGEST_GAP:
            raise NotHeld(f"{name} was left alone for {gap:.1f} s")
    fallen = [e["device"] for e in heard if e.get("type") == "change" and e["to"]["state"] == "down" and str(e["device"]).startswith("tot-")]
    if fallen:
        raise NotHeld(f"down, and nothing was wrong with it: {fallen[:3]}")
    if family.probers != {prober}:
        raise NotHeld(f"the prober was replaced {len(family.probers) - 1} times")
    for name, most in MOST_MIB.items():
        if family.most.get(name, 0) > most:
            raise NotHeld(f"{name} took {family.most[name]:.0f} MiB, more than {most}")


def run(rounds, mutant):
    """`rounds`: seconds of it."""
    port, seconds = free_port(), rounds or 60
    folder = pathlib.Path(tempfile.mkdtemp(prefix="commune-watch-hostile."))
    usual = fault_house.PROGRAM
    street = None
    good = {f"tot-{i}": GoodCamera((f"127.23.0.{i}", port)) for i in range(1, 5)}
    liars, text = {}, head(interval=f"{INTERVAL}s", recheck="500ms", media=f"{MEDIA_INTERVAL}s", limit="4s")
    text += f'\n[login.liar]\nusername = "monitor"\npassword = "{login.PASSWORD}"\n'
    for i, name in enumerate(good, 1):
        text += login.camera_text(name, f"127.23.0.{i}", port, "good")
    behaviours = {name: ("rtsp", lie) for name, lie in hostile_peers.cameras().items()}
    behaviours |= {name: (driver, {"instead": lie}) for name, (driver, lie) in hostile_peers.recorders().items()}
    for i, (name, (driver, lie)) in enumerate(behaviours.items(), 1):
        liars[name] = hostile_peers.Liar((f"127.22.0.{i}", port), **lie)
        text += liar_text(name, driver, f"127.22.0.{i}", port)
    build = pathlib.Path(usual).resolve().parent
    if (build / "street_camera").exists():
        street = subprocess.Popen([build / "street_camera", "99:0", "monitor", login.GOOD, "7"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        at = int(street.stdout.readline().split()[1])
        text += login.camera_text("tot-hinh", "127.0.0.99", at, "good") + 'picture_interval = "6s"\n'
    broker = Broker(folder)
    broker.start()
    commune = family = None
    over = threading.Event()
    try:
        if mutant:
            fault_house.PROGRAM = mutated(mutant, folder)
        commune = Commune(text, broker.port)
        broker.read()
        commune.start()
        family = Family(commune.daemon.pid)
        state = lambda name: commune.devices().get(name, {"state": "?"})["state"]
        if not mutant:
            until(lambda: all(state(name) == "up" for name in good), 30, "the good cameras up")
        prober = next((pid for pid, name in family.members().items() if name == "cw-prober"), None)
        wounds = threading.Thread(target=wound_inspectors, args=(family, over), daemon=True)
        wounds.start()
        began = time.monotonic()
        while time.monotonic() < began + seconds:
            pause(1)
            if commune.daemon.poll() is not None:
                raise NotHeld("the gateway ended")
        ended = time.monotonic()
        over.set()
        told = commune.devices()
        judge(good, family, began, ended, broker.heard(), prober)
        names = [*good, *(["tot-hinh"] if street else [])]
        until(lambda: all(state(name) == "up" for name in names), 30, f"good and up: {[(n, state(n)) for n in names]}")
        # A recorder that answers is there, whatever it says of its channels; and a picture that never could be decoded is not held against
        # a camera whose media flow (another codec than ours would look like that).
        believed = [name for name in hostile_peers.cameras() if told[name]["state"] == "up" and name != "jpeg-vo-ly"]
        if believed:
            raise NotHeld(f"believed: {believed}")
        idle = [name for name, liar in liars.items() if liar.visits < 2]
        if idle:
            raise Unfit(f"never asked again: {idle}")
        given = [name for name, liar in liars.items() if liar.credentialed]
        if given:
            raise NotHeld(f"given a login without asking for one as Digest does: {given}")
        for name, liar in liars.items():
            reason = (told[name]["reason"] or {}).get("code", "-")
            say(f"  {name:20} {told[name]['state']:8} {reason:20} {liar.visits:3} visits, {liar.sent / 1048576:6.1f} MiB sent to them")
        say("  most memory: " + ", ".join(f"{name} {mib:.0f} MiB" for name, mib in sorted(family.most.items())) +
            f"; visits of good cameras: {[len(camera.times) for camera in good.values()]}; probers: {len(family.probers)}")
        return f"{len(liars)} liars for {seconds} s"
    finally:
        over.set()
        fault_house.PROGRAM = usual
        if family:
            family.end()
        if commune:
            commune.end()
        broker.end()
        for server in [*good.values(), *liars.values()]:
            server.shutdown()
            server.server_close()
        if street:
            street.stdin.close()
            street.kill()
            street.wait()
            street.stdout.close()
        for file in sorted(folder.rglob("*"), reverse=True):
            file.unlink() if file.is_file() or file.is_symlink() else file.rmdir()
        folder.rmdir()
