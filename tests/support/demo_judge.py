"""Does what the daemon told people in the end agree with the story? All that is compared was seen from outside: the API, a subscriber."""
import json
import re
import sqlite3

from demo_commune import WRONG_PASSWORD
from demo_story import ENDING, INCIDENTS, OUTAGES, End

NOTE = "DỮ LIỆU MÔ PHỎNG – KHÔNG CÓ GIÁ TRỊ"


def code(reason):
    return reason["code"] if isinstance(reason, dict) else reason or None


def standing(device):
    """A device in /api/v1/status."""
    return End(device["state"], code(device["reason"]), code(device["own_reason"]), device["root"] or None,
               sorted(map(code, device["warnings"])) if device["state"] == "up" else ())


def differences_in_status(status, expected):
    devices = {device["id"]: device for device in status["devices"]}
    wrong = ["%s: có trong %s, không có trong %s" % (name, *(("kịch bản", "bảng") if name in expected else ("bảng", "kịch bản")))
             for name in sorted(devices.keys() ^ expected.keys())]
    for name in sorted(devices.keys() & expected.keys()):
        if (seen := standing(devices[name])) != expected[name]:
            wrong.append("%s: kịch bản %s, bảng %s" % (name, expected[name], seen))
    if status.get("note") != NOTE:
        wrong.append("API: thiếu dòng " + NOTE)
    if status["alarms"]:
        wrong.append("API: báo động ngoài kịch bản: " + "; ".join(status["alarms"]))
    camera = devices.get(WRONG_PASSWORD, {"checks": []})
    if not any(check["rung"] == "reachable" and check["outcome"] == "ok" for check in camera["checks"]):
        wrong.append(WRONG_PASSWORD + ": phải thấy được trên mạng dù sai mật khẩu")
    return wrong


def differences_in_outages(answer):
    seen = {}
    wrong = [] if answer.get("note") == NOTE else ["API, gián đoạn: thiếu dòng " + NOTE]
    for row in answer["outages"]:
        if row["device"] in seen:
            wrong.append("%s: gián đoạn hơn một lần" % row["device"])
        seen[row["device"]] = (code(row["reason"]), row["root"] or None, row["open"])
    for name in sorted(seen.keys() | OUTAGES.keys()):
        if seen.get(name) != OUTAGES.get(name):
            wrong.append("%s: gián đoạn theo kịch bản %s, theo sổ %s" % (name, OUTAGES.get(name), seen.get(name)))
    return wrong


def differences_over_mqtt(path):
    states, incidents, unmarked, again = {}, {}, set(), set()
    events = set()
    with open(path, encoding="utf-8") as file:
        for line in file:
            topic, _, payload = line.rstrip("\n").partition("\t")
            if not payload:
                continue
            message = json.loads(payload)
            if message.get("simulated") is not True or message.get("note") != NOTE:
                unmarked.add(topic)
            if topic.endswith("/state"):
                reason, root = message["reason"], message["root"]
                states[message["device"]] = (message["state"], reason, root)
            elif topic.endswith("/event"):
                (again if message["event"] in events else events).add(message["event"])
                if message["type"] == "incident":
                    opened, closed = incidents.get(message["device"], (0, 0))
                    incidents[message["device"]] = (opened + 1, closed) if message["opened"] else (opened, closed + 1)
    wrong = ["MQTT %s: thiếu dòng %s" % (topic, NOTE) for topic in sorted(unmarked)]
    wrong += ["MQTT: sự kiện %s đến hơn một lần" % event for event in sorted(again)]
    for name, end in ENDING.items():
        if states.get(name) != (end.state, end.reason, end.root):
            wrong.append("MQTT %s: kịch bản %s, người nhận thấy %s" % (name, end, states.get(name)))
    for name in sorted(INCIDENTS):
        if incidents.get(name) != INCIDENTS[name]:
            wrong.append("MQTT %s: số lần mở, đóng sự cố theo kịch bản %s, nhận được %s" % (name, INCIDENTS[name], incidents.get(name)))
    return wrong, len(events)


def differences_in_its_words(text):
    """What the daemon said of itself: that one login was refused, and nothing else to worry about."""
    lines = [line for line in text.splitlines() if not re.match(r"\S+ \S+ info ", line)]
    refused = [line for line in lines if re.match(r"\S+ \S+ warning %s: the login \S+ at \S+ was refused" % WRONG_PASSWORD, line)]
    wrong = ["nhật ký: " + line for line in lines if line not in refused]
    return wrong + ([] if len(refused) == 1 else ["nhật ký: mật khẩu sai bị từ chối %d lần, phải đúng 1" % len(refused)])


def differences_in_log(database):
    """The first record says that it is simulated; read after the daemon has gone."""
    connection = sqlite3.connect(database)
    try:
        (body,) = connection.execute("SELECT body FROM log WHERE seq = 0").fetchone()
    finally:
        connection.close()
    return [] if json.loads(body).get("simulated") == 1 else ["sổ: bản ghi đầu tiên không nói là mô phỏng"]
