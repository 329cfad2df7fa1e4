"""What one sees of the demo: the daemon's own table, kept fresh in a terminal or printed now and then, and what just happened."""
import os
import re
import shutil
import subprocess
import sys

COLOUR = re.compile("\x1b\\[[0-9;]*m")


class Show:
    def __init__(self, command, begun):
        self.command = command  # commune-watch status …
        self.begun = begun      # a clock: seconds since the daemon was ready
        self.live = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self.said = []
        self.shown = False
        self.next = 0.0 if self.live else 10.0

    def say(self, text):
        self.said.append("[%4.0f giây] %s" % (self.begun(), text))
        if not self.live:
            print(self.said[-1], flush=True)

    def look(self):
        """The table again, when it is time: every two seconds in a terminal, else every twenty."""
        if self.begun() < self.next:
            return
        self.next = self.begun() + (2 if self.live else 20)
        if not self.live:
            print("\n%s" % self.table(), flush=True)
            return
        width, height = shutil.get_terminal_size()
        below = ["", *self.said[-6:], "", "Ctrl-C: dừng"]
        lines = self._fit(self.table().splitlines(), height - 1 - len(below)) + below
        begin = "\x1b[H" if self.shown else "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[H"  # a screen of its own, no cursor, no wrapped lines
        self.shown = True
        sys.stdout.write(begin + "".join(line + "\x1b[K\n" for line in lines[:height - 1]) + "\x1b[J")
        sys.stdout.flush()

    def close(self):
        """Back to the ordinary screen, with all that happened."""
        if self.shown:
            self.shown = False
            sys.stdout.write("\x1b[?7h\x1b[?25h\x1b[?1049l")
            print("\n".join(self.said), flush=True)

    def table(self):
        """What `commune-watch status` prints; through a terminal of its own where we have one, so that it is coloured as there."""
        if not sys.stdout.isatty():
            return subprocess.run(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  text=True, check=False).stdout
        ours, its = os.openpty()
        with subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=its, stderr=its):
            os.close(its)
            text = b""
            try:
                while piece := os.read(ours, 65536):
                    text += piece
            except OSError:  # EIO: the other side has been closed
                pass
            os.close(ours)
        return text.decode(errors="replace").replace("\r\n", "\n")

    @staticmethod
    def _fit(lines, height):
        """Too many for the window: those that are simply up give way first, then what is left at the bottom; never the sums."""
        if len(lines) <= height:
            return lines
        kept = [line for line in lines[:-1] if not re.search(r" hoạt động +\S+ \S+$", COLOUR.sub("", line))][:max(0, height - 2)]
        return [*kept, "… và %d dòng không hiện vì cửa sổ thấp" % (len(lines) - 1 - len(kept)), lines[-1]]
