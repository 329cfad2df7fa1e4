"""The processes of the demo: what runs, where it logs, and that nothing of it is left in the end."""
import contextlib
import os
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time

NOBODY, NOGROUP = 65534, 65534  # Debian base-passwd
PORTS = ("mqtt", "icecast", "http", "rtsp", "switch", "recorder")


class Trouble(Exception):
    pass


def free_ports(base):
    """As many ports that nobody uses on any address, from `base` on; without one, wherever there are some."""
    for first in [base] if base else range(18550, 19550, 10):
        ports = {name: first + i for i, name in enumerate(PORTS)}
        with contextlib.ExitStack() as probes:
            try:
                for port in ports.values():
                    probes.enter_context(socket.socket()).bind(("", port))
                return ports
            except OSError as error:
                if base:
                    raise Trouble("cổng %d không dùng được / port %d: %s" % (port, port, error.strerror)) from error
    raise Trouble("không tìm được cổng trống / no free ports")


class Child:
    def __init__(self, name, process, tail):
        self.name, self.process, self.tail, self.begun = name, process, tail, time.monotonic()

    def order(self, *words, patience=10):
        """One line to a simulator, which repeats it when it is carried out."""
        line = " ".join(words)
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        self.hear(line, patience)

    def hear(self, line, patience):
        said = self.process.stdout.readline().rstrip("\n") if self._readable(patience) else "(nothing)"
        if said != line:
            raise Trouble("%s: said '%s' instead of '%s'; %s" % (self.name, said, line, self.tail()))

    def _readable(self, patience):
        return bool(select.select([self.process.stdout], [], [], patience)[0])


class House:
    """A directory of our own and the children in it. Each child has a session of its own, so that Ctrl-C reaches us alone, and the
    kernel ends it with us (PR_SET_PDEATHSIG), so that not even SIGKILL leaves it behind. As root, servers run as nobody."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="commune-watch-demo.")
        self.children = []
        self.groups = []
        os.chmod(self.path, 0o711)  # the servers' own files below may be nobody's
        os.mkdir(self.file("log"))

    def file(self, name):
        return os.path.join(self.path, name)

    def write(self, name, text, mode=0o644, for_server=False):
        descriptor = os.open(self.file(name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        if for_server and os.getuid() == 0:
            os.chown(self.file(name), NOBODY, NOGROUP)
        return self.file(name)

    def start(self, name, *command, as_nobody=False, simulator=False, log=None):
        keeper = ["setpriv", "--pdeathsig", "KILL"]
        if as_nobody and os.getuid() == 0:
            keeper += ["--reuid", str(NOBODY), "--regid", str(NOGROUP), "--clear-groups"]
        with open(self.file("log/%s.log" % name), "a", encoding="utf-8") as out:
            process = subprocess.Popen([*keeper, "--", *command], start_new_session=True, cwd=self.path, text=True,
                                       stdin=subprocess.PIPE if simulator else subprocess.DEVNULL,
                                       stdout=subprocess.PIPE if simulator else log or out, stderr=out)
        child = Child(name, process, lambda: self.tail(name))
        self.children.append(child)
        self.groups.append((process.pid, name))
        return child

    def end(self, child, patience=5):
        """Asks it to end; True if it did. A simulator ends with its orders."""
        if child in self.children:
            self.children.remove(child)
        if child.process.stdin:
            with contextlib.suppress(OSError):
                child.process.stdin.close()
        else:
            child.process.terminate()
        try:
            child.process.wait(patience)
        except subprocess.TimeoutExpired:
            pass
        asked_in_vain = child.process.poll() is None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.process.pid, signal.SIGKILL)  # itself, or what it left
        child.process.wait()
        if child.process.stdout:
            child.process.stdout.close()
        return not asked_in_vain

    def fallen(self):
        """Children that ended by themselves."""
        return [child.name for child in self.children if child.process.poll() is not None]

    def said(self, name):
        with open(self.file("log/%s.log" % name), encoding="utf-8", errors="replace") as file:
            return file.read()

    def tail(self, name, lines=8):
        return "\n".join(self.said(name).splitlines()[-lines:])

    @staticmethod
    def waited_for_cpu(child):
        """Share of its life that a child was ready to run and was not let (Linux Documentation/scheduler/sched-stats.rst)."""
        with open("/proc/%d/schedstat" % child.process.pid, encoding="ascii") as file:
            waited = int(file.read().split()[1]) / 1e9
        return waited / max(0.001, time.monotonic() - child.begun)

    def left_behind(self):
        """Names of children of whose process group somebody is still there."""
        names = []
        for group, name in self.groups:
            for _ in range(20):
                try:
                    os.killpg(group, 0)
                except ProcessLookupError:
                    break
                time.sleep(0.05)
            else:
                names.append(name)
        return names

    def close(self, keep):
        for child in reversed(self.children[:]):
            self.end(child)
        if not keep:
            shutil.rmtree(self.path, ignore_errors=True)
