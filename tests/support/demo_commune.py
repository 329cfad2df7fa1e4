"""The commune of the demo: who is where, and the configuration that an operator would have written for it.

Nothing in it exists: ids, names and addresses are made up, and all addresses are on loopback.
"""
import secrets

HAMLETS = {1: ("Ấp 1", "cho-ap-1", "Chợ ấp 1", "market"),
           2: ("Ấp 2", "truong-ap-2", "Trường tiểu học ấp 2", "school"),
           3: ("Ấp 3", "tram-y-te", "Trạm Y tế xã", "health-station"),
           4: ("Ấp 4", "thu-vien-ap-4", "Thư viện ấp 4", "library")}
WRONG_PASSWORD = "cam-nvh-ap-1"
CAMERA_PATH, CAMERA_USER = "/live/sub", "giamsat"
PAGE = "<!doctype html><title>Wi-Fi công cộng xã Tân Mẫu</title><p>Mời bà con sử dụng.</p>"


class Device:
    def __init__(self, kind, name_id, name, place, hamlet, address):
        self.kind, self.id, self.name, self.place, self.hamlet, self.address = kind, name_id, name, place, hamlet, address
        self.channel = 0  # cameras with a picture: their channel on the recorder
        self.listener = ""  # speakers: the serial number that they listen under


def _devices():
    for number, (hamlet, spot, spot_name, _) in HAMLETS.items():
        lower = hamlet.lower()
        house, gate = "nvh-ap-%d" % number, "cong-ap-%d" % number
        at = "127.77.%d.%%d" % number
        yield Device("switch", "sw-ap-%d" % number, "Chuyển mạch " + lower, house, number, at % 1)
        yield Device("camera", "cam-" + gate, "Camera cổng chào " + lower, gate, number, at % 11)
        yield Device("camera", "cam-" + house, "Camera nhà văn hóa " + lower, house, number, at % 12)
        yield Device("camera", "cam-" + spot, "Camera " + spot_name.lower(), spot, number, at % 13)
        yield Device("access_point", "wifi-" + house, "Wi-Fi nhà văn hóa " + lower, house, number, at % 21)
        yield Device("access_point", "wifi-" + spot, "Wi-Fi " + spot_name.lower(), spot, number, at % 22)
        yield Device("speaker_cluster", "loa-" + house, "Cụm loa nhà văn hóa " + lower, house, number, at % 31)
        if number <= 2:
            yield Device("speaker_cluster", "loa-" + spot, "Cụm loa " + spot_name.lower(), spot, number, at % 32)


def _streets():
    """Cameras with a picture of their own, at the commune's seat; the recorder shows them as channels 1, 2, 3."""
    for number, (name_id, name) in enumerate((("cam-ubnd-cong", "Camera cổng Ủy ban"), ("cam-ubnd-san", "Camera sân Ủy ban"),
                                              ("cam-ubnd-mot-cua", "Camera bộ phận Một cửa")), 1):
        street = Device("camera", name_id, name, "ubnd", 0, "127.77.9.%d" % (10 + number))
        street.channel = number
        yield street


DEVICES = {device.id: device for device in (*_devices(), *_streets())}
RECORDER = "dau-ghi"
POINT = "truyen-thanh"
for _number, _speaker in enumerate(each for each in DEVICES.values() if each.kind == "speaker_cluster"):
    _speaker.listener = "8661230000%05d" % (101 + _number)


def of_kind(*kinds):
    return [device for device in DEVICES.values() if device.kind in kinds]


def behind(hamlet):
    """What the hamlet's switch connects, and the switch."""
    return [device for device in DEVICES.values() if device.hamlet == hamlet]


def streets():
    return [device for device in DEVICES.values() if device.channel]


def new_passwords():
    return {name: secrets.token_urlsafe(12) for name in ("camera", "wrong", "admin", "source", "recorder")}


def configuration(ports):
    """gateway.toml; its secrets are the files camera.password, wrong.password, admin.password and recorder.password beside it."""
    text = ["""# Cấu hình của buổi trình diễn, do scripts/demo tạo ra. DỮ LIỆU MÔ PHỎNG – KHÔNG CÓ GIÁ TRỊ
[commune]
id = "mo-phong"
code = "00000"
name = "Xã Tân Mẫu (mô phỏng)"
province = "Vĩnh Long"

[gateway]
id = "gw1"
simulated = true
clock = "host"
interval = "3s"
media_interval = "6s"
recheck = "1s"
limit = "2s"
segment = ["127.0.0.1"]

[mqtt]
url = "mqtt://127.0.0.1:%(mqtt)d"

[login.camera]
username = "%(user)s"
password_file = "camera.password"

[login.camera-sai]
username = "%(user)s"
password_file = "wrong.password"

[login.truyen-thanh]
username = "admin"
password_file = "admin.password"
auth = "basic"

[login.dau-ghi]
username = "%(user)s"
password_file = "recorder.password"

[[place]]
id = "ubnd"
name = "Trụ sở UBND xã"
kind = "commune-hq"

[[monitoring_point]]
id = "%(point)s"
name = "Máy chủ truyền thanh xã"
place = "ubnd"
driver = "icecast"
url = "http://127.0.0.1:%(icecast)d"
login = "truyen-thanh"
mounts = ["/xa.mp3"]

[[monitoring_point]]
id = "%(recorder_id)s"
name = "Đầu ghi công an xã"
place = "ubnd"
driver = "hikvision-nvr"
url = "http://127.0.0.1:%(recorder)d"
login = "dau-ghi"
role = "commune"
""" % dict(ports, user=CAMERA_USER, point=POINT, recorder_id=RECORDER)]
    for number, (hamlet, spot, spot_name, kind) in HAMLETS.items():
        text.append('[[hamlet]]\nid = "ap-%d"\nname = "%s"\nmust_have = ["speaker", "camera"]\n' % (number, hamlet))
        for place in (("nvh-ap-%d" % number, "Nhà văn hóa " + hamlet.lower(), "culture-house"),
                      ("cong-ap-%d" % number, "Cổng chào " + hamlet.lower(), "entry-point"), (spot, spot_name, kind)):
            text.append('[[place]]\nid = "%s"\nname = "%s"\nkind = "%s"\nhamlet = "ap-%d"\n' % (*place, number))
    for device in DEVICES.values():
        rows = [("id", device.id), ("name", device.name), ("place", device.place)]
        if device.kind == "switch":
            rows += [("driver", "tcp"), ("host", device.address), ("port", ports["switch"])]
        elif device.hamlet:
            rows.append(("parent", "sw-ap-%d" % device.hamlet))
        if device.channel:
            rows += [("driver", "rtsp"), ("url", "rtsp://%s:%d/live" % (device.address, ports["rtsp"])), ("login", "camera"),
                     ("interval", "4s"), ("limit", "4s")]
        elif device.kind == "camera":
            rows += [("driver", "rtsp"), ("url", "rtsp://%s:%d%s" % (device.address, ports["rtsp"], CAMERA_PATH)),
                     ("picture", False), ("login", "camera-sai" if device.id == WRONG_PASSWORD else "camera"), ("interval", "4s"), ("limit", "4s")]
        elif device.kind in ("access_point", "speaker_cluster"):
            rows += [("driver", "http"), ("url", "http://%s:%d/" % (device.address, ports["http"]))]
        if device.kind == "access_point":
            rows.append(("body_contains", "Wi-Fi công cộng"))
        text.append("[[%s]]" % device.kind)
        text += ["%s = %s" % (key, str(value).lower() if isinstance(value, int) else '"%s"' % value) for key, value in rows]
        if device.listener:
            text.append('monitor = [ { point = "%s", listener = "%s" } ]' % (POINT, device.listener))
        if device.channel:
            text.append('monitor = [ { point = "%s", channel = "%d" } ]' % (RECORDER, device.channel))
        text.append("")
    return "\n".join(text)
