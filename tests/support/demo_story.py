"""What happens in the demo, when, and how each device has to stand in the end: written down beforehand, never read from the daemon."""
from demo_commune import DEVICES, POINT, RECORDER, WRONG_PASSWORD, behind

BASELINE = 15  # seconds that the daemon has to see everything as it is before the first fault
SETTLE = 33    # after the last event: 3 failing probes, or 2 good ones, some of which wait until their limit
REPAIR = 105   # without --for: everything is repaired then,
CYCLE = 135    #   and the story begins again


class Event:
    """`orders`: (word, device id): off/on, freeze/thaw for the simulators, leave/listen for a speaker's listener."""

    def __init__(self, at, says, *orders):
        self.at, self.says, self.orders = at, says, orders


def power(number, word):
    """Orders for a hamlet's switch and all that it connects."""
    return [(word, device.id) for device in behind(number)]


def listeners(number, word):
    return [(word, device.id) for device in behind(number) if device.listener]


# No server notices at once that a listener has been cut off: for a while it still tells of one that is gone.
EVENTS = [
    Event(0, "Mất điện camera cổng chào ấp 1", ("off", "cam-cong-ap-1")),
    Event(2, "Treo luồng hình camera trường tiểu học ấp 2: vẫn kết nối nhưng hình không về", ("freeze", "cam-truong-ap-2")),
    Event(3, "Treo luồng hình camera chợ ấp 1", ("freeze", "cam-cho-ap-1")),
    Event(5, "Cụm loa nhà văn hóa ấp 1 rời máy chủ truyền thanh, thiết bị vẫn trả lời", ("leave", "loa-nvh-ap-1")),
    Event(6, "Cụm loa trường tiểu học ấp 2 rời máy chủ truyền thanh", ("leave", "loa-truong-ap-2")),
    Event(6, "Đầu ghi mất kênh 1: camera cổng Ủy ban vẫn chạy nhưng điểm giám sát không có hình", ("unplug 1", RECORDER)),
    Event(7, "Đầu ghi thôi ghi hình kênh 2", ("stop-recording 2", RECORDER)),
    Event(7, "Camera bộ phận Một cửa chỉ còn màn hình xanh, luồng vẫn chạy", ("slate", "cam-ubnd-mot-cua")),
    Event(7, "Hỏng chuyển mạch ấp 3: cả ấp mất liên lạc", *power(3, "off")),
    Event(14, "Hỏng chuyển mạch ấp 4: cả ấp mất liên lạc", *power(4, "off")),
    Event(17, "Máy chủ truyền thanh nhận ra cụm loa ấp 3 không còn nghe", *listeners(3, "leave")),
    Event(24, "Máy chủ truyền thanh nhận ra cụm loa ấp 4 không còn nghe", *listeners(4, "leave")),
    Event(30, "Camera cổng chào ấp 1 có điện lại", ("on", "cam-cong-ap-1")),
    Event(33, "Cụm loa trường tiểu học ấp 2 kết nối lại máy chủ truyền thanh", ("listen", "loa-truong-ap-2")),
    Event(36, "Mất điện camera cổng chào ấp 2", ("off", "cam-cong-ap-2")),
    Event(40, "Camera chợ ấp 1 chạy lại", ("thaw", "cam-cho-ap-1")),
    Event(42, "Sửa xong chuyển mạch ấp 3", *power(3, "on"), *listeners(3, "listen")),
]
REPAIRS = Event(REPAIR, "Khắc phục mọi sự cố (trừ mật khẩu sai); lát nữa kịch bản lặp lại",
                ("thaw", "cam-truong-ap-2"), ("listen", "loa-nvh-ap-1"), ("on", "cam-cong-ap-2"), *power(4, "on"),
                *listeners(4, "listen"), ("plug 1", RECORDER), ("record 2", RECORDER), ("clean", "cam-ubnd-mot-cua"))
LENGTH = EVENTS[-1].at
SHORTEST = BASELINE + LENGTH + SETTLE


class End:
    """How a device has to stand: state, reason, its own reason beneath it, whose outage it is; what is warned of while it is up."""

    def __init__(self, state, reason=None, own=None, root=None, warnings=()):
        self.state, self.reason, self.own, self.root, self.warnings = state, reason, own, root, list(warnings)

    def __eq__(self, other):
        return vars(self) == vars(other)

    def __str__(self):
        text = self.state + ("(%s)" % self.reason if self.reason else "")
        return text + (" own=" + self.own if self.own else "") + (" root=" + self.root if self.root else "") + "".join(
            "+" + warning for warning in self.warnings)


# Before the first fault, and in the end.
BEGINNING = {name: End("up") for name in [POINT, RECORDER, *DEVICES]}
BEGINNING[WRONG_PASSWORD] = End("unknown", "bad-password")
ENDING = dict(BEGINNING)
ENDING.update({device.id: End("down", "parent-down", "no-answer", "sw-ap-4") for device in behind(4)})
ENDING.update({"sw-ap-4": End("down", "no-answer"),
               "cam-cong-ap-2": End("down", "no-answer"),
               "cam-truong-ap-2": End("down", "stalled"),
               "loa-nvh-ap-1": End("down", "not-on-monitor", "not-listed"),
               "cam-ubnd-cong": End("down", "not-on-monitor", "offline-on-monitor"),
               "cam-ubnd-san": End("up", warnings=["not-recording"]),
               "cam-ubnd-mot-cua": End("down", "slate")})

# Every outage that the ledger has to tell of: reason, whose, and whether it still lasts. No other.
OUTAGES = {device.id: ("parent-down", "sw-ap-3", False) for device in behind(3)}
OUTAGES.update({name: (end.reason, end.root, True) for name, end in ENDING.items() if end.state == "down"})
OUTAGES.update({"sw-ap-3": ("no-answer", None, False),
                "cam-cong-ap-1": ("no-answer", None, False),
                "cam-cho-ap-1": ("stalled", None, False),
                "loa-truong-ap-2": ("not-on-monitor", None, False)})
# A switch's outage is one incident, whatever hangs on it: opened, closed.
INCIDENTS = {"sw-ap-3": (1, 1), "sw-ap-4": (1, 0)}
