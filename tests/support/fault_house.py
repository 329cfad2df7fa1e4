"""What the fault programmes share: the release binary under a configuration, real mosquitto, an outside reader, and devices
whose truth is kept by themselves. Nothing here knows what the daemon believes."""
import contextlib
import http.client
import json
import os
import pathlib
import select
import selectors
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("COMMUNE_WATCH", str(ROOT / "build" / "release" / "commune-watch"))


class NotHeld(Exception):
    """The property under test does not hold."""


class Unfit(Exception):
    """The house itself is broken: nothing was tested."""


def pause(seconds):
    select.select([], [], [], seconds)


def until(condition, seconds, what):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        pause(0.05)
    raise NotHeld(f"after {seconds} s still not: {what}")


def free_port(address="127.0.0.1"):
    with socket.socket() as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


class Devices:
    """TCP listeners on addresses of their own that open and close on command; `log` is their own account of it."""

    def __init__(self, count, port):
        self.port = port
        self.names = [f"dev-{i:03}" for i in range(count)]
        self.addresses = {name: f"127.20.{i // 200}.{i % 200 + 1}" for i, name in enumerate(self.names)}
        self.log = {name: [] for name in self.names}  # (UTC seconds, open?)
        self.sockets = {}
        self.lock = threading.Lock()
        self.selector = selectors.DefaultSelector()
        self.ending = False
        for name in self.names:
            self.open(name)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def open(self, name):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self.addresses[name], self.port))
        listener.listen(64)
        listener.setblocking(False)
        with self.lock:
            self.sockets[name] = listener
            self.selector.register(listener, selectors.EVENT_READ)
            self.log[name].append((time.time(), True))

    def close(self, name):
        with self.lock:
            listener = self.sockets.pop(name)
            self.log[name].append((time.time(), False))
            self.selector.unregister(listener)
            listener.close()

    def serve(self):
        while not self.ending:
            with self.lock:
                ready = [key.fileobj for key, _ in self.selector.select(0)]
            for listener in ready:
                with contextlib.suppress(OSError):
                    while True:
                        listener.accept()[0].close()
            pause(0.02)

    def was_closed(self, name, at, slack):
        """Whether the device was closed at some moment within `slack` seconds of `at`."""
        marks = self.log[name] + [(time.time(), None)]
        for (start, is_open), (end, _) in zip(marks, marks[1:]):
            if not is_open and start - slack <= at <= end + slack:
                return True
        return False

    def end(self):
        self.ending = True
        self.thread.join()
        for listener in self.sockets.values():
            listener.close()


class Commune:
    """A state directory, a configuration, and the daemon under them."""

    def __init__(self, configuration, mqtt_port=None):
        if not pathlib.Path(PROGRAM).exists():
            raise SystemExit(f"{PROGRAM} is not built: cmake --preset release && cmake --build build/release")
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="commune-watch-fault."))
        self.mqtt_port = mqtt_port
        self.configure(configuration)
        self.daemon = None
        self.output = open(self.directory / "daemon.log", "ab")

    def configure(self, configuration):
        text = configuration
        if self.mqtt_port:
            text += f'\n[mqtt]\nurl = "mqtt://127.0.0.1:{self.mqtt_port}"\n'
        (self.directory / "gateway.toml").write_text(text, encoding="utf-8")

    @property
    def database(self):
        return self.directory / "state" / "commune-watch.db"

    def tamper(self, *statements):
        """Breaks what a stopped daemon believes, as the known-bad variant of a programme does."""
        with contextlib.closing(sqlite3.connect(self.database)) as database, database:
            for statement in statements:
                if database.execute(statement).rowcount == 0:
                    raise Unfit(f"there was nothing to break: {statement}")

    def options(self):
        return ["--config", self.directory / "gateway.toml", "--state", self.directory / "state", "--socket",
                self.directory / "api.sock"]

    def start(self):
        self.daemon = subprocess.Popen([PROGRAM, *self.options(), "run"], stderr=self.output, stdout=self.output,
                                       stdin=subprocess.DEVNULL)
        until(lambda: self.get("/api/v1/logins") is not None or self.daemon.poll() is not None, 30, "the daemon answers")
        if self.daemon.poll() is not None:
            raise Unfit("the daemon did not start: " + self.words()[-500:])

    def words(self):
        return (self.directory / "daemon.log").read_text(encoding="utf-8", errors="replace")

    def kill(self, how=signal.SIGKILL):
        self.daemon.send_signal(how)
        code = self.daemon.wait(60)
        self.daemon = None
        return code

    def children(self):
        """The prober, and the inspector if a picture was wanted since; oldest first."""
        try:
            return [int(pid) for pid in pathlib.Path(f"/proc/{self.daemon.pid}/task/{self.daemon.pid}/children").read_text().split()]
        except OSError:
            return []

    def prober(self):
        return next(iter(self.children()), None)

    def request(self, path, read=lambda response: response.read(), patience=10):
        connection = http.client.HTTPConnection("localhost", timeout=patience)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(patience)
        with contextlib.closing(connection):
            connection.sock.connect(str(self.directory / "api.sock"))
            connection.request("GET", path)
            response = connection.getresponse()
            return read(response) if response.status == 200 else None

    def get(self, path):
        try:
            body = self.request(path)
        except OSError:
            return None
        return json.loads(body) if body is not None else None

    def events(self, first=0, quiet=3.0):
        """Every event of the log from `first` on, by the API's live stream, until it is quiet, or for a while if it never is."""
        end = time.monotonic() + 5 * quiet

        def read(response):
            found = []
            try:
                for line in response:
                    if line.startswith(b"data: "):
                        found.append(json.loads(line[6:]))
                        if time.monotonic() > end:
                            break
            except TimeoutError:
                pass
            return found + [None]  # never empty, so that an answer is told from a refusal

        return until(lambda: self.request(f"/api/v1/events?from={first}", read, quiet), 30, "a place for a live reader")[:-1]

    def devices(self):
        status = self.get("/api/v1/status")
        return {device["id"]: device for device in status["devices"]} if status else {}

    def end(self):
        if self.daemon is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.kill(signal.SIGTERM)
        self.output.close()
        shutil.rmtree(self.directory, ignore_errors=True)


class Broker:
    """Real mosquitto with nothing dropped for slow readers, and a reader with a session that outlives its own absence."""

    def __init__(self, directory):
        self.port = free_port()
        self.directory = pathlib.Path(directory)
        self.file = self.directory / "mosquitto.conf"
        self.file.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nmax_inflight_messages 0\n"
            f"persistence true\npersistence_location {self.directory}/\nlog_type error\n" + ("user root\n" if os.getuid() == 0 else ""))
        self.record = self.directory / "heard"
        self.broker = self.reader = None

    def start(self):
        self.broker = subprocess.Popen(["/usr/sbin/mosquitto", "-c", self.file], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(self.answers, 20, "mosquitto answers")

    def answers(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def read(self, persistent=True):
        out = open(self.record, "ab")
        words = ["mosquitto_sub", "-p", str(self.port), "-q", "1", "-i", "outside", "-t", "commune-watch/v1/+/+/dev/+/event",
                 "-t", "commune-watch/v1/+/+/place/+/event", "-F", "%p"]
        self.reader = subprocess.Popen(words + (["-c"] if persistent else []), stdout=out, stderr=subprocess.DEVNULL)
        out.close()

    def heard(self):
        events = []
        if self.record.exists():
            for line in self.record.read_text(encoding="utf-8").splitlines():
                with contextlib.suppress(json.JSONDecodeError):  # the line being written
                    events.append(json.loads(line))
        return events

    def stop(self):
        if self.broker is not None:
            self.broker.terminate()
            self.broker.wait(30)
            self.broker = None

    def end(self):
        if self.reader is not None:
            self.reader.terminate()
            self.reader.wait(30)
        self.stop()


HEAD = """
[commune]
id = "tan-phu-28765"
code = "28765"
name = "Xã Tân Phú"
province = "Bến Tre"

[gateway]
id = "gw1"
simulated = true
clock = "host"
interval = "{interval}"
recheck = "{recheck}"
media_interval = "{media}"
limit = "{limit}"

[[hamlet]]
id = "ap-1"
name = "Ấp 1"

[[place]]
id = "nvh-ap-1"
name = "Nhà văn hóa ấp 1"
kind = "culture-house"
hamlet = "ap-1"
"""


def head(interval="1s", recheck="200ms", media="2s", limit="3s", picture=None):
    text = HEAD.format(interval=interval, recheck=recheck, media=media, limit=limit)
    return text.replace("recheck =", f'picture_interval = "{picture}"\nrecheck =') if picture else text


def tcp_devices(devices):
    """Each in a place of its own: this is about devices, not about what a mains cut looks like."""
    text = ""
    for name in devices.names:
        text += f'\n[[place]]\nid = "p-{name}"\nname = "{name}"\nkind = "other"\nhamlet = "ap-1"\n'
        text += (f'\n[[access_point]]\nid = "{name}"\nname = "{name}"\nplace = "p-{name}"\ndriver = "tcp"\n'
                 f'host = "{devices.addresses[name]}"\nport = {devices.port}\n')
    return text


def say(text):
    print(text, file=sys.stderr, flush=True)
