#!/usr/bin/env python3
"""Checks a bundle of evidence of commune-watch: Python 3.11, nothing but its standard library, no network, no trust in who made it.

usage: verify_evidence.py BUNDLE [--key VKEY] [--witness VKEY]… [--seen FILE]… [--json] [--lang vi|en]

  BUNDLE          the folder bang-chung-…
  --key VKEY      the gateway's public key as its label says it
  --witness VKEY  the key of a witness, as the province publishes it: it must have cosigned this very state
  --seen FILE     a checkpoint that was seen elsewhere (witness, MQTT, QR code of a report), as text or as the MQTT message
  --json          the findings for programs
  --lang vi|en    Vietnamese (default) or English

Exit code: 0 valid, 1 invalid, 2 not asked properly. Written from docs/evidence.md and from nothing else; "§" is a section of it.
"""
import argparse
import array
import base64
import bisect
import binascii
import datetime
import hashlib
import json
import os
import re
import stat
import sys

# --- §1. Leaves -------------------------------------------------------------------------------------------------------


class Refused(Exception):
    """What was read is not what it has to be. The argument says why, in English."""


def _object(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Refused("a name stands twice in an object")
    return found


def _no_number(text):
    raise Refused(f"the number {text[:20]} is not an integer")


_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_float=_no_number, parse_constant=_no_number)
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_suspicious = re.compile(r"true|false|null|[0-9]{19}")


def _only_allowed(value):
    """No true, false, null, no integer beyond 64 bits, at any depth."""
    if isinstance(value, dict):
        value = value.values()
    elif isinstance(value, int) and not isinstance(value, bool) and -(1 << 63) <= value < 1 << 63 or isinstance(value, str):
        return
    elif not isinstance(value, list):
        raise Refused("true, false, null or too large a number")
    for item in value:
        _only_allowed(item)


def canonical(line):
    """The value of canonical JSON (bytes), which is what one gets by writing the value again."""
    try:
        text = line.decode("utf-8")
        value = _decoder.decode(text)
        if _encode(value) != text:
            raise Refused("not written canonically")
        if _suspicious.search(text):
            _only_allowed(value)
        return value
    except (ValueError, RecursionError) as trouble:
        raise Refused(f"not JSON: {type(trouble).__name__}") from trouble


def sha256(data):
    return hashlib.sha256(data).digest()


class Tree:
    """RFC 6962 §2.1, growing from the hashes of the complete subtrees that make up its first `size` leaves."""

    def __init__(self, size, base):
        self.size, self.stack = size, list(base)

    def add(self, leaf):
        node, bits = sha256(b"\0" + leaf), self.size
        while bits & 1:
            node = sha256(b"\1" + self.stack.pop() + node)
            bits >>= 1
        self.stack.append(node)
        self.size += 1

    def root(self):
        if not self.stack:
            return sha256(b"")
        node = self.stack[-1]
        for left in reversed(self.stack[:-1]):
            node = sha256(b"\1" + left + node)
        return node


def consistent(old_size, old_root, new_size, new_root, proof):
    """Whether the proof (RFC 6962 §2.1.2) leads from the old tree to the new one."""
    if not 0 < old_size <= new_size:
        return False
    if old_size == new_size:
        return not proof and old_root == new_root
    path = ([old_root] if old_size & (old_size - 1) == 0 else []) + proof
    if not path:
        return False
    left, right = old_size - 1, new_size - 1
    while left & 1:
        left, right = left >> 1, right >> 1
    old = new = path[0]
    for node in path[1:]:
        if right == 0:
            return False
        if left & 1 or left == right:
            old, new = sha256(b"\1" + node + old), sha256(b"\1" + node + new)
            while left and not left & 1:
                left, right = left >> 1, right >> 1
        else:
            new = sha256(b"\1" + new + node)
        left, right = left >> 1, right >> 1
    return right == 0 and old == old_root and new == new_root


# --- §3. Keys, checkpoints, witnesses ---------------------------------------------------------------------------------
# Ed25519 by RFC 8032 §5.1, in extended coordinates (x, y, z, t), x = X/z, y = Y/z, x*y = t/z.

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)
NOTHING = (0, 1, 1, 0)


def _add(a, b):
    low, high = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    t, z = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = high - low, z - t, z + t, high + low
    return e * f % P, g * h % P, f * g % P, e * h % P


def _recover(encoded):
    """The point of 32 bytes, RFC 8032 §5.1.3, or None."""
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_1 % P
    if (x * x - square) % P or x == 0 and sign:
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def _encoded(point):
    inverse = pow(point[2], -1, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


class Multiples:
    """Multiples of one point: of every power of 16 its 1- to 15-fold, so that a product is 64 additions."""

    def __init__(self, point):
        self.rows = []
        for _ in range(64):
            row = [NOTHING]
            for _ in range(15):
                row.append(_add(row[-1], point))
            self.rows.append(row)
            point = _add(row[-1], point)

    def times(self, factor, start=NOTHING):
        for row in self.rows:
            digit = factor & 15
            if digit:
                start = _add(start, row[digit])
            factor >>= 4
        return start


_base = None
_public = {}


def _multiples_of_minus(key):
    if key not in _public:
        point = _recover(key)
        if point is not None:
            eightfold = _add(point, point)
            eightfold = _add(eightfold, eightfold)
            eightfold = _add(eightfold, eightfold)
            if _encoded(eightfold) == _encoded(NOTHING):
                point = None  # of small order: signatures by it prove nothing
        _public[key] = None if point is None else Multiples((P - point[0], point[1], 1, P - point[3]))
    return _public[key]


def ed25519_holds(key, message, signature):
    """RFC 8032 §5.1.7, without the cofactor: S*B - k*A is R."""
    global _base
    if len(key) != 32 or len(signature) != 64:
        return False
    minus_key, s = _multiples_of_minus(key), int.from_bytes(signature[32:], "little")
    if minus_key is None or s >= ORDER:
        return False
    if _base is None:
        _base = Multiples(_recover((4 * pow(5, -1, P) % P).to_bytes(32, "little")))
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    return _encoded(minus_key.times(k, _base.times(s))) == signature[:32]


def from_base64(text):
    """Standard base64 with padding, written as an encoder writes it."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as trouble:
        raise Refused("not base64") from trouble
    if base64.b64encode(data).decode() != text:
        raise Refused("base64 that no encoder writes")
    return data


class Key:
    """A vkey: 0x01 signs a log, 0x04 cosigns as a witness."""

    def __init__(self, vkey, kind):
        name, _, rest = vkey.partition("+")
        key_id, _, encoded = rest.partition("+")
        data = from_base64(encoded)
        if not name or re.search(r"\s", name) or len(data) != 33 or data[0] != kind:
            raise Refused("not a vkey of this use")
        self.vkey, self.name, self.kind, self.key = vkey, name, kind, data[1:]
        self.id = sha256(name.encode() + b"\n" + data)[:4]
        if key_id != self.id.hex():
            raise Refused("a vkey whose key id is not its own")
        if _multiples_of_minus(self.key) is None:
            raise Refused("a vkey whose point is none")


LONGEST_NOTE, MOST_SIGNATURES, MOST_WITNESSES = 1 << 16, 64, 64


class Checkpoint:
    """A signed note whose text is origin, size and root."""

    def __init__(self, note, signed=True):
        if len(note) > LONGEST_NOTE:
            raise Refused("a note longer than 64 KiB")
        try:
            text, gap, tail = (note if signed or b"\n\n" in note else note + b"\n").decode("utf-8").rpartition("\n\n")
        except UnicodeDecodeError as trouble:
            raise Refused("a checkpoint that is not UTF-8") from trouble
        lines = text.split("\n")
        if not gap or not tail.endswith("\n") and (signed or tail) or len(lines) != 3 or "\r" in text:
            raise Refused("not a checkpoint")
        if not re.fullmatch(r"0|[1-9][0-9]{0,18}", lines[1], re.ASCII):
            raise Refused("a checkpoint without a size")
        self.text = (text + "\n").encode()
        self.origin, self.size, self.root = lines[0], int(lines[1]), from_base64(lines[2])
        if len(self.root) != 32 or not self.origin:
            raise Refused("a checkpoint without a root")
        self.signatures = []
        for line in tail[:-1].split("\n") if tail else ():
            match = re.fullmatch(r"— ([^\s+]+) (\S+)", line)
            if not match:
                raise Refused("a signature line that is none")
            data = from_base64(match[2])
            if len(data) < 5:
                raise Refused("a signature line that is too short")
            self.signatures.append((match[1], data[:4], data[4:]))
        if len(self.signatures) > MOST_SIGNATURES:
            raise Refused("a note with more than 64 signatures")

    def of(self, key):
        return [data for name, key_id, data in self.signatures if name == key.name and key_id == key.id]

    def signed_by(self, key):
        found = self.of(key)
        return bool(found) and all(ed25519_holds(key.key, self.text, data) for data in found)

    def cosigned_by(self, witness):
        """When (seconds), None if not at all; Refused if by its key but wrongly."""
        times = []
        for data in self.of(witness):
            seconds = int.from_bytes(data[:8], "big")
            if len(data) != 72 or not ed25519_holds(witness.key, f"cosignature/v1\ntime {seconds}\n".encode() + self.text, data[8:]):
                raise Refused("the cosignature does not hold")
            times.append(seconds)
        return min(times, default=None)


def rotation_holds(origin, epoch, body, before):
    """Whether a key record is proven by the new key and by the one before (a Key, or None for the first)."""
    try:
        key = Key(body["vkey"], 1)
        if key.name != origin or body["previous"] != (before.vkey if before else ""):
            return False
        message = f"commune-watch key\n{origin}\n{epoch}\n{body['previous'] or '-'}\n{body['vkey']}\n".encode()
        if not ed25519_holds(key.key, message, from_base64(body["by_new"])):
            return False
        return ed25519_holds(before.key, message, from_base64(body["by_old"])) if before else body["by_old"] == ""
    except Refused:
        return False


# --- §2. Kinds of records: what is needed of each, and its type -------------------------------------------------------


def _a(kind):
    return lambda value: isinstance(value, kind)


def _time(value):
    return isinstance(value, int) and abs(value) <= 1 << 50


def _boot(value):
    return isinstance(value, int) and 0 <= value < 1 << 32


def _bt(value):
    return isinstance(value, int) and 0 <= value <= 1 << 50


def _moment(value):
    return isinstance(value, list) and len(value) == 2 and _boot(value[0]) and _bt(value[1])


def _must(value):
    return isinstance(value, list) and all(isinstance(item, str) and item in MUSTS for item in value)


def _list(*items):
    """A list of lists, each of as many items as fit these."""
    return lambda value: isinstance(value, list) and all(
        isinstance(row, list) and len(row) == len(items) and all(fits(item) for fits, item in zip(items, row)) for row in value)


def _standing(value):
    return isinstance(value, dict) and value.get("state") in ("up", "down", "unknown") and isinstance(value.get("cause"), str)


def _zone(value):
    return _list(_time, _time)(value) and value and all(a[0] < b[0] for a, b in zip(value, value[1:]))


def _hours(value):
    return isinstance(value, dict) and _list(_time, _time)(value.get("weekly")) and isinstance(value.get("closed"), list) and all(
        isinstance(date, int) for date in value["closed"])


def _scope(value):
    return isinstance(value, str) and re.fullmatch(r"\*|(place/)?[a-z0-9-]+", value) is not None


def _yes_no(value):
    return value in (0, 1) and isinstance(value, int)


def _identifier(value):
    return isinstance(value, str) and re.fullmatch(r"[a-z0-9-]+", value) is not None


def _date(value):
    try:
        return isinstance(value, int) and bool(datetime.date(value // 10000, value // 100 % 100, value % 100))
    except (ValueError, OverflowError):
        return False


def _source(value):
    return isinstance(value, str) and value in RANKS


MUSTS = ("wifi", "camera", "speaker", "website", "uplink")
RANKS = {"ntp": 4, "operator": 3, "host": 2, "rtc": 1, "system": 0}
TERMS = {"device": _identifier, "enrolled": _yes_no, "kind": _identifier, "place": _a(str), "hours": _hours}
AGREED = ("device", "enrolled", "kind", "place", "parent", "point", "key", "driver", "needs", "hours")
WINDOW = {"scope": _scope, "from": _time, "to": _time, "declared": _time, "ended": _time}
CORRECTION = {"device": _identifier, "from": _time, "to": _time, "declared": _time,
              "class": lambda value: value in ("up", "down", "unknown", "maintenance")}
KEY = {"vkey": _a(str), "previous": _a(str), "by_old": _a(str), "by_new": _a(str)}
SUMS = ("up", "down", "upstream", "mains", "monitoring_point", "maintenance", "unknown", "blips")


def _all_of(shape, more=()):
    """A list of objects of this shape, each with what `more` names besides."""
    return lambda value: isinstance(value, list) and all(
        isinstance(item, dict) and all(name in item and fits(item[name]) for name, fits in (*shape.items(), *more)) for item in value)


RECORDED = (("at", _moment), ("recorded", _time))
KINDS = {
    "genesis": {"commune": _identifier, "gateway": _identifier, "simulated": _yes_no},
    "run": {"previous": _moment},
    "stop": {},
    "anchor": {"at": _moment, "utc": _time, "error": _a(int), "source": _source},
    "config": {},
    "terms": TERMS,
    "change": {"device": _identifier, "at": _moment, "since": _moment, "from": _standing, "to": _standing},
    "blip": {"device": _identifier, "from": _moment, "to": _moment},
    "maintenance": WINDOW,
    "correction": CORRECTION,
    "declaration": {}, "identity": {}, "heartbeat": {},
    "must-have": {"area": _a(str), "must": _must, "basis": _a(str)},
    "day": {"device": _identifier, "kind": _identifier, "date": _date, **dict.fromkeys(SUMS, _a(int))},
    "opening": {
        "commune": _identifier, "gateway": _identifier, "epoch": _a(str), "simulated": _yes_no, "vkey": _a(str),
        "zone": _zone, "boot": _boot, "run": _bt, "runs": _list(_bt, _bt), "claims": _list(_time, _time),
        "anchors": _list(_bt, _time, _a(int), _source),
        "terms": _all_of({"from": _time, "at": _moment, "terms": lambda value: _all_of(TERMS)([value])}),
        "spans": _all_of({"device": _identifier, "kind": _identifier, "from": _bt, "to": _standing}),
        "maintenance": _all_of(WINDOW, RECORDED), "corrections": _all_of(CORRECTION, RECORDED),
        "must": _all_of({"area": _a(str), "must": _must, "basis": _a(str)})},
    "key": KEY,
    "export": {"period": _a(str)},
    "incident": {}, "login-block": {}, "session": {}, "restore": {},
}
OPTIONAL = {"run": {"unconfirmed": _list(_a(str), _boot, _bt)}, "config": {"zone": _zone, "timezone": _a(str)}}


def check_shape(kind, body):
    shape = KINDS.get(kind)
    if shape is None:
        raise Refused(f"a record of the kind {kind[:30]!r}, which is none")
    for name, fits in shape.items():
        if name not in body or not fits(body[name]):
            raise Refused(f"{kind}: {name}")
    for name, fits in OPTIONAL.get(kind, {}).items():
        if name in body and not fits(body[name]):
            raise Refused(f"{kind}: {name}")


# --- §7. Time ---------------------------------------------------------------------------------------------------------

DAY = 86_400_000
TOLERANCE = 5_000
BACKWARDS = 60_000
FOR_EVER = 1 << 80


class Boot:
    """The anchors of one boot, and what they make of its boot time."""

    def __init__(self):
        self.told, self.anchors, self.standing = [], {}, None  # told: as the records say; anchors: by boot time; standing: (bts, utcs)

    def add(self, bt, utc, error, source):
        self.told.append([bt, utc, error, source])
        self.anchors[bt] = (utc, min(max(error, 0), 1 << 40), RANKS[source])
        self.standing = None

    def sure(self):
        return any(rank for _, _, rank in self.anchors.values())

    def stand(self):
        """Which anchors stand. That of *every* one taken holds 1. is asked of the tightest bounds that those taken have left."""
        best = max(rank for _, _, rank in self.anchors.values())
        bts, utcs, most, least = [], [], FOR_EVER, -FOR_EVER
        for bt in sorted((bt for bt in self.anchors if self.anchors[bt][2] == best), reverse=True):
            utc, error, _ = self.anchors[bt]
            off, slack = 1_000_000 * (utc - bt), 1_000_000 * error
            if bts and (off - slack + 500 * bt > most or off + slack - 500 * bt < least or utc > utcs[-1]):
                continue
            bts.append(bt)
            utcs.append(utc)
            most = min(most, off + slack + 2_000_000_000 + 500 * bt)
            least = max(least, off - slack - 2_000_000_000 - 500 * bt)
        self.standing = (bts[::-1], utcs[::-1])

    def utc(self, bt):
        if self.standing is None:
            self.stand()
        bts, utcs = self.standing
        i = bisect.bisect_right(bts, bt) - 1
        if i < 0:
            return utcs[0] + (bt - bts[0])
        if i == len(bts) - 1:
            return utcs[i] + (bt - bts[i])
        return utcs[i] + (bt - bts[i]) * (utcs[i + 1] - utcs[i]) // (bts[i + 1] - bts[i])


class Run:
    def __init__(self, boot, begin, end=None):
        self.boot, self.begin, self.end = boot, begin, end  # end: None while it runs
        self.states = {}  # (device, kind) -> ([bt where it begins], [cause code])
        self.blips = {}  # (device, kind) -> [(from, to)]
        self.now = {}  # (device, kind) -> (bt, standing): the last

    def begins(self, pair, bt, standing):
        bts, codes = self.states.setdefault(pair, ([], []))
        code = standing["state"] if standing["state"] != "down" else standing["cause"]
        at = bisect.bisect_left(bts, bt)
        if at < len(bts) and bts[at] == bt:
            codes[at] = code
        else:
            bts.insert(at, bt)
            codes.insert(at, code)
        if pair not in self.now or self.now[pair][0] <= bt:
            self.now[pair] = (bt, standing)


class Zone:
    """Offsets of the commune's local time: (from, offset), ascending; the first rules everything before it."""

    def __init__(self, rows=((0, 7 * 3_600_000),)):
        self.rows, self.stretches = [list(row) for row in rows], []
        for row, after in zip(rows, [*rows[1:], (FOR_EVER, 0)]):
            self.stretches.append((row[0] if self.stretches else -FOR_EVER, after[0], row[1]))
        self.starts = {}

    def midnight(self, day):
        """The first instant whose local time has reached 00:00 of a day, days since 1970."""
        if day not in self.starts:
            self.starts[day] = next(max(begin, day * DAY - offset) for begin, end, offset in self.stretches
                                    if max(begin, day * DAY - offset) < end)
        return self.starts[day]

    def local(self, utc):
        return utc + next(offset for begin, end, offset in self.stretches if utc < end)

    def day_of(self, utc):
        """The local day that an instant belongs to."""
        day = self.local(utc) // DAY
        while self.midnight(day) > utc:
            day -= 1
        while self.midnight(day + 1) <= utc:
            day += 1
        return day

    def written_as(self, rows):
        """Row by row; where the first begins rules nothing."""
        return self.rows[0][1] == rows[0][1] and self.rows[1:] == rows[1:]


EPOCH_DAY = datetime.date(1970, 1, 1).toordinal()


def day_of_date(date):
    return datetime.date(date // 10000, date // 100 % 100, date % 100).toordinal() - EPOCH_DAY


def date_of_day(day):
    return datetime.date.fromordinal(day + EPOCH_DAY)


def period_days(period):
    """First and last local day of a period's name (§4)."""
    def date(text, last=False):
        match = re.fullmatch(r"([0-9]{4})(?:-(?:Q([1-4])|([0-9]{2})(?:-([0-9]{2}))?))?", text)
        if not match:
            raise Refused("a period that is none")
        year, quarter, month, day = (int(group) if group else None for group in match.groups())
        if day:
            return datetime.date(year, month, day)
        if not last:
            return datetime.date(year, month or (quarter * 3 - 2 if quarter else 1), 1)
        after = month or (quarter * 3 if quarter else 12)
        return datetime.date(year + after // 12, after % 12 + 1, 1) - datetime.timedelta(1)

    first, dots, last = period.partition("..")
    if dots and not (len(first) == len(last) == 10):
        raise Refused("a period that is none")
    try:
        first, last = date(first), date(last if dots else first, True)
    except (ValueError, OverflowError) as trouble:
        raise Refused("a period of no calendar") from trouble
    if not 0 <= (last - first).days < 3653:
        raise Refused("a period that is empty or too long")
    return first.toordinal() - EPOCH_DAY, last.toordinal() - EPOCH_DAY


# --- Sets of time: sorted lists of disjoint (from, to) ----------------------------------------------------------------


def union(spans):
    merged = []
    for begin, end in sorted(spans):
        if begin < end:
            if merged and begin <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((begin, end))
    return merged


def both(a, b):
    if not a or not b:
        return []
    found, i, j = [], 0, 0
    while i < len(a) and j < len(b):
        begin, end = max(a[i][0], b[j][0]), min(a[i][1], b[j][1])
        if begin < end:
            found.append((begin, end))
        if a[i][1] < b[j][1]:
            i += 1
        else:
            j += 1
    return found


def without(a, b):
    if not b:
        return a
    found, j = [], 0
    for begin, end in a:
        while j < len(b) and b[j][1] <= begin:
            j += 1
        k = j
        while k < len(b) and b[k][0] < end:
            if begin < b[k][0]:
                found.append((begin, b[k][0]))
            begin = max(begin, b[k][1])
            k += 1
        if begin < end:
            found.append((begin, end))
    return found


def length(spans):
    return sum(end - begin for begin, end in spans)


def overlapped(spans):
    """Where two or more of them are."""
    spans, depth, found = [(begin, end) for begin, end in spans if begin < end], 0, []
    for at, step in sorted([(begin, 1) for begin, _ in spans] + [(end, -1) for _, end in spans]):
        depth += step
        if depth == 2 and step == 1:
            start = at
        elif depth == 1 and step == -1 and start < at:
            found.append((start, at))
    return union(found)


# --- §6. From records to a device's history ---------------------------------------------------------------------------


class Terms:
    def __init__(self, body, at, fixed=None):
        self.body, self.at, self.fixed = body, at, fixed  # fixed: in force from (of a boot that only the opening knows)
        self.enrolled, self.place = body["enrolled"] == 1, body["place"]
        self.closed, slots = set(body["hours"]["closed"]), body["hours"]["weekly"]
        self.always = not slots and not self.closed
        self.slots = [[(0, DAY)]] * 7 if not slots else [
            both(union((60_000 * begin - day * DAY, 60_000 * end - day * DAY) for begin, end in slots), [(0, DAY)]) for day in range(7)]

    def open(self, begin, end, zone):
        """Service time of [begin, end)."""
        if self.always:
            return [(begin, end)]
        found = []
        for first, last, offset in zone.stretches:
            low, high = max(begin, first) + offset, min(end, last) + offset
            for day in range(low // DAY, (high - 1) // DAY + 1) if low < high else ():
                date = date_of_day(day)
                if date.year * 10000 + date.month * 100 + date.day not in self.closed:
                    found += both([(a + day * DAY - offset, b + day * DAY - offset) for a, b in self.slots[(day + 3) % 7]],
                                  [(low - offset, high - offset)])
        return found


class Window:
    def __init__(self, body, at, fixed=None):
        self.body, self.at, self.fixed = body, at, fixed
        self.scope, self.begin, self.end = body["scope"], body["from"], body["to"]
        self.records = []  # what an opening repeats: (number, body, at)

    def told(self, number, body, at):
        self.records.append((number, body, at))
        if body["ended"]:
            self.end = min(self.end, body["ended"])


class Correction:
    def __init__(self, body, at, fixed=None):
        self.body, self.at, self.fixed = body, at, fixed


class History:
    """All that the records replayed so far say. `version` changes with everything but states and blips."""

    def __init__(self):
        self.version = 0
        self.boots, self.greatest = {}, {}  # by number: anchors; the greatest bt of any record
        self.runs, self.claims = [], []
        self.terms, self.kinds = {}, {}  # pair -> [Terms]; id -> kind
        self.windows, self.window_of, self.maintained, self.corrections = [], {}, 0, []
        self.zone, self.timezone = Zone(), None
        self.must = {}
        self.last = (0, 0)  # moment of the last record's boot: number, greatest bt
        self._view = None

    # Records

    def observe(self, kind, boot, bt):
        if kind not in ("genesis", "restore", "run") and (kind != "opening" or self.runs):
            self.check_boot(boot, kind == "anchor")
        if boot < self.last[0] or boot == self.last[0] and bt < self.last[1] - BACKWARDS:
            raise Refused("a moment that goes back")
        self.last = (boot, bt if boot != self.last[0] else max(bt, self.last[1]))
        self.greatest[boot] = self.last[1]

    def check_boot(self, boot, anchors=False):
        """§6: of the boot of the last run, which has an anchor."""
        if not self.runs or self.runs[-1].boot != boot:
            raise Refused("no run of its boot has begun")
        if not anchors and not self.boots[boot].anchors:
            raise Refused("its boot has no anchor yet")

    def on_run(self, at, body):
        before = self.runs[-1] if self.runs else None
        if before is not None:
            previous = body["previous"]
            if before.end is None:
                before.end = max(before.begin, previous[1]) if previous[0] == before.boot else before.begin
            for device, boot, bt in body.get("unconfirmed", []):
                pair = (device, self.kinds.get(device))
                if boot == before.boot and pair in before.states:
                    bts, codes = before.states[pair]
                    kept = bisect.bisect_left(bts, bt)
                    bts[kept:], codes[kept:] = [bt], ["unknown"]
        self.boots.setdefault(at[0], Boot())
        self.runs.append(Run(*at))

    def on_stop(self, at, _body):
        if self.runs and self.runs[-1].end is None:
            self.runs[-1].end = max(self.runs[-1].begin, at[1])

    def on_anchor(self, at, body):
        if body["at"][0] != at[0]:
            raise Refused("an anchor of another boot")
        self.boots.setdefault(at[0], Boot()).add(body["at"][1], body["utc"], body["error"], body["source"])

    def on_config(self, _at, body):
        if "zone" in body:
            self.zone = Zone(body["zone"])
        self.timezone = body.get("timezone", self.timezone)

    def on_terms(self, at, body):
        self.terms.setdefault((body["device"], body["kind"]), []).append(Terms(body, at))
        if body["enrolled"]:
            self.kinds[body["device"]] = body["kind"]

    def on_change(self, _at, body):
        run, at, since = self.runs[-1] if self.runs else None, body["at"], body["since"]
        pair = (body["device"], self.kinds.get(body["device"]))
        if run is None or pair[1] is None or at[0] != run.boot:
            return
        if pair not in run.states and since[0] == run.boot and since[1] < at[1]:
            run.begins(pair, since[1], body["from"])
        run.begins(pair, at[1], body["to"])

    def on_blip(self, _at, body):
        run, pair = self.runs[-1] if self.runs else None, (body["device"], self.kinds.get(body["device"]))
        if run is not None and pair[1] is not None and body["from"][0] == run.boot:
            run.blips.setdefault(pair, []).append((body["from"][1], body["to"][1]))

    def on_maintenance(self, at, body):
        if self.add_window(body, at):
            self.check_declared(at, body)

    def add_window(self, body, at, fixed=None):
        """Whether it is a new one and not the end of an earlier one."""
        name = (body["scope"], body["from"], body["declared"])
        new = name not in self.window_of
        if new:
            self.window_of[name] = Window(body, at, fixed)
            self.windows.append(self.window_of[name])
        self.maintained += 1
        self.window_of[name].told(self.maintained, body, at)
        return new

    def on_correction(self, at, body):
        self.corrections.append(Correction(body, at))
        self.check_declared(at, body)

    def check_declared(self, at, body):
        self.version += 1
        moment = self.view().moment(at)
        if moment is None:
            raise Refused("a declaration in a boot without an anchor")
        if body["declared"] < moment - TOLERANCE:
            raise Predated(body["declared"], moment)

    def on_must_have(self, _at, body):
        self.must[body["area"]] = body

    # §5

    def begin_with(self, opening, at):
        boot = opening["boot"]
        if at[0] != boot:
            raise Refused("an opening of another boot than its own")
        self.boots[boot] = Boot()
        for bt, utc, error, source in opening["anchors"]:
            self.boots[boot].add(bt, utc, error, source)
        if not self.boots[boot].sure():
            raise Refused("an opening in a boot that is not sure")
        self.claims = [tuple(claim) for claim in opening["claims"]]
        self.runs = [Run(boot, begin, max(begin, end)) for begin, end in opening["runs"]] + [Run(boot, opening["run"])]
        for item in opening["terms"]:
            terms = item["terms"]
            self.terms.setdefault((terms["device"], terms["kind"]), []).append(
                Terms(terms, tuple(item["at"]), None if item["at"][0] == boot else item["from"]))
            if terms["enrolled"]:
                self.kinds[terms["device"]] = terms["kind"]
        for span in opening["spans"]:
            self.runs[-1].begins((span["device"], span["kind"]), span["from"], span["to"])
        for body in opening["maintenance"]:
            self.add_window(body, tuple(body["at"]), None if body["at"][0] == boot else body["recorded"])
        for body in opening["corrections"]:
            self.corrections.append(Correction(body, tuple(body["at"]), None if body["at"][0] == boot else body["recorded"]))
        self.zone = Zone(opening["zone"])
        self.version += 1

    def why_opening_is_wrong(self, opening, at):
        """The first key of a later opening that does not say what the records before it say, or None."""
        view, run = self.view(), self.runs[-1] if self.runs else None
        self.check_boot(at[0])
        now = view.moment(at)
        if opening["boot"] != run.boot or opening["run"] != run.begin:
            return "run"
        if opening["anchors"] != self.boots[run.boot].told:
            return "anchors"
        if self.timezone and opening.get("timezone") and opening["timezone"] != self.timezone:
            return "timezone"
        if not self.zone.written_as(opening["zone"]):
            return "zone"
        said = {(item["terms"]["device"], item["terms"]["kind"]): item for item in opening["terms"]}
        if len(said) != len(opening["terms"]) or set(said) != set(self.terms):
            return "terms"
        for pair, history in self.terms.items():
            item, last = said[pair], history[-1]
            if any(item["terms"].get(key) != last.body.get(key) for key in AGREED) or tuple(item["at"]) != last.at:
                return "terms"
            if last.at[0] != run.boot and abs(item["from"] - view.terms_of(pair)[-1][0]) > TOLERANCE:
                return "terms"
        spans = {(span["device"], span["kind"]): (span["from"], span["to"]) for span in opening["spans"]}
        if len(spans) != len(opening["spans"]) or spans != run.now:
            return "spans"

        def repeats(items, records, named):
            def said(body):
                return [body[key] for key in named] + [body.get(key) if isinstance(body.get(key), str) else "" for key in ("author", "reason")]

            return [(said(item), tuple(item["at"])) for item in items] == [(said(body), at) for body, at in records] and all(
                    item["at"][0] == run.boot or abs(item["recorded"] - view.moment(tuple(item["at"]))) <= TOLERANCE for item in items)

        lasting = sorted((record for window in self.windows if window.end > now for record in window.records), key=lambda record: record[0])
        if not repeats(opening["maintenance"], [record[1:] for record in lasting], WINDOW):
            return "maintenance"
        if not repeats(opening["corrections"], [(correction.body, correction.at) for correction in self.corrections], CORRECTION):
            return "corrections"
        def denominators(items):
            return {item["area"]: (item["must"], item.get("basis")) for item in items if item["must"]}

        if denominators(opening["must"]) != denominators(self.must.values()):
            return "must"
        return None

    def view(self):
        if self._view is None or self._view.version != self.version:
            self._view = View(self)
        self._view.now_moment = self.last
        return self._view


class Predated(Exception):
    """§6: declared earlier than recorded."""


HANDLERS = {"run": History.on_run, "stop": History.on_stop, "anchor": History.on_anchor, "config": History.on_config,
            "terms": History.on_terms, "maintenance": History.on_maintenance, "correction": History.on_correction,
            "change": History.on_change, "blip": History.on_blip, "must-have": History.on_must_have}
QUIET = {"change", "blip", "heartbeat", "identity", "declaration", "must-have", "day", "incident", "login-block", "session"}


# --- §7. Figures ------------------------------------------------------------------------------------------------------


class View:
    """What the records replayed so far say in UTC: runs, doubtful time, terms in force, windows."""

    def __init__(self, history):
        self.history, self.version, self.now_moment = history, history.version, history.last
        self.sure = {number: boot.sure() for number, boot in history.boots.items() if boot.anchors}
        self.runs = []  # (utc begin, utc end, Run), of sure boots; the running one has no end: nothing is asked beyond now
        for run in history.runs:
            if self.sure.get(run.boot):
                utc = history.boots[run.boot].utc
                self.runs.append((utc(run.begin), FOR_EVER if run.end is None else utc(run.end), run))
        self.groups, self.terms, self.frames = None, {}, {}

    def now(self):
        """The greatest moment of the running run's boot."""
        runs = self.history.runs
        if not runs:
            return None
        return self.moment((runs[-1].boot, self.history.greatest.get(runs[-1].boot, runs[-1].begin)))

    def moment(self, at):
        """A moment in UTC (§6): mapped, placed if its boot is unsure, None if nothing is known of it."""
        if self.sure.get(at[0]):
            return self.history.boots[at[0]].utc(at[1])
        if self.groups is None:
            self.groups = self.unsure_groups()
        return self.groups[at[0]](at[1]) if at[0] in self.groups else None

    def unsure_groups(self):
        """Boot number -> placed() of it, of the boots that are unsure."""
        boots, placed = {}, {}
        for run in self.history.runs:
            end = run.end if run.end is not None else max(run.begin, self.history.greatest.get(run.boot, 0))
            first = boots.get(run.boot, (run.begin, 0))[0]
            boots[run.boot] = (first, end)
        numbers, i = sorted(boots), 0
        while i < len(numbers):
            if self.sure.get(numbers[i]):
                i += 1
                continue
            k = i
            while k + 1 < len(numbers) and not self.sure.get(numbers[k + 1]):
                k += 1
            before = [end for _, end, run in self.runs if run.boot < numbers[i]] + [end for _, end in self.history.claims]
            after = [begin for begin, _, run in self.runs if run.boot > numbers[k]]
            self.place(numbers[i:k + 1], boots, max(before, default=None), min(after, default=None), placed)
            i = k + 1
        return placed

    def place(self, group, boots, low, high, placed):
        lengths = [max(0, boots[number][1] - boots[number][0]) for number in group]
        start = None
        for i, number in enumerate(group):
            first, last = boots[number]
            if high is not None:
                top = high - sum(lengths[i + 1:]) - last
                placed[number] = lambda bt, top=top: max(min(top + bt, high), -FOR_EVER if low is None else low)
                continue
            boot = self.history.boots[number]
            own = boot.utc(first) if boot.anchors else -FOR_EVER
            floor = low if i == 0 else start + lengths[i - 1]
            start = own if floor is None else max(own, floor)
            placed[number] = lambda bt, start=start, first=first: start + (bt - first)

    def terms_of(self, pair):
        """[(in force from, Terms)], ascending."""
        if pair not in self.terms:
            found, last = [], -FOR_EVER
            for terms in self.history.terms.get(pair, []):
                moment = terms.fixed if terms.fixed is not None else self.moment(terms.at)
                if moment is not None:
                    last = max(last, moment)
                    found.append((last, terms))
            self.terms[pair] = found
        return self.terms[pair]

    def stretches(self, pair, place):
        """Where the terms in force say this place."""
        terms = self.terms_of(pair)
        return union((begin, after) for (begin, item), (after, _) in zip(terms, [*terms[1:], (FOR_EVER, None)]) if item.place == place)

    def declared(self, item):
        moment = item.fixed if item.fixed is not None else self.moment(item.at)
        said = item.body["declared"]
        return moment if moment is not None and moment > said + TOLERANCE else said

    def windows(self, pair, windows):
        """(those that count, all) for a device, not yet united."""
        counting, every = [], []
        for window in windows:
            if window.scope in ("*", pair[0]):
                parts = [(window.begin, window.end)]
            elif window.scope.startswith("place/"):
                parts = both(self.stretches(pair, window.scope[6:]), [(window.begin, window.end)])
            else:
                continue
            declared = self.declared(window)
            every += parts
            counting += [part for part in parts if declared <= part[0]]
        return counting, every

    def frame(self, begin, end):
        """What is the same for every device between two instants: parts of runs that are not in doubt, windows, corrections."""
        if (begin, end) not in self.frames:
            near = [item for item in self.runs if item[0] < end and begin < item[1]]
            claims = [(a, b) for a, b in self.history.claims if a < end and begin < b]
            doubt = overlapped([item[:2] for item in near] + claims)
            parts = [(*part, run) for a, b, run in near for part in without(both([(a, b)], [(begin, end)]), doubt)]
            if len(self.frames) > 8:
                self.frames.clear()
            self.frames[begin, end] = (
                sorted(parts, key=lambda part: part[0]),
                [window for window in self.history.windows if window.begin < end and begin < window.end],
                [item.body for item in self.history.corrections if item.body["from"] < end and begin < item.body["to"]])
        return self.frames[begin, end]

    def account(self, pair, begin, end):
        """The time of [begin, end) before now, by class; blips are still up time in it. None where nothing counts."""
        parts, windows, corrections = self.frame(begin, end)
        now = self.now()
        end = end if now is None else min(end, now)
        zone, terms, service = self.history.zone, self.terms_of(pair), []
        for (since, item), (until, _) in zip(terms, [*terms[1:], (FOR_EVER, None)]):
            if item.enrolled and since < end and begin < until and max(since, begin) < min(until, end):
                service += item.open(max(since, begin), min(until, end), zone)
        sums = Sums(length(service))
        if sums.total <= 0:
            return None
        counting, every = self.windows(pair, windows) if windows else ([], [])
        counting = union(counting)
        watched = without(service, counting)
        states, blips = self.states(pair, parts, begin, end)
        sums.fill(watched, states, blips)
        mine = [body for body in corrections if body["device"] == pair[0]]
        every = union(every)
        if mine or every != counting:
            sums.correct(service, mine, every, states, blips)
        else:
            sums.corrected = sums.by_class()
        return sums

    def states(self, pair, parts, begin, end):
        """Of one device: [(from, to, code)] and its blips, between two instants."""
        found, blips = [], []
        for low, high, run in parts:
            utc = self.history.boots[run.boot].utc
            if pair in run.states:
                bts, codes = run.states[pair]
                i = max(0, bisect.bisect_right(bts, low, key=utc) - 1)
                while i < len(bts):
                    since = utc(bts[i])
                    if since >= high:
                        break
                    until = utc(bts[i + 1]) if i + 1 < len(bts) else high
                    if max(since, low) < min(until, high):
                        found.append((max(since, low), min(until, high), codes[i]))
                    i += 1
            for a, b in run.blips.get(pair, ()):
                blips += both([(utc(a), utc(b))], [(low, high)]) if a < b else []
        return found, union(blips)


class Sums:
    """One device's time, ms: total, the classes, and blips; and the same as corrected (up, down, maintenance, unknown, blips)."""

    def __init__(self, total=0):
        self.total = total
        self.up = self.down = self.upstream = self.mains = self.point = self.maintenance = self.unknown = self.blips = 0
        self.corrected = (0, 0, 0, 0, 0)

    def by_class(self):
        return self.up, self.down, self.maintenance, self.unknown, self.blips

    def fill(self, watched, states, blips):
        known = 0
        for code, spans in self.split(watched, states).items():
            time = length(spans)
            if code == "up":
                self.up += time
                self.blips += length(both(spans, blips))
            elif code != "unknown":
                self.down += time
                if code in ("upstream", "mains", "monitoring-point"):
                    name = code.removeprefix("monitoring-")
                    setattr(self, name, getattr(self, name) + time)
            else:
                continue
            known += time
        self.unknown = length(watched) - known
        self.maintenance = self.total - length(watched)

    @staticmethod
    def split(watched, states):
        found, i = {}, 0
        for begin, end in watched:
            while i and states[i - 1][1] > begin:
                i -= 1
            while i < len(states) and states[i][0] < end:
                low, high = max(begin, states[i][0]), min(end, states[i][1])
                if low < high:
                    found.setdefault(states[i][2], []).append((low, high))
                i += 1
        return found

    def correct(self, service, corrections, windows, states, blips):
        """Classes as the corrections say (of two the later), maintenance in any window, else as seen."""
        classes, rest = dict.fromkeys(("up", "down", "maintenance", "unknown"), 0), service
        for body in reversed(corrections):
            span = [(body["from"], body["to"])] if body["from"] < body["to"] else []
            classes[body["class"]] += length(both(rest, span))
            rest = without(rest, span)
        seen = Sums(length(rest))
        seen.fill(without(rest, windows), states, blips)
        self.corrected = tuple(a + b for a, b in zip(seen.by_class(), (*map(classes.get, ("up", "down", "maintenance", "unknown")), 0)))

    def add(self, other):
        for name, value in vars(other).items():
            setattr(self, name, tuple(map(sum, zip(self.corrected, value))) if name == "corrected" else getattr(self, name) + value)

    def settled(self):
        """(U, D, B) with the unstable rule, as seen and as corrected."""
        def rule(up, down, blips):
            return (up - blips, down + blips, blips) if blips * 10000 > self.total * 100 else (up, down, blips)
        up, down, _, _, blips = self.corrected
        return rule(self.up, self.down, self.blips), rule(up, down, blips)

    def day_record(self):
        (up, down, blips), _ = self.settled()
        return dict(zip(SUMS, (up, down, self.upstream, self.mains, self.point, self.maintenance, self.unknown, blips)))


def share(part, whole, promise=False):
    """In hundredths of a percent, floored; 100 % is promised only where nothing is unknown and nothing flickered."""
    if whole <= 0:
        return None
    value = part * 10000 // whole
    return 9999 if promise and value == 10000 else value


def figures(sums):
    """A_conn, A_dev, K, low, high, and A_conn as corrected."""
    (up, down, blips), (up2, down2, blips2) = sums.settled()
    weak, weak2 = sums.unknown > 0 or blips > 0, sums.corrected[3] > 0 or blips2 > 0
    shown = sums.total - sums.maintenance
    return (share(up, up + down, weak), share(up, up + down - sums.upstream - sums.mains - sums.point, weak), share(up + down, shown),
            share(up, shown, weak), share(up + sums.unknown, shown), share(up2, up2 + down2, weak2))


# --- §8. so-lieu.csv --------------------------------------------------------------------------------------------------

HEAD = ("thiết bị,loại,kỳ,T,U,D,D_đường_truyền,D_mất_điện,D_điểm_giám_sát,M,N,B,A_conn,A_dev,K,thấp,cao,"
        "U_đính_chính,D_đính_chính,M_đính_chính,N_đính_chính,A_conn_đính_chính")


def percent(value):
    return "" if value is None else f"{value // 100}.{value % 100:02}"


def csv_line(pair, name, sums):
    (up, down, blips), (up2, down2, _) = sums.settled()
    conn, dev, seen, low, high, conn2 = map(percent, figures(sums))
    times = (sums.total, up, down, sums.upstream, sums.mains, sums.point, sums.maintenance, sums.unknown, blips)
    return ",".join([*pair, name, *map(str, times), conn, dev, seen, low, high, str(up2), str(down2), *map(str, sums.corrected[2:4]), conn2])


def csv_of(history, period, days, begin, end):
    """The bytes of so-lieu.csv, and the line of the whole period of each device as (pair, Sums)."""
    view, lines, wholes, per_day = history.view(), [HEAD], [], {}
    now = view.now()
    for day in range(days[0], days[1] + 1):
        low, high = max(begin, history.zone.midnight(day)), min(end, history.zone.midnight(day + 1))
        if low >= high or now is not None and low >= now:
            continue
        for pair in history.terms:
            sums = view.account(pair, low, high)
            if sums is not None:
                per_day.setdefault(pair, []).append((day, sums))
    for pair in sorted(per_day):
        whole = Sums()
        for day, sums in per_day[pair]:
            lines.append(csv_line(pair, date_of_day(day).isoformat(), sums))
            whole.add(sums)
        lines.append(csv_line(pair, period, whole))
        wholes.append((pair, whole))
    return b"\xef\xbb\xbf" + ("\n".join(lines) + "\n").encode(), wholes


# --- §9. What a verifier checks ---------------------------------------------------------------------------------------

FILES = ("HUONG_DAN.txt", "SHA256SUMS", "checkpoint", "checkpoints.jsonl", "entries.jsonl", "keys.jsonl", "ma-qr.svg", "proof.json",
         "public-key", "so-lieu.csv", "witnesses")
WORDS = {
    "missing-file": ("thiếu tệp", "a file is missing"),
    "checksum": ("tệp khác với SHA256SUMS", "the file differs from SHA256SUMS"),
    "extra-file": ("tệp lạ, không thuộc gói (chỉ là lưu ý)", "a file that is none of the bundle's (a note only)"),
    "bad-format": ("tệp không đúng định dạng", "the file cannot be read as specified"),
    "bad-signature": ("điểm kiểm không được ký hợp lệ bằng khóa của bộ giám sát", "the checkpoint is not validly signed by the gateway's key"),
    "unknown-key": ("khóa ghi trên nhãn không dẫn đến khóa của gói", "the label's key does not lead to the bundle's key"),
    "bad-rotation": ("việc đổi khóa không được chứng minh", "a change of keys is not proven"),
    "bad-root": ("các dòng sổ không khớp giá trị băm đã ký", "the leaves do not hash to the signed root"),
    "bad-consistency": ("sổ không phải là phần nối tiếp của điểm kiểm trước", "the log does not continue the earlier checkpoint"),
    "bad-cosignature": ("chữ ký của nhân chứng không đúng", "a witness's cosignature does not hold"),
    "not-cosigned": ("nhân chứng được nêu tên chưa ký điểm kiểm này", "the named witness has not cosigned this checkpoint"),
    "fork": ("điểm kiểm thấy ở nơi khác có nội dung khác: sổ đã bị viết lại", "a checkpoint seen elsewhere differs: the log was rewritten"),
    "older": ("nơi khác đã thấy trạng thái mới hơn: hãy yêu cầu gói mới nhất", "a newer state was seen elsewhere: ask for the newest bundle"),
    "bad-record": ("một dòng sổ không đọc được", "a record cannot be read"),
    "bad-opening": ("dòng mở đầu tuần không khớp các dòng trước nó", "an opening does not say what the records before it say"),
    "bad-day": ("tổng của ngày không khớp các dòng sổ", "a day's totals are not what the records give"),
    "bad-declared": ("ghi là đã khai báo sớm hơn lúc thực sự được ghi sổ", "claims to have been declared earlier than it was recorded"),
    "bad-figure": ("so-lieu.csv không phải là số liệu tính từ các dòng sổ", "so-lieu.csv is not what the leaves give"),
    "not-covered": ("gói bắt đầu sau khi kỳ báo cáo đã bắt đầu", "the bundle begins after its period does"),
    "simulated": ("đây là mô phỏng, không phải bằng chứng", "this is a simulation and is evidence of nothing"),
}
ORDER_OF_CODES = list(WORDS)
MOST_OF_A_KIND = 20
LONGEST_LINE = 1 << 24


class Verifier:
    """One bundle, one verdict."""

    def __init__(self, folder, key=None, witnesses=(), seen=()):
        self.folder, self.named_key, self.named_witnesses, self.seen_files = folder, key, list(witnesses), list(seen)
        self.findings, self.count = [], {}
        self.history = History()
        self.checkpoint, self.earlier, self.proof, self.keys = None, [], {}, []
        self.key_records, self.facts = [], []  # (seq, body); (seq, at, kind, body) of corrections, restores, keys
        self.moments = (array.array("q"), array.array("q"))
        self.roots, self.first, self.size = {}, 0, 0
        self.origin = self.epoch = self.until = self.newest = None
        self.opening_key, self.opening_at, self.last_kind, self.last_body = None, None, None, None
        self.key = None  # the one in force at `checkpoint`
        self.figures, self.period_days = [], None
        self.witnessed, self.unwitnessed, self.remarks = [], [], []
        self.present, self.bundle_witnesses, self.chain, self.older, self.notes, self.previous = set(), [], [], 0, [], None
        self.seen = []  # (file, Checkpoint)

    def find(self, code, where, vi="", en=""):
        self.count[code] = self.count.get(code, 0) + 1
        if self.count[code] <= MOST_OF_A_KIND:
            told = WORDS[code]
            self.findings.append({"code": code, "where": where, "vi": told[0] + (f": {vi or en}" if vi or en else ""),
                                  "en": told[1] + (f": {en or vi}" if vi or en else "")})

    def valid(self):
        return all(finding["code"] == "extra-file" for finding in self.findings)

    def run(self):
        for step in (self.check_files, self.read_small_files, self.read_seen, self.read_entries, self.check_keys, self.check_checkpoints,
                     self.check_seen, self.check_records, self.check_proof, self.check_figures, self.check_witnesses):
            try:
                step()
            except Exception as trouble:  # whatever foreign bytes may do: a finding, never a traceback
                self.find("bad-format", step.__name__, en=f"{type(trouble).__name__}")
        self.findings.sort(key=lambda finding: ORDER_OF_CODES.index(finding["code"]))
        return self

    # Files

    def path(self, name):
        return os.path.join(self.folder, name)

    def is_file(self, name):
        try:
            return stat.S_ISREG(os.stat(self.path(name)).st_mode)
        except (OSError, ValueError):
            return False

    def read(self, name, most=1 << 28):
        with open(self.path(name), "rb") as file:
            data = file.read(most + 1)
        if len(data) > most:
            raise Refused("larger than any")
        return data

    def check_files(self):
        self.present = {name for name in FILES if self.is_file(name)}
        for name in sorted(set(FILES) - self.present):
            self.find("missing-file", name)
        for name in sorted(set(os.listdir(self.folder)) - set(FILES)):
            self.find("extra-file", name.encode("utf-8", "replace").decode())
        if "SHA256SUMS" not in self.present:
            return
        sums, last = {}, ""
        for number, line in enumerate(self.lines_of("SHA256SUMS"), 1):
            match = re.fullmatch(rb"([0-9a-f]{64})  ([!-~]+)", line)
            if not match or not last < match[2].decode() or match[2] == b"SHA256SUMS":
                self.find("bad-format", f"SHA256SUMS:{number}")
                continue
            last = match[2].decode()
            sums[last] = match[1].decode()
        for name in sorted(self.present - {"SHA256SUMS"}):
            with open(self.path(name), "rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != sums.get(name):
                    self.find("checksum", name)
        for name in sorted(set(sums) - set(FILES)):
            if not (re.fullmatch(r"[A-Za-z0-9._-]+", name) and self.is_file(name)):
                self.find("missing-file", name)

    def lines_of(self, name):
        data = self.read(name)
        if data and not data.endswith(b"\n"):
            self.find("bad-format", name, "dòng cuối chưa kết thúc", "the last line has no end")
        return data.split(b"\n")[:-1] if data.endswith(b"\n") else data.split(b"\n") if data else []

    def guarded(self, where, make, *arguments, code="bad-format"):
        try:
            return make(*arguments)
        except Refused as trouble:
            self.find(code, where, en=str(trouble))
            return None

    def read_small_files(self):
        if "proof.json" in self.present:
            data = self.read("proof.json", 1 << 20)
            proof = self.guarded("proof.json", self.read_proof, data[:-1] if data.endswith(b"\n") else data)
            self.proof = proof or {}
        if "checkpoint" in self.present:
            self.checkpoint = self.guarded("checkpoint", Checkpoint, self.read("checkpoint", 1 << 20))
        if "checkpoints.jsonl" in self.present:
            least = -1
            for number, line in enumerate(self.lines_of("checkpoints.jsonl"), 1):
                note = self.guarded(f"checkpoints.jsonl:{number}", self.read_note, line)
                if note is None:
                    continue
                highest = self.checkpoint.size if self.checkpoint else note.size
                if not max(least, self.proof.get("first", 0)) <= note.size <= highest:
                    self.find("bad-format", f"checkpoints.jsonl:{number}", "không đúng thứ tự", "not in its order")
                least = max(least, note.size)
                self.earlier.append((f"checkpoints.jsonl:{number}", note))
        if "keys.jsonl" in self.present:
            for number, line in enumerate(self.lines_of("keys.jsonl"), 1):
                body = self.guarded(f"keys.jsonl:{number}", canonical, line)
                if body is not None and not (isinstance(body, dict) and self.shaped(body)):
                    self.find("bad-format", f"keys.jsonl:{number}")
                    body = None
                self.keys.append(body)
        if "witnesses" in self.present:
            lines = self.lines_of("witnesses")
            if len(lines) > MOST_WITNESSES or len(set(lines)) != len(lines):
                self.find("bad-format", "witnesses", "quá 64 dòng, hoặc một khóa có hai lần", "more than 64 lines, or a key twice")
                lines = []
            for number, line in enumerate(lines, 1):
                key = self.guarded(f"witnesses:{number}", lambda text=line: Key(text.decode("utf-8", "replace"), 4))
                if key is not None:
                    self.bundle_witnesses.append(key)

    @staticmethod
    def shaped(body):
        return all(name in body and fits(body[name]) for name, fits in KEY.items())

    @staticmethod
    def read_note(line):
        text = canonical(line)
        if not isinstance(text, str):
            raise Refused("not a string")
        return Checkpoint(text.encode("utf-8"))

    @staticmethod
    def read_proof(data):
        proof = canonical(data)
        shape = {"format": _a(str), "origin": _a(str), "epoch": _a(str), "period": _a(str), "from": _a(int), "to": _a(int),
                 "first": _a(int), "base": _a(list), "previous": _a(str), "consistency": _a(list)}
        if not isinstance(proof, dict):
            raise Refused("not an object")
        for name, fits in shape.items():
            if name not in proof or not fits(proof[name]):
                raise Refused(name)
        for name in ("base", "consistency"):
            if not all(isinstance(item, str) and re.fullmatch(r"[0-9a-f]{64}", item) for item in proof[name]):
                raise Refused(name)
        if proof["format"] != "commune-watch-evidence-1":
            raise Refused("of another format")
        if proof["first"] < 0 or len(proof["base"]) != proof["first"].bit_count():
            raise Refused("base")
        if proof["first"] == 0 and proof["previous"] or not proof["previous"] and proof["consistency"]:
            raise Refused("previous")
        return proof

    # Entries

    def read_entries(self):
        if "entries.jsonl" not in self.present:
            return
        self.first = self.proof.get("first", 0)
        tree = Tree(self.first, [bytes.fromhex(node) for node in self.proof.get("base", [])])
        wanted = {note.size for _, note in self.earlier} | ({self.checkpoint.size} if self.checkpoint else set())
        wanted |= {note.size for _, note in self.seen}
        if tree.size in wanted and tree.size:
            self.roots[tree.size] = tree.root()
        with open(self.path("entries.jsonl"), "rb") as file:
            while line := file.readline(LONGEST_LINE):
                if not line.endswith(b"\n"):
                    self.find("bad-format", f"entries.jsonl:{tree.size - self.first + 1}", "dòng chưa kết thúc", "the line has no end")
                    if len(line) == LONGEST_LINE:
                        break
                    line += b"\n"
                line = line[:-1]
                tree.add(line)
                if tree.size in wanted:
                    self.roots[tree.size] = tree.root()
                self.replay(tree.size - 1, line)
        self.size, self.root = tree.size, tree.root()

    def replay(self, seq, line):
        try:
            leaf = canonical(line)
            if not (isinstance(leaf, list) and len(leaf) == 4 and isinstance(leaf[0], str) and isinstance(leaf[1], int) and
                    isinstance(leaf[2], int) and isinstance(leaf[3], dict) and leaf[1] >= 1 and leaf[2] >= 0):
                raise Refused("not a leaf")
            kind, boot, bt, body = leaf
            self.last_kind, self.last_body = kind, body
            for moments, value in zip(self.moments, (boot, bt)):
                moments.append(value)
            if (seq == self.first) != (kind == ("opening" if self.first else "genesis")) and (seq == self.first or kind == "genesis"):
                raise Refused("not the record that stands here")
            check_shape(kind, body)
            self.history.observe(kind, boot, bt)
            self.record(seq, (boot, bt), kind, body, line)
        except Refused as trouble:
            if len(self.moments[1]) < seq - self.first + 1:
                for moments in self.moments:
                    moments.append(0)
            self.find("bad-record", f"entries.jsonl:{seq - self.first + 1}", en=f"seq {seq}: {trouble}")
        except Predated as trouble:
            self.find("bad-declared", f"entries.jsonl:{seq - self.first + 1}", en=f"seq {seq}: {trouble.args[1] - trouble.args[0]} ms")

    def record(self, seq, at, kind, body, line):
        history = self.history
        if kind not in QUIET:
            history.version += 1
        if kind in ("correction", "restore", "key"):
            self.facts.append((seq, at, kind, body))
        if kind in HANDLERS:
            HANDLERS[kind](history, at, body)
        elif kind == "day":
            self.check_day(seq, body)
        elif kind == "genesis":
            self.begins(body, sha256(line[line.index(b"{"):-1]).hex()[:8])
        elif kind == "key":
            self.key_records.append((seq, body))
        elif kind == "opening":
            self.check_opening(seq, at, body)

    def begins(self, body, epoch):
        self.origin, self.epoch = f"commune-watch/{body['commune']}/{body['gateway']}", epoch
        self.simulated = body["simulated"]
        if body["simulated"]:
            self.find("simulated", "entries.jsonl:1")

    def check_opening(self, seq, at, body):
        if seq == self.first:
            self.begins(body, body["epoch"])
            self.opening_key, self.opening_at = body["vkey"], at
            self.history.begin_with(body, at)
            return
        if self.first:
            return
        wrong = self.history.why_opening_is_wrong(body, at)
        vkey = self.key_records[-1][1]["vkey"] if self.key_records else ""
        if f"commune-watch/{body['commune']}/{body['gateway']}" != self.origin or body["epoch"] != self.epoch:
            wrong = "commune gateway epoch"
        elif body["simulated"] != self.simulated:
            wrong = "simulated"
        elif body["vkey"] != vkey:
            wrong = "vkey"
        if wrong:
            self.find("bad-opening", f"entries.jsonl:{seq - self.first + 1}", en=f"seq {seq}: {wrong}")

    def check_day(self, seq, body):
        history, day = self.history, day_of_date(body["date"])
        begin, end = history.zone.midnight(day), history.zone.midnight(day + 1)
        view = history.view()
        if self.first and begin < self.horizon():
            return
        sums = view.account((body["device"], body["kind"]), begin, end) or Sums()
        right = sums.day_record()
        wrong = [name for name in SUMS if body[name] != right[name]]
        if wrong:
            self.find("bad-day", f"entries.jsonl:{seq - self.first + 1}",
                      en=f"seq {seq}: {body['device']} {date_of_day(day)}: {wrong[0]} {body[wrong[0]]} ≠ {right[wrong[0]]}")

    def horizon(self):
        """From when on the opening that the bundle begins with says all (§5)."""
        moment = self.history.view().moment(self.opening_at) if self.opening_at else None
        return FOR_EVER if moment is None else max([moment] + [end for _, end in self.history.claims])

    def check_records(self):
        if "entries.jsonl" not in self.present:
            return
        if self.size == self.first:
            self.find("bad-record", "entries.jsonl", "không có dòng nào", "there are none")
        elif self.last_kind != "export":
            self.find("bad-record", f"entries.jsonl:{self.size - self.first}", "dòng cuối không phải dòng xuất gói",
                      "the last is not an export")
        for run in self.history.runs:
            if not self.history.boots[run.boot].anchors:
                self.find("bad-record", "entries.jsonl", en=f"boot {run.boot} has no anchor")

    # Keys and checkpoints

    def check_keys(self):
        """bad-rotation and unknown-key; afterwards self.key_at(size) knows who has to have signed."""
        before = None
        for number, body in enumerate(self.keys, 1):
            if body is None or not rotation_holds(self.proof.get("origin"), self.proof.get("epoch"), body, before):
                self.find("bad-rotation", f"keys.jsonl:{number}")
            before = self.guarded(f"keys.jsonl:{number}", Key, body["vkey"], 1) if body is not None else None
            self.chain.append(before)
        if not self.keys and "keys.jsonl" in self.present:
            self.find("bad-rotation", "keys.jsonl", "không có khóa nào", "it names no key")
        in_log = [body for _, body in self.key_records]
        older = len(self.keys) - len(in_log)
        if older < 0 or [_encode(body) for body in self.keys[older:]] != [_encode(body) for body in in_log] or self.first == 0 and older:
            self.find("bad-rotation", "keys.jsonl", "khác với các dòng khóa trong sổ", "differs from the key records in the log")
        elif self.first and (older == 0 or self.keys[older - 1] is None or self.keys[older - 1]["vkey"] != self.opening_key):
            self.find("bad-rotation", "keys.jsonl", "khác với khóa trong dòng mở đầu", "differs from the opening's key")
        self.older = max(older, 0)
        self.key = self.chain[-1] if self.chain else None
        if "public-key" in self.present:
            said = self.lines_of("public-key")
            if self.key is None or said != [self.key.vkey.encode()]:
                self.find("bad-rotation", "public-key", "khác với khóa cuối trong keys.jsonl", "differs from the last key of keys.jsonl")
        known = [key.vkey for key in self.chain if key]
        if self.named_key is not None and (self.count.get("bad-rotation") or self.named_key.vkey not in known):
            self.find("unknown-key", "--key", self.named_key.vkey)

    def key_at(self, size):
        index = self.older - 1 + sum(seq < size for seq, _ in self.key_records)
        return self.chain[index] if 0 <= index < len(self.chain) else None

    def check_checkpoints(self):
        notes = list(self.earlier)
        if self.checkpoint is not None:
            notes.append(("checkpoint", self.checkpoint))
            if self.checkpoint.size != self.size or self.size <= self.first:
                self.find("bad-root", "entries.jsonl", f"{self.size - self.first} dòng, đúng ra {self.checkpoint.size - self.first}",
                          f"{self.size - self.first} leaves, not {self.checkpoint.size - self.first}")
        origin = self.proof.get("origin")
        for where, note in notes:
            key = self.key_at(note.size)
            if note.origin != origin or key is None or key.name != note.origin or not note.signed_by(key):
                self.find("bad-signature", where)
            if self.roots.get(note.size) != note.root:
                self.find("bad-root", where)
        self.notes = notes
        if self.proof.get("previous"):
            self.check_previous()

    def check_previous(self):
        note = self.guarded("proof.json", Checkpoint, self.proof["previous"].encode("utf-8", "replace"))
        if note is None or self.checkpoint is None:
            return
        self.previous = note
        if note.origin != self.proof["origin"] or not any(key is not None and note.signed_by(key) for key in self.chain[:self.older]):
            self.find("bad-signature", "proof.json: previous")
        path = [bytes.fromhex(node) for node in self.proof["consistency"]]
        if note.size > self.first or not consistent(note.size, note.root, self.checkpoint.size, self.checkpoint.root, path):
            self.find("bad-consistency", "proof.json")
        elif note.size == self.first and Tree(self.first, [bytes.fromhex(node) for node in self.proof["base"]]).root() != note.root:
            self.find("bad-consistency", "proof.json")

    # What was seen elsewhere

    @staticmethod
    def seen_note(data):
        """A checkpoint as text, or the retained MQTT message with one: {"v":1,"size":…,"checkpoint":"…"}."""
        if data.lstrip()[:1] == b"{":
            try:
                data = json.loads(data)["checkpoint"].encode()
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as trouble:
                raise Refused("a message without a checkpoint") from trouble
        return Checkpoint(data if data.endswith(b"\n") else data + b"\n", signed=False)

    def read_seen(self):
        for name in self.seen_files:
            try:
                with open(name, "rb") as file:
                    data = file.read(1 << 20).removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
                self.seen.append((name, self.seen_note(data)))
            except (OSError, Refused) as trouble:
                self.find("bad-format", name, en=str(trouble))

    def check_seen(self):
        for where, note in self.seen:
            if note.origin != self.proof.get("origin"):
                self.find("bad-signature", where, "của sổ khác", "of another log")
            elif self.checkpoint is None or note.size > self.checkpoint.size:
                self.find("older", where, f"{note.size} dòng", f"{note.size} records")
            elif note.size in self.roots:
                if self.roots[note.size] != note.root:
                    self.find("fork", where)
                elif note.size == self.checkpoint.size:
                    self.newest = "seen"
            elif self.previous is not None and note.size == self.previous.size:
                if note.root != self.previous.root:
                    self.find("fork", where)
            else:
                self.remarks.append((f"{where}: cũ hơn phần đầu của gói, không so sánh được",
                                     f"{where}: older than the bundle's beginning, cannot be compared"))

    def check_proof(self):
        proof, history = self.proof, self.history
        if not proof or self.origin is None:
            return
        wrong = None
        if proof["origin"] != self.origin:
            wrong = "origin"
        elif proof["epoch"] != self.epoch:
            wrong = "epoch"
        elif self.last_kind == "export" and isinstance(self.last_body, dict) and self.last_body.get("period") != proof["period"]:
            wrong = "period"
        if wrong:
            self.find("bad-format", "proof.json", en=wrong)
        self.period_days = self.guarded("proof.json", period_days, proof["period"])
        if self.period_days is None:
            return
        first, last = self.period_days
        if (proof["from"], proof["to"]) != (history.zone.midnight(first), history.zone.midnight(last + 1)):
            self.find("bad-format", "proof.json", "from, to không phải của kỳ", "from, to are not the period's")
        self.until = history.view().now()
        if self.first:
            if self.horizon() > proof["from"]:
                self.find("not-covered", "entries.jsonl:1")

    def check_figures(self):
        if self.period_days is None or "so-lieu.csv" not in self.present:
            return
        right, wholes = csv_of(self.history, self.proof["period"], self.period_days, self.proof["from"], self.proof["to"])
        said = self.read("so-lieu.csv")
        if said == right:
            self.figures = wholes
            return
        ours, theirs = right.split(b"\n"), said.split(b"\n")
        number = next((i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b), min(len(ours), len(theirs)))
        self.find("bad-figure", f"so-lieu.csv:{number + 1}",
                  en=f"{(theirs[number] if number < len(theirs) else b'')[:200].decode('utf-8', 'replace')!r} ≠ "
                     f"{(ours[number] if number < len(ours) else b'')[:200].decode('utf-8', 'replace')!r}")

    # Witnesses

    def check_witnesses(self):
        known = {key.vkey: key for key in [*self.named_witnesses, *self.bundle_witnesses]}
        covers = []  # (size, witness, seconds)
        for where, note in self.notes:
            for witness in known.values():
                try:
                    seconds = note.cosigned_by(witness)
                except Refused:
                    self.find("bad-cosignature", where, witness.name)
                    continue
                if seconds is not None and self.roots.get(note.size) == note.root:
                    covers.append((note.size, witness.name, seconds))
        for witness in self.named_witnesses:
            cosigned = any(size == self.size and name == witness.name for size, name, _ in covers) and self.checkpoint.of(witness)
            if not cosigned:
                self.find("not-cosigned", "checkpoint", witness.name)
            elif self.newest is None:
                self.newest = "cosigned"
        self.newest = self.newest or "unwitnessed"
        if self.period_days is None or self.until is None:
            return
        self.cover_days(covers)

    def cover_days(self, covers):
        zone, view = self.history.zone, self.history.view()
        days = [day for day in range(self.period_days[0], self.period_days[1] + 1)
                if zone.midnight(day) < min(self.until, self.proof["to"])]
        ends = [zone.midnight(day + 1) for day in days]
        needed = [-1] * (len(days) + 1)  # the greatest seq before each end
        for index, (boot, bt) in enumerate(zip(*self.moments)) if covers else ():
            moment = view.moment((boot, bt))
            if moment is not None:
                day = bisect.bisect_right(ends, moment)
                needed[day] = index + self.first
        greatest = -1
        for day, seq in zip(days, needed):
            greatest, found = max(greatest, seq), {}
            for size, name, seconds in covers:
                if size > greatest:
                    found[name] = min(seconds, found.get(name, seconds))
            date = date_of_day(day).isoformat()
            self.witnessed += [{"date": date, "by": name, "at": found[name] * 1000} for name in sorted(found)]
            if not found:
                self.unwitnessed.append(date)

    # What is told

    def confirmed(self):
        return int(self.named_key is not None and not self.count.get("unknown-key"))

    def late(self):
        """Windows that some device of theirs was not told of in time."""
        view = self.history.view()
        return [(window, view.declared(window)) for window in self.history.windows
                if window.begin < window.end and any(
                    part not in counting for pair in self.history.terms
                    for counting, every in [view.windows(pair, [window])] for part in every)]

    def report(self):
        named = [key.vkey for key in self.named_witnesses]
        witnesses = list(dict.fromkeys(named + [key.vkey for key in self.bundle_witnesses]))
        good = self.valid()
        return {
            "verdict": "valid" if good else "invalid", "findings": self.findings,
            "more": {code: number - MOST_OF_A_KIND for code, number in self.count.items() if number > MOST_OF_A_KIND},
            "origin": self.proof.get("origin"), "size": self.checkpoint.size if self.checkpoint else None,
            "root": self.checkpoint.root.hex() if self.checkpoint else None, "period": self.proof.get("period"), "until": self.until,
            "newest": self.newest or "unwitnessed",
            "key": {"vkey": self.key.vkey if self.key else None, "confirmed": self.confirmed()},
            "witnesses": [{"vkey": vkey, "confirmed": int(vkey in named)} for vkey in witnesses],
            "witnessed": self.witnessed if good else [], "unwitnessed": self.unwitnessed,
            "late": [{"scope": window.scope, "from": window.begin, "to": window.end, "declared": declared,
                      "author": window.body.get("author"), "reason": window.body.get("reason")}
                     for window, declared in (self.late() if good else ())],
            "corrections": [item.body for item in self.history.corrections] if good else [],
            "restores": [seq for seq, _, kind, _ in self.facts if kind == "restore"],
            "keys": [body["vkey"] for _, _, kind, body in self.facts if kind == "key"],
        }


# --- What a person reads ----------------------------------------------------------------------------------------------

TEXT = {
    "valid": ("HỢP LỆ", "VALID"), "invalid": ("KHÔNG HỢP LỆ", "INVALID"),
    "no-figures": ("Gói không hợp lệ: không con số nào trong gói được coi là bằng chứng.", "The bundle is invalid: no figure in it is evidence."),
    "log": ("Sổ", "Log"), "records": ("dòng, gốc", "records, root"), "period": ("Kỳ", "Period"),
    "until": ("Số liệu tính đến", "The figures end at"), "key": ("Khóa", "Key"),
    "confirmed": ("đã được người kiểm tra xác nhận", "confirmed by the user"),
    "unconfirmed": ("CHƯA được xác nhận: so với nhãn dán trên máy (--key)", "NOT confirmed: compare it with the gateway's label (--key)"),
    "witness": ("Nhân chứng", "Witness"),
    "own": ("chỉ do gói tự nêu, CHƯA được xác nhận (--witness)", "named by the bundle only, NOT confirmed (--witness)"),
    "seen": ("Trạng thái mới nhất trùng với điểm kiểm đã thấy ở nơi khác.", "The newest state is the one that was seen elsewhere."),
    "cosigned": ("Nhân chứng được nêu tên đã ký trạng thái này; hãy hỏi nhân chứng xem có trạng thái mới hơn không (--seen).",
                 "The named witness has cosigned this state; ask it whether there is a newer one (--seen)."),
    "unwitnessed": ("Trạng thái mới nhất CHƯA được ai ngoài gói này xác nhận.", "Nobody outside this bundle has confirmed its newest state."),
    "limit": ("Người giữ máy và khóa có thể viết lại mọi thứ sau điểm kiểm cuối cùng đã được người khác giữ.",
              "Who holds the box and its key can rewrite whatever came after the last checkpoint that somebody else holds."),
    "days": ("Ngày có nhân chứng", "Days with a witness"), "none": ("Ngày KHÔNG có nhân chứng", "Days WITHOUT a witness"),
    "late": ("Bảo trì khai báo muộn (không được tính)", "Maintenance declared late (does not count)"),
    "correction": ("Đính chính (không đổi số liệu gốc)", "Correction (does not change the original figure)"),
    "restore": ("Sổ đã được khôi phục sau hư hỏng tại dòng", "The log was restored after damage at record"),
    "new-key": ("Khóa được ghi sổ tại dòng", "A key was recorded at record"), "more": ("và nữa", "and more"),
    "table": ("thiết bị · loại · tỷ lệ kết nối · của thiết bị · quan sát được · khoảng chắc chắn · kết nối sau đính chính",
              "device · kind · connected · the device's own · observed · bounds · connected as corrected"),
}


def in_rows(dates):
    """2026-10-01, 2026-10-02, 2026-10-03 is 2026-10-01..2026-10-03."""
    rows = []
    for date in map(datetime.date.fromisoformat, dates):
        if rows and (date - rows[-1][1]).days == 1:
            rows[-1][1] = date
        else:
            rows.append([date, date])
    return [str(first) if first == last else f"{first}..{last}" for first, last in rows]


def harmless(line):
    """Names of files and words of records are the keeper's: they may not move the reader's cursor, nor turn the direction of what he reads."""
    return re.sub("[\0-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]", "\ufffd", line)


def tell(verifier, lang):
    index = 0 if lang == "vi" else 1
    report = verifier.report()

    def word(name):
        return TEXT[name][index]

    def time(utc):
        try:
            moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=verifier.history.zone.local(utc))
            return moment.strftime("%d/%m/%Y %H:%M:%S" if index == 0 else "%Y-%m-%d %H:%M:%S")
        except (OverflowError, TypeError):
            return "?"

    lines = [word(report["verdict"])]
    lines += [f"  [{finding['code']}] {finding['where']}: {finding['vi' if index == 0 else 'en']}" for finding in report["findings"]]
    lines += [f"  [{code}] {word('more')} {number}" for code, number in report["more"].items()]
    lines += [remark[index] for remark in verifier.remarks]
    lines.append(f"{word('log')}: {report['origin']} · {report['size']} {word('records')} {report['root']}")
    lines.append(f"{word('period')}: {report['period']}")
    lines.append(f"{word('key')}: {report['key']['vkey']} ({word('confirmed' if report['key']['confirmed'] else 'unconfirmed')})")
    lines += [f"{word('witness')}: {item['vkey']} ({word('confirmed' if item['confirmed'] else 'own')})" for item in report["witnesses"]]
    lines += [f"{word('restore')} {seq}" for seq in report["restores"]]
    lines += [f"{word('new-key')} {seq}: {body['vkey']}" for seq, _, kind, body in verifier.facts if kind == "key"]
    if not verifier.valid():
        lines += [word(report["newest"]), word("no-figures")]
        return lines
    lines.append(f"{word('until')}: {time(report['until'])}")
    for item in report["witnessed"]:
        lines.append(f"{word('days')}: {item['date']} · {item['by']} · {time(item['at'])}")
    if report["unwitnessed"]:
        lines.append(f"{word('none')}: {', '.join(in_rows(report['unwitnessed']))}")
    for item in report["late"]:
        lines.append(f"{word('late')}: {item['scope']} {time(item['from'])} – {time(item['to'])} · {time(item['declared'])} · "
                     f"{item['author']}: {item['reason']}")
    for item in report["corrections"]:
        lines.append(f"{word('correction')}: {item['device']} {time(item['from'])} – {time(item['to'])} · {item['class']} · "
                     f"{item.get('author')}: {item.get('reason')}")
    lines.append(word("table"))
    for pair, sums in verifier.figures:
        conn, dev, seen, low, high, conn2 = (percent(value) or "–" for value in figures(sums))
        lines.append(f"  {pair[0]} · {pair[1]} · {conn} · {dev} · {seen} · [{low}; {high}] · {conn2}")
    lines += [word(report["newest"]), word("limit")]
    return lines


def main():
    def a_key(kind):
        def read(text):
            try:
                return Key(text.strip(), kind)
            except Refused as trouble:
                raise argparse.ArgumentTypeError(str(trouble)) from trouble
        return read

    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n")[0], description=__doc__.split("\n")[0],
                                     epilog="0: hợp lệ / valid; 1: không hợp lệ / invalid; 2: sai cách dùng / not asked properly")
    parser.add_argument("bundle", metavar="BUNDLE", help="thư mục gói bằng chứng / the bundle's folder")
    parser.add_argument("--key", type=a_key(1), metavar="VKEY", help="khóa trên nhãn máy / the key on the gateway's label")
    parser.add_argument("--witness", type=a_key(4), action="append", default=[], metavar="VKEY", help="khóa nhân chứng / a witness's key")
    parser.add_argument("--seen", action="append", default=[], metavar="FILE", help="điểm kiểm thấy ở nơi khác / a checkpoint seen elsewhere")
    parser.add_argument("--json", action="store_true", help="cho chương trình / for programs")
    parser.add_argument("--lang", choices=("vi", "en"), default="vi")
    options = parser.parse_args()
    if not os.path.isdir(options.bundle):
        parser.error(f"{options.bundle}: không phải thư mục / not a folder")
    for name in options.seen:
        if not os.path.isfile(name):
            parser.error(f"{name}: không có tệp này / no such file")
    verifier = Verifier(options.bundle, options.key, options.witness, options.seen).run()
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    text = json.dumps(verifier.report(), ensure_ascii=False) if options.json else "\n".join(map(harmless, tell(verifier, options.lang)))
    try:
        print(text, flush=True)
    except BrokenPipeError:  # whoever reads has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0 if verifier.valid() else 1


if __name__ == "__main__":
    sys.exit(main())
