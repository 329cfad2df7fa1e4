"""Makes bundles of evidence of communes that never were, from a seed: what an honest gateway would write (docs/evidence.md), signed.

Shares nothing with any verifier. What is right is worked out by the definitions, slowly: one class for every elementary interval in plain
loops, the tree by the recursive definition of RFC 6962 §2.1, signatures by libsodium. For tests and for scripts/faults tamper.
"""
import base64
import ctypes
import datetime
import functools
import hashlib
import pathlib
import random
import zoneinfo

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
UTC_PLUS_7 = [[0, 7 * HOUR]]
KINDS = ("camera", "access-point", "speaker-cluster", "website", "uplink", "switch")
CAUSES = ("device", "media", "upstream", "mains", "monitoring-point")
HEADER = ("thiết bị,loại,kỳ,T,U,D,D_đường_truyền,D_mất_điện,D_điểm_giám_sát,M,N,B,A_conn,A_dev,K,thấp,cao,"
          "U_đính_chính,D_đính_chính,M_đính_chính,N_đính_chính,A_conn_đính_chính")


# --- Bytes ------------------------------------------------------------------------------------------------------------

def text(value):
    """Canonical JSON."""
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return '"' + "".join(character(one) for one in value) + '"'
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(text(item) for item in value) + "]"
    return "{" + ",".join(text(name) + ":" + text(item) for name, item in value.items()) + "}"


def character(one):
    if one in '"\\':
        return "\\" + one
    if one < " ":
        return {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}.get(one) or "\\u00" + format(ord(one), "02x")
    return one


def leaf_of(record):
    return text(list(record)).encode()


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


class Forest:
    """RFC 6962 §2.1 by its definitions, over fixed leaves."""

    def __init__(self, leaves):
        self.hashes = [sha(b"\0", leaf) for leaf in leaves]
        self.root_of = functools.cache(self._root_of)

    @staticmethod
    def split(count):
        k = 1
        while 2 * k < count:
            k *= 2
        return k

    def _root_of(self, begin, end):
        if begin == end:
            return sha()
        if end - begin == 1:
            return self.hashes[begin]
        middle = begin + self.split(end - begin)
        return sha(b"\1", self.root_of(begin, middle), self.root_of(middle, end))

    def base(self, size):
        found, begin = [], 0
        while begin < size:
            k = 1
            while 2 * k <= size - begin:
                k *= 2
            found.append(self.root_of(begin, begin + k))
            begin += k
        return found

    def consistency(self, old, new):
        return [] if old == 0 else self.subproof(old, 0, new, True)

    def subproof(self, old, begin, end, whole):
        if old == end - begin:
            return [] if whole else [self.root_of(begin, end)]
        k = self.split(end - begin)
        if old <= k:
            return self.subproof(old, begin, begin + k, whole) + [self.root_of(begin + k, end)]
        return self.subproof(old - k, begin + k, end, False) + [self.root_of(begin, begin + k)]


SODIUM = ctypes.CDLL("libsodium.so.23")
assert SODIUM.sodium_init() >= 0


class Signer:
    """An Ed25519 key by libsodium, under a name; `use` 1 signs a log, 4 cosigns."""

    def __init__(self, name, seed, use=1):
        self.name, self.use = name, use
        public, self.secret = ctypes.create_string_buffer(32), ctypes.create_string_buffer(64)
        SODIUM.crypto_sign_seed_keypair(public, self.secret, hashlib.sha256(repr(seed).encode()).digest())
        self.public = public.raw
        typed = bytes([use]) + self.public
        self.id = sha(name.encode(), b"\n", typed)[:4]
        self.vkey = f"{name}+{self.id.hex()}+{base64.b64encode(typed).decode()}"

    def sign(self, message):
        signature = ctypes.create_string_buffer(64)
        SODIUM.crypto_sign_detached(signature, None, message, ctypes.c_ulonglong(len(message)), self.secret)
        return signature.raw

    def line(self, payload):
        return f"— {self.name} {base64.b64encode(self.id + payload).decode()}\n"

    def checkpoint_line(self, body):
        return self.line(self.sign(body.encode()))

    def cosignature_line(self, body, seconds):
        return self.line(seconds.to_bytes(8, "big") + self.sign(f"cosignature/v1\ntime {seconds}\n{body}".encode()))


def checkpoint_text(origin, size, root):
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"


# --- Calendars --------------------------------------------------------------------------------------------------------

def zone_rows(name, around):
    """[from, offset] rows of an IANA zone for a year and a half before and after an instant."""
    zone = zoneinfo.ZoneInfo(name)

    def offset(utc):
        moment = datetime.datetime.fromtimestamp(utc // 1000, zone)
        return int(moment.utcoffset().total_seconds()) * 1000

    begin = (around - 550 * DAY) // HOUR * HOUR
    rows = [[begin, offset(begin)]]
    for at in range(begin, around + 550 * DAY, HOUR):
        if offset(at) != rows[-1][1]:
            rows.append([at, offset(at)])  # every change of these zones is on a whole hour of UTC
    return rows


zone_rows = functools.cache(zone_rows)


def offset_at(rows, utc):
    found = rows[0][1]
    for begin, offset in rows:
        if begin <= utc:
            found = offset
    return found


def date_number(day):
    date = datetime.date(1970, 1, 1) + datetime.timedelta(day)
    return date.year * 10000 + date.month * 100 + date.day


def day_of(number):
    return (datetime.date(number // 10000, number // 100 % 100, number % 100) - datetime.date(1970, 1, 1)).days


def iso(day):
    return (datetime.date(1970, 1, 1) + datetime.timedelta(day)).isoformat()


@functools.lru_cache(maxsize=4096)
def _midnight(rows, day):
    """The first instant whose local time has reached 00:00 of the day: local time is a straight line between two changes."""
    edges = [begin for begin, _ in rows[1:]]
    tries = sorted({day * DAY - offset for _, offset in rows} | set(edges))
    return next(at for at in tries if at + offset_at(rows, at) >= day * DAY)


def midnight(rows, day):
    return _midnight(tuple(map(tuple, rows)), day)


def local_day(rows, utc):
    day = (utc + offset_at(rows, utc)) // DAY + 2
    while midnight(rows, day) > utc:
        day -= 1
    return day


# --- The oracle -------------------------------------------------------------------------------------------------------

RANK = {"ntp": 4, "operator": 3, "host": 2, "rtc": 1, "system": 0}


class Oracle:
    """What records 0 … n − 1 say, by the words of §6 and §7 and plain loops."""

    def __init__(self, records):
        self.anchors, self.greatest, self.order, self.runs = {}, {}, [], []
        self.terms, self.kind_of, self.windows, self.corrections = [], {}, [], []
        self.zone, self.timezone, self.must, self.vkey, self.genesis, self.epoch = None, None, {}, "", None, None
        self.maintenance_records = []
        self.memo = {}
        for kind, boot, bt, body in records:
            self.greatest[boot] = max(bt, self.greatest.get(boot, bt))
            getattr(self, "see_" + kind.replace("-", "_"), lambda *_: None)(boot, bt, body)

    def see_genesis(self, _boot, _bt, body):
        self.genesis, self.epoch = body, hashlib.sha256(text(body).encode()).hexdigest()[:8]

    def see_key(self, _boot, _bt, body):
        self.vkey = body["vkey"]

    def see_config(self, _boot, _bt, body):
        self.zone = body.get("zone", self.zone)
        self.timezone = body.get("timezone", self.timezone)

    def see_anchor(self, _boot, _bt, body):
        boot, bt = body["at"]
        rows = self.anchors.setdefault(boot, [])
        rows.append([bt, body["utc"], body["error"], body["source"]])

    def see_run(self, boot, bt, body):
        if self.runs:
            last = self.runs[-1]
            if last["end"] is None:
                last["end"] = max(last["begin"], body["previous"][1] if body["previous"][0] == last["boot"] else 0)
            for device, its_boot, since in body.get("unconfirmed", []):
                pair = (device, self.kind_of.get(device))
                if its_boot == last["boot"] and pair in last["states"]:
                    kept = [state for state in last["states"][pair] if state[0] < since]
                    last["states"][pair] = kept + [(since, {"state": "unknown", "cause": "gateway"})]
        self.runs.append({"boot": boot, "begin": bt, "end": None, "states": {}, "blips": {}})

    def see_stop(self, _boot, bt, _body):
        if self.runs[-1]["end"] is None:
            self.runs[-1]["end"] = max(self.runs[-1]["begin"], bt)

    def see_terms(self, boot, bt, body):
        self.terms.append(((boot, bt), body))
        if body["enrolled"]:
            self.kind_of[body["device"]] = body["kind"]

    def see_change(self, _boot, _bt, body):
        run, pair = self.runs[-1], (body["device"], self.kind_of[body["device"]])
        if body["at"][0] != run["boot"]:
            return
        if pair not in run["states"] and body["since"][0] == run["boot"] and body["since"][1] < body["at"][1]:
            run["states"][pair] = [(body["since"][1], body["from"])]
        states = [state for state in run["states"].get(pair, []) if state[0] != body["at"][1]]
        run["states"][pair] = sorted(states + [(body["at"][1], body["to"])], key=lambda state: state[0])

    def see_blip(self, _boot, _bt, body):
        run, pair = self.runs[-1], (body["device"], self.kind_of[body["device"]])
        if body["from"][0] == run["boot"]:
            run["blips"].setdefault(pair, []).append((body["from"][1], body["to"][1]))

    def see_maintenance(self, boot, bt, body):
        self.maintenance_records.append((body, (boot, bt)))
        for window in self.windows:
            if all(window["body"][name] == body[name] for name in ("scope", "from", "declared")):
                window["end"] = min([window["end"]] + ([body["ended"]] if body["ended"] else []))
                return
        end = min(body["to"], body["ended"]) if body["ended"] else body["to"]
        self.windows.append({"body": body, "at": (boot, bt), "end": end})

    def see_correction(self, boot, bt, body):
        self.corrections.append((body, (boot, bt)))

    def see_must_have(self, _boot, _bt, body):
        self.must[body["area"]] = body

    # Time

    def rows(self):
        return self.zone or UTC_PLUS_7

    def remember(self, name, make):
        if name not in self.memo:
            self.memo[name] = make()
        return self.memo[name]

    def standing(self, boot):
        """[(bt, utc)], ascending."""
        def make():
            last = {}
            for bt, utc, error, source in self.anchors[boot]:
                last[bt] = (bt, utc, min(max(error, 0), 2**40), RANK[source])
            best, stand = max(anchor[3] for anchor in last.values()), []
            for one in sorted((anchor for anchor in last.values() if anchor[3] == best), reverse=True):
                near = all(1000000 * abs((one[1] - one[0]) - (other[1] - other[0])) <= 500 * (other[0] - one[0]) + 1000000 * (one[2] + other[2] + 2000)
                           for other in stand)
                if not stand or near and one[0] != stand[-1][0] and one[1] <= stand[-1][1]:
                    stand.append(one)
            return [(one[0], one[1]) for one in reversed(stand)]
        return self.remember(("standing", boot), make)

    def sure(self, boot):
        return self.remember(("sure", boot), lambda: any(RANK[row[3]] >= 1 for row in self.anchors.get(boot, [])))

    def utc(self, boot, bt):
        stand = self.standing(boot)
        if bt < stand[0][0]:
            return stand[0][1] + (bt - stand[0][0])
        for (low, low_utc), (high, high_utc) in zip(stand, stand[1:]):
            if low <= bt < high:
                return low_utc + ((bt - low) * (high_utc - low_utc)) // (high - low)
        return stand[-1][1] + (bt - stand[-1][0])

    def end_of(self, run):
        return run["end"] if run["end"] is not None else max(run["begin"], self.greatest[run["boot"]])

    def sure_runs(self):
        """[(utc begin, utc end, run)]"""
        return self.remember("runs", lambda: [(self.utc(run["boot"], run["begin"]), self.utc(run["boot"], self.end_of(run)), run)
                                              for run in self.runs if self.sure(run["boot"])])

    def moment(self, boot, bt):
        """utc(moment) or placed(moment)."""
        if self.sure(boot):
            return self.utc(boot, bt)
        numbers = sorted({run["boot"] for run in self.runs})
        group = [boot]
        for step in (-1, 1):
            i = numbers.index(boot) + step
            while 0 <= i < len(numbers) and not self.sure(numbers[i]):
                group.insert(0 if step < 0 else len(group), numbers[i])
                i += step
        low = max((end for _, end, run in self.sure_runs() if run["boot"] < group[0]), default=None)
        high = min((begin for begin, _, run in self.sure_runs() if run["boot"] > group[-1]), default=None)
        first = {u: next(run["begin"] for run in self.runs if run["boot"] == u) for u in group}
        last = {u: [self.end_of(run) for run in self.runs if run["boot"] == u][-1] for u in group}
        i = group.index(boot)
        if high is not None:
            place = min(high - sum(max(0, last[u] - first[u]) for u in group[i + 1:]) - (last[boot] - bt), high)
            return place if low is None else max(place, low)
        start = None
        for k, u in enumerate(group[:i + 1]):
            own = self.utc(u, first[u])
            if k == 0:
                start = own if low is None else max(own, low)
            else:
                start = max(own, start + max(0, last[group[k - 1]] - first[group[k - 1]]))
        return start + (bt - first[boot])

    def now(self):
        boot = self.runs[-1]["boot"]
        return self.moment(boot, self.greatest[boot])

    def pairs(self):
        return sorted({(body["device"], body["kind"]) for _, body in self.terms})

    def terms_of(self, pair):
        def make():
            found = []
            for at, body in self.terms:
                if (body["device"], body["kind"]) == pair:
                    found.append((max([self.moment(*at)] + [begin for begin, _, _ in found]), body, at))
            return found
        return self.remember(("terms", pair), make)

    def in_force(self, pair, utc):
        ruling = None
        for begin, body, _ in self.terms_of(pair):
            if begin <= utc:
                ruling = body
        return ruling

    def mapped_states(self, pair):
        """[(run number, utc from, utc to, standing)] of sure boots."""
        def make():
            found = []
            for number, (_, _, run) in enumerate(self.sure_runs()):
                states, end = run["states"].get(pair, []), self.end_of(run)
                for i, (since, standing) in enumerate(states):
                    until = states[i + 1][0] if i + 1 < len(states) else end
                    found.append((number, self.utc(run["boot"], max(since, run["begin"])), self.utc(run["boot"], min(until, end)), standing))
            return found
        return self.remember(("states", pair), make)

    def mapped_blips(self, pair):
        def make():
            return [(number, self.utc(run["boot"], max(begin, run["begin"])), self.utc(run["boot"], min(end, self.end_of(run))))
                    for number, (_, _, run) in enumerate(self.sure_runs()) for begin, end in run["blips"].get(pair, [])]
        return self.remember(("blips", pair), make)

    def parts_of_window(self, pair, window):
        """[(from, to, counts?)] for a device."""
        scope, begin, end = window["body"]["scope"], window["body"]["from"], window["end"]
        said, told = window["body"]["declared"], self.moment(*window["at"])
        declared = told if told > said + 5000 else said
        if scope in ("*", pair[0]):
            return [(begin, end, declared <= begin)]
        parts, since, terms = [], None, self.terms_of(pair)
        for i, (start, body, _) in enumerate(terms):
            here = "place/" + body["place"] == scope
            if i + 1 < len(terms) and terms[i + 1][0] == start:
                continue  # overruled at once
            if here and since is None:
                since = start
            if not here and since is not None:
                parts.append((since, start))
                since = None
        if since is not None:
            parts.append((since, 2**62))
        return [(max(a, begin), min(b, end), declared <= max(a, begin)) for a, b in parts]

    def windows_of(self, pair):
        return self.remember(("windows", pair), lambda: [part for window in self.windows for part in self.parts_of_window(pair, window)])

    def seen(self, pair, utc):
        """Class by what was watched: (class, in a blip?)."""
        running = [number for number, (begin, end, _) in enumerate(self.sure_runs()) if begin <= utc < end]
        if len(running) != 1:
            return "unknown", False
        for number, begin, end, standing in self.mapped_states(pair):
            if number == running[0] and begin <= utc < end:
                state = standing["state"]
                blip = any(n == number and a <= utc < b for n, a, b in self.mapped_blips(pair))
                return (state if state != "down" else "down:" + standing["cause"]), blip and state == "up"
        return "unknown", False

    def classes(self, pair, utc):
        """(class, in a blip?), and the same as corrected; None outside T."""
        terms = self.in_force(pair, utc)
        if terms is None or not terms["enrolled"]:
            return None
        local = utc + offset_at(self.rows(), utc)
        if date_number(local // DAY) in terms["hours"]["closed"]:
            return None
        minute = (local // DAY + 3) % 7 * 1440 + local % DAY // MINUTE
        weekly = terms["hours"]["weekly"]
        if weekly and not any(begin <= minute < end for begin, end in weekly):
            return None
        windows = [(counts, a) for a, b, counts in self.windows_of(pair) if a <= utc < b]
        watched = self.seen(pair, utc)
        first = ("maintenance", False) if any(counts for counts, _ in windows) else watched
        second = ("maintenance", False) if windows else watched
        for body, _ in self.corrections:
            if body["device"] == pair[0] and body["from"] <= utc < body["to"]:
                second = (body["class"], False)
        return first, second

    def edges(self, pair, begin, end):
        edges = {begin, end}
        for _, a, b, _ in self.mapped_states(pair):
            edges |= {a, b}
        for _, a, b in self.mapped_blips(pair):
            edges |= {a, b}
        for a, b, _ in self.sure_runs():
            edges |= {a, b}
        for a, b, _ in self.windows_of(pair):
            edges |= {a, b}
        for body, _ in self.corrections:
            edges |= {body["from"], body["to"]}
        edges |= {row[0] for row in self.rows()} | {row[0] for row in self.terms_of(pair)}
        slots = {minute % 1440 for _, body, _ in self.terms_of(pair) for slot in body["hours"]["weekly"] for minute in slot} | {0}
        for offset in {row[1] for row in self.rows()}:
            for day in range((begin + offset) // DAY - 1, (end + offset) // DAY + 2):
                edges |= {day * DAY + minute * MINUTE - offset for minute in slots}
        return sorted(at for at in edges if begin <= at <= end)

    def sums(self, pair, begin, end):
        """T U D upstream mains monitoring-point M N B, then U D M N B as corrected; before anything is unstable."""
        end, total = min(end, self.now()), [0] * 14
        terms = self.terms_of(pair)
        if begin >= end or not terms or terms[0][0] >= end:
            return total
        edges = self.edges(pair, max(begin, min(terms[0][0], end)), end)
        for a, b in zip(edges, edges[1:]):
            both = self.classes(pair, a)
            if both is None:
                continue
            total[0] += b - a
            for (what, blip), (up, down, maintenance, unknown, blips) in zip(both, ((1, 2, 6, 7, 8), (9, 10, 11, 12, 13))):
                where = {"up": up, "maintenance": maintenance, "unknown": unknown}.get(what, down)
                total[where] += b - a
                if blip:
                    total[blips] += b - a
                if where == 2 and what[5:] in ("upstream", "mains", "monitoring-point"):
                    total[3 + ("upstream", "mains", "monitoring-point").index(what[5:])] += b - a
        assert total[0] == total[1] + total[2] + total[6] + total[7] == sum(total[9:13]) and min(total) >= 0
        return total

    def day(self, pair, number):
        day = day_of(number)
        total = settle(self.sums(pair, midnight(self.rows(), day), midnight(self.rows(), day + 1)))
        return dict(zip(("up", "down", "upstream", "mains", "monitoring_point", "maintenance", "unknown", "blips"), total[1:9]))

    def csv(self, period, begin, end):
        lines, rows = [HEADER], self.rows()
        for pair in self.pairs():
            whole = [0] * 14
            for day in range(local_day(rows, begin), local_day(rows, end - 1) + 1):
                total = self.sums(pair, max(begin, midnight(rows, day)), min(end, midnight(rows, day + 1)))
                if total[0]:
                    lines.append(csv_line(pair, iso(day), total))
                    whole = [a + b for a, b in zip(whole, total)]
            if whole[0]:
                lines.append(csv_line(pair, period, whole))
        return b"\xef\xbb\xbf" + "".join(line + "\n" for line in lines).encode()

    def opening(self, boot, bt):
        run, now = self.runs[-1], self.moment(boot, bt)
        lasting = {(w["body"]["scope"], w["body"]["from"], w["body"]["declared"]) for w in self.windows if w["end"] > now}
        body = {"commune": self.genesis["commune"], "gateway": self.genesis["gateway"], "epoch": self.epoch, "simulated": self.genesis["simulated"],
                "vkey": self.vkey, "timezone": self.timezone or "Asia/Ho_Chi_Minh", "zone": self.zone or [[-(1 << 50), 7 * HOUR]]}
        return body | {
            "boot": boot, "run": run["begin"],
            "runs": [[other["begin"], self.end_of(other)] for other in self.runs[:-1] if other["boot"] == boot],
            "claims": [[a, b] for a, b, other in self.sure_runs() if other["boot"] != boot and b > self.utc(boot, run["begin"])],
            "anchors": self.anchors[boot],
            "terms": [{"from": rows[-1][0], "at": list(rows[-1][2]), "terms": rows[-1][1]} for rows in map(self.terms_of, self.pairs())],
            "spans": [{"device": pair[0], "kind": pair[1], "from": states[-1][0], "to": states[-1][1]} for pair, states in sorted(run["states"].items())],
            "maintenance": [record | {"at": list(at), "recorded": self.moment(*at)} for record, at in self.maintenance_records
                            if (record["scope"], record["from"], record["declared"]) in lasting],
            "corrections": [record | {"at": list(at), "recorded": self.moment(*at)} for record, at in self.corrections],
            "must": [self.must[area] for area in sorted(self.must)]}


def settle(total):
    """The unstable rule, on both sides."""
    total = list(total)
    for up, down, blips in ((1, 2, 8), (9, 10, 13)):
        if total[blips] * 10000 > total[0] * 100:
            total[up] -= total[blips]
            total[down] += total[blips]
    return total


def csv_line(pair, name, raw):
    t, u, d, upstream, mains, point, m, n, b, u2, d2, m2, n2, b2 = settle(raw)

    def share(part, whole, no_promise):
        if whole <= 0:
            return ""
        value = part * 10000 // whole
        if value == 10000 and no_promise:
            value = 9999
        return str(value // 100) + "." + str(value % 100).zfill(2)

    weak = n > 0 or b > 0
    return ",".join([*pair, name, *map(str, (t, u, d, upstream, mains, point, m, n, b)), share(u, u + d, weak),
                     share(u, u + d - upstream - mains - point, weak), share(u + d, t - m, False), share(u, t - m, weak),
                     share(u + n, t - m, False), *map(str, (u2, d2, m2, n2)), share(u2, u2 + d2, n2 > 0 or b2 > 0)])


# --- A commune and what happens in it ---------------------------------------------------------------------------------

ZONES = ((None, "2026-10-20"), ("Asia/Ho_Chi_Minh", "2026-10-01"), ("Asia/Ho_Chi_Minh", "2026-12-27"), ("Europe/Berlin", "2026-10-20"),
         ("Europe/Berlin", "2026-03-25"), ("America/Sao_Paulo", "2018-10-31"), ("America/Sao_Paulo", "2018-02-13"))
SOURCES = ("ntp", "ntp", "ntp", "host", "late-ntp", "operator", "rtc", "never", "corrected", "ahead", "ahead")


class Commune:
    """One gateway's life from a seed: `records` as it wrote them, `checkpoints` as it signed them."""

    def __init__(self, seed, days=None, simulated=0, zone=None, rotations=None):
        self.rng = rng = random.Random(seed)
        self.seed, self.simulated = seed, simulated
        name, begin = zone or rng.choice(ZONES)
        self.zone_name = name
        start = datetime.datetime.fromisoformat(begin + "T00:00:00+00:00").timestamp()
        self.true = int(start) * 1000 + rng.randrange(3 * DAY)
        self.begin, self.length = self.true, (days or rng.randint(2, 15)) * DAY
        self.origin = f"commune-watch/xa-{seed}/gw1"
        self.keys = [Signer(self.origin, ("key", seed, 0))]
        self.witnesses = [Signer(f"nhan-chung.example/w{i}", ("witness", seed, i), 4) for i in range(2)]
        self.rotations = rng.choice((0, 0, 1)) if rotations is None else rotations
        self.records, self.checkpoints, self.last_told = [], [], {}
        self.boot, self.closed_day, self.opened_week = 0, None, None
        self.devices = []
        self.live()

    # Clocks

    def bt(self):
        return int((self.true - self.boot_began) * self.rate) + self.bt_began

    def add(self, kind, body):
        self.records.append((kind, self.boot, self.bt(), body))
        self.known = None

    def oracle(self):
        if self.known is None:
            self.known = Oracle(self.records)
        return self.known

    def here(self, back=0):
        """A moment a little while ago, of this boot."""
        return [self.boot, max(self.bt() - back, 0)]

    def say(self, source, error, wrong=0):
        self.true += 1
        self.add("anchor", {"at": self.here(), "utc": self.true + wrong, "error": error, "source": source} |
                 ({"by": "đ/c Ba"} if source == "operator" else {}))

    def anchor(self, source=None):
        rng = self.rng
        source = source or self.source
        if source == "ntp":
            self.say("ntp", rng.randrange(5, 900), rng.randrange(-50, 50))
        elif source == "host":
            self.say("host", 1000, self.ahead + rng.randrange(-400, 400))
        elif source == "operator":
            self.say("operator", 5000, rng.randrange(-4000, 4000))
        elif source == "rtc":
            self.say("rtc", 30000, rng.randrange(-20000, 20000))
        else:
            self.say("system", 0, self.wall_wrong)

    def power_on(self):
        rng = self.rng
        self.boot += 1
        self.boot_began, self.bt_began, self.rate = self.true, rng.randrange(20_000), 1 + rng.uniform(-4e-5, 4e-5)
        self.true += rng.randrange(5_000, 90_000)
        again = self.boot > 1 and self.profile == "never" and rng.random() < 0.5
        self.profile = "never" if again else rng.choice(SOURCES) if self.boot > 1 or rng.random() < 0.3 else "ntp"
        self.source = {"late-ntp": "system", "never": "system", "operator": "system", "corrected": "ntp", "ahead": "host"}.get(self.profile, self.profile)
        self.wall_wrong = rng.choice((-34 * DAY, -self.true + rng.randrange(DAY), 2 * HOUR, -2 * HOUR, -7 * MINUTE))
        self.ripe_at = self.true + rng.randrange(20 * MINUTE, 3 * HOUR)
        self.ripe = self.profile in ("ntp", "host", "rtc", "never", "ahead")
        self.ahead = rng.choice((20 * MINUTE, 3 * HOUR, 40 * HOUR)) if self.profile == "ahead" else 0  # a host that vouches for a wrong clock

    def begin_run(self, previous):
        rng = self.rng
        unconfirmed = []
        if self.runs_of_device and previous != [0, 0] and self.records[-1][0] != "stop":  # a stop leaves nothing open
            for device in self.devices:
                last = self.runs_of_device.get(device["id"])
                if rng.random() < 0.3:
                    unconfirmed.append([device["id"], previous[0], max(0, previous[1] - rng.randrange(3 * MINUTE))])
                elif last and rng.random() < 0.1:
                    unconfirmed.append([device["id"], previous[0], last[0]])
        self.add("run", {"version": "1.0", "boot_uuid": f"{rng.getrandbits(64):x}", "previous": previous, "unconfirmed": unconfirmed})
        self.runs_of_device = {}
        if self.profile == "corrected" and not self.ripe:
            self.say("ntp", 100, self.rng.choice((-HOUR, HOUR)))  # a server that was wrong
        else:
            self.anchor()

    # Devices

    def enrol(self, device, enrolled=1):
        rng, weekly = self.rng, []
        style = rng.random()
        if style < 0.3:
            weekly = [[day * 1440 + 480, day * 1440 + 1020] for day in range(rng.randint(4, 7))]
        elif style < 0.4:
            weekly = [[0, 60], [1380, 1500], [7 * 1440 - 300, 7 * 1440]] + [[day * 1440 + 300, day * 1440 + 900] for day in range(1, 6)]
        today = (self.true + offset_at(self.zone or UTC_PLUS_7, self.true)) // DAY
        closed = sorted({date_number(today + rng.randrange(-1, 8)) for _ in range(rng.choice((0, 0, 1, 2)))})
        body = {"device": device["id"], "enrolled": enrolled, "kind": device["kind"], "place": device["place"]}
        if rng.random() < 0.3:
            body["parent"] = "sw-1"
        self.add("terms", body | {"key": f"{rng.getrandbits(32):08x}", "driver": "rtsp", "needs": "useful",
                                  "hours": {"weekly": weekly, "closed": closed}})

    def standing(self, state=None):
        rng = self.rng
        state = state or rng.choice(("up", "up", "down", "down", "unknown"))
        cause, reason = {"up": ("none", "none"), "unknown": ("gateway", "overrun")}.get(state) or (rng.choice(CAUSES), "no-answer")
        standing = {"state": state, "cause": cause, "reason": reason, "own": "none", "warnings": ["clock-wrong"] if rng.random() < 0.1 else []}
        return {**standing, "recorded": 1} if state == "up" else standing  # on which no figure depends

    def change(self, device, state=None):
        rng, last = self.rng, self.runs_of_device.get(device["id"])
        back = rng.choice((0, 0, rng.randrange(3 * MINUTE)))
        at, run_began = self.here(back), self.run_began
        at[1] = max(at[1], run_began, last[0] + 1 if last else 0)
        if at[1] > self.bt():
            return
        before = last[1] if last else self.standing("unknown")
        since = [self.boot, last[0]] if last else ([self.boot, max(run_began, at[1] - rng.randrange(1, 20 * MINUTE))] if rng.random() < 0.2 else at)
        if not last and since != at:
            before = self.standing("up")
        to = self.standing(state)
        self.add("change", {"device": device["id"], "at": at, "since": since, "from": before, "to": to, "root": "", "probes": rng.randrange(1, 4),
                            "words": rng.choice(("", "RTSP/1.0 404", 'lời "lạ" của máy\\\n\x01', "không thấy 🎥"))})
        self.runs_of_device[device["id"]] = (at[1], to)

    def blip(self, device):
        last = self.runs_of_device.get(device["id"])
        length = self.rng.choice((self.rng.randrange(1, 2 * MINUTE), self.rng.randrange(1, 40 * MINUTE)))
        if last and last[1]["state"] == "up":
            self.add("blip", {"device": device["id"], "from": self.here(length), "to": self.here(self.rng.randrange(0, length)), "reason": "timed-out", "probes": 1})

    # What people do

    def declared(self):
        self.true += 1
        return self.oracle().moment(self.boot, self.bt()) - self.rng.randrange(0, 4000)

    def maintain(self):
        rng = self.rng
        scope = rng.choice((rng.choice(self.devices)["id"], "place/" + rng.choice(self.devices)["place"], "*"))
        declared = self.declared()
        begin = declared + rng.choice((rng.randrange(0, 20 * HOUR), -rng.randrange(1, 10 * HOUR)))
        self.maintained.append({"scope": scope, "from": begin, "to": begin + rng.randrange(MINUTE, 9 * HOUR), "declared": declared, "ended": 0,
                                "author": "Nguyễn Văn A", "reason": "thay đầu ghi"})
        self.add("maintenance", dict(self.maintained[-1]))

    def end_maintenance(self):
        for window in self.maintained:
            now = self.declared()
            if window["from"] < now < window["to"] and not window["ended"]:
                window["ended"] = now
                self.add("maintenance", dict(window))
                return

    def correct(self):
        rng, declared = self.rng, self.declared()
        begin = declared - rng.randrange(HOUR, 40 * HOUR)
        self.add("correction", {"device": rng.choice(self.devices)["id"], "from": begin, "to": begin + rng.randrange(MINUTE, 12 * HOUR),
                                "class": rng.choice(("up", "down", "unknown", "maintenance")), "author": "Lê Thị B", "reason": "biên bản số 7",
                                "declared": declared})

    def rotate(self):
        old, new = self.keys[-1], Signer(self.origin, ("key", self.seed, len(self.keys)))
        message = f"commune-watch key\n{self.origin}\n{self.epoch}\n{old.vkey}\n{new.vkey}\n".encode()
        self.add("key", {"vkey": new.vkey, "previous": old.vkey, "by_old": base64.b64encode(old.sign(message)).decode(),
                         "by_new": base64.b64encode(new.sign(message)).decode()})
        self.keys.append(new)

    def alter(self, device):
        """Other terms: hours, place, kind, left, back."""
        what = self.rng.random()
        if what < 0.4:
            device["place"] = self.rng.choice(("nvh-ap-1", "cho", "truong"))
            self.enrol(device)
        elif what < 0.8:
            self.enrol(device)
        else:
            self.enrol(device, 0)
            self.runs_of_device.pop(device["id"], None)
            if self.rng.random() < 0.5:
                device["kind"] = self.rng.choice(KINDS)
            device["away"] = self.true + self.rng.randrange(8 * HOUR)

    def chatter(self):
        rng = self.rng
        device = rng.choice(self.devices)["id"]
        self.add(*rng.choice((
            ("heartbeat", {"hour": self.true // HOUR * HOUR, "asked": 240, "answered": 239, "good": 230, "devices": len(self.devices)}),
            ("identity", {"device": device, "maker": "Hãng X", "model": "C-2", "serial": "S1", "mac": "00:00:5e:00:53:01", "firmware": "1",
                          "spki_sha256": "", "same_as": []}),
            ("incident", {"incident": rng.randrange(1, 99), "opened": 1, "root": device, "place": "cho", "cause": "device", "reason": "no-answer",
                          "at": self.here()}),
            ("login-block", {"host": "192.0.2.9", "username": "monitor", "device": device, "words": "401", "blocked": 1, "by": ""}),
            ("declaration", {"id": "kk-1", "what": "loa có dây", "place": "cho", "must": "speaker", "since": "2020", "document": "QĐ 1", "by": "A",
                             "note": "", "declared": self.true, "ended": 0}),
            ("must-have", {"area": rng.choice(("place/cho", "hamlet/ap-1")), "must": rng.choice((["wifi"], ["camera", "speaker"])), "basis": "QĐ 12"}),
            ("restore", {"put_aside": "put-aside/a-1", "why": "checksum", "sha256": "00ff", "backup": "b.db", "kept": 7, "salvaged": 3, "told": 7,
                         "by": "start"}) if rng.random() < 0.1 else ("config", {"sha256": "00", "by": "reload", "changed": [device]}))))

    # What the gateway writes by itself

    def close_days(self):
        oracle = self.oracle()
        if not oracle.sure(self.boot) or not self.ripe and self.profile != "corrected":
            return
        rows, now = oracle.rows(), oracle.now()
        today = local_day(rows, now)
        if self.closed_day is None:
            self.closed_day = today - 1
        while self.closed_day + 1 < today:
            self.closed_day += 1
            if midnight(rows, self.closed_day + 1) > now:
                self.closed_day -= 1
                break
            for pair in oracle.pairs():
                number = date_number(self.closed_day)
                self.records.append(("day", self.boot, self.bt(), {"device": pair[0], "kind": pair[1], "date": number} | oracle.day(pair, number)))
        self.known = None
        week = (today + 3) // 7
        if self.ripe and week != self.opened_week:
            if self.opened_week is not None:
                oracle = self.oracle()
                self.add("opening", oracle.opening(self.boot, self.bt()))
            self.opened_week = week

    def checkpoint(self):
        size = len(self.records)
        if size > 4 and (not self.checkpoints or self.checkpoints[-1][0] < size):
            seconds = self.true // 1000
            self.checkpoints.append((size, [(i, seconds + i) for i in range(2) if self.rng.random() < 0.6]))

    # Life

    def live(self):
        rng = self.rng
        self.known, self.runs_of_device, self.maintained = None, {}, []
        self.zone = zone_rows(self.zone_name, self.begin) if self.zone_name else None
        self.power_on()
        genesis = {"commune": f"xa-{self.seed}", "gateway": "gw1", "version": "1.0", "simulated": self.simulated, "key": ""}
        self.epoch = hashlib.sha256(text(genesis).encode()).hexdigest()[:8]
        self.add("genesis", genesis)
        self.run_began = self.bt()
        self.begin_run([0, 0])
        key = self.keys[0]
        message = f"commune-watch key\n{self.origin}\n{self.epoch}\n-\n{key.vkey}\n".encode()
        self.add("key", {"vkey": key.vkey, "previous": "", "by_old": "", "by_new": base64.b64encode(key.sign(message)).decode()})
        self.add("config", {"sha256": "ab" * 32, "by": "start", "changed": []} |
                 ({"timezone": self.zone_name, "zone": self.zone, "changes": ["+ a"]} if self.zone else {}))
        for number in range(rng.randint(2, 4)):
            self.devices.append({"id": f"tb-{number}", "kind": rng.choice(KINDS), "place": rng.choice(("nvh-ap-1", "cho")), "away": 0})
            self.enrol(self.devices[-1])
        end, next_anchor, rotate_at = self.true + self.length, self.true, self.true + self.length // 2
        while self.true < end:
            self.true += int(rng.expovariate(1 / (40 * MINUTE))) + 1
            if not self.ripe and self.true >= self.ripe_at:
                self.ripen()
            if self.true >= next_anchor:
                self.anchor()
                next_anchor = self.true + rng.randrange(2, 7) * HOUR
            for device in self.devices:
                if device["away"] and self.true > device["away"]:
                    device["away"] = 0
                    self.enrol(device)
            if self.rotations >= len(self.keys) and self.true > rotate_at and self.rotations:
                self.rotate()
            self.close_days()
            self.happen()
            if rng.random() < 0.15:
                self.checkpoint()
        self.close_days()

    def ripen(self):
        """The clock of this boot becomes what it will be."""
        self.ripe = True
        if self.profile in ("late-ntp", "corrected"):
            self.say("system", 0, self.wall_wrong) if self.profile == "late-ntp" else None
            self.source = "ntp"
            self.anchor()
        elif self.profile == "operator":
            self.anchor("operator")
            self.source = "system"

    def happen(self):
        rng, present = self.rng, [device for device in self.devices if not device["away"]]
        what = rng.random()
        if what < 0.05:
            self.cut()
        elif what < 0.09:
            self.restart()
        elif what < 0.12:
            self.maintain()
        elif what < 0.14:
            self.end_maintenance()
        elif what < 0.16:
            self.correct()
        elif what < 0.20 and present:
            self.alter(rng.choice(present))
        elif what < 0.30:
            self.chatter()
        elif what < 0.45 and present:
            self.blip(rng.choice(present))
        else:
            for device in present:
                if device["id"] not in self.runs_of_device and rng.random() < 0.9:
                    self.change(device, "up" if rng.random() < 0.8 else None)
                elif rng.random() < 0.2:
                    self.change(device)

    def cut(self):
        """The power fails; later it comes back."""
        alive = [self.boot, self.bt() + self.rng.randrange(30_000)]
        self.true += self.rng.randrange(MINUTE, 6 * HOUR)
        self.power_on()
        self.run_began = self.bt()
        self.begin_run(alive)

    def restart(self):
        alive = self.here()
        if self.rng.random() < 0.7:
            self.add("stop", {"why": "systemctl"})
            self.checkpoint()
        self.true += self.rng.randrange(2_000, 5 * MINUTE)
        self.run_began = self.bt()
        self.begin_run(alive)

    # Bundles

    def bundle(self, period=None, first=None, **more):
        """The export of a period: by default one that the commune has lived through, from the last opening before it or from record 0."""
        rng = random.Random(f"{self.seed} {period}")
        oracle = Oracle(self.records)
        rows = oracle.rows()
        period = period or self.some_period(rng, rows)
        self.true += 1
        records = self.records + [("export", self.boot, self.bt(), {"period": period, "by": "root"})]
        if first is None:
            oracle, begin = Oracle(records), period_span(period, rows)[0]
            openings = [seq for seq, (kind, boot, bt, body) in enumerate(records)
                        if kind == "opening" and max([oracle.moment(boot, bt)] + [end for _, end in body["claims"]]) <= begin]
            first = openings[-1] if openings and rng.random() < 0.9 else 0
        return Bundle(records, self.checkpoints + [(len(records), [(i, self.true // 1000) for i in range(2)])], self.keys, self.witnesses, period,
                      first, self.origin, **more)

    def some_period(self, rng, rows):
        low, high = local_day(rows, self.begin), local_day(rows, self.true)
        a, b = sorted((max(rng.randint(low, high), rng.randint(low, high)), rng.randint((low + high) // 2, high)))
        date = iso(b)
        return rng.choice((date, f"{iso(a)}..{iso(b)}", f"{iso(a)}..{iso(b)}", date[:7], f"{date[:4]}-Q{(int(date[5:7]) + 2) // 3}"))


def period_span(period, rows):
    """UTC [from, to) of a period's name."""
    a, _, b = period.partition("..")
    if b:
        days = day_of(int(a.replace("-", ""))), day_of(int(b.replace("-", ""))) + 1
    elif len(a) == 10:
        days = day_of(int(a.replace("-", ""))), day_of(int(a.replace("-", ""))) + 1
    else:
        year = int(a[:4])
        months = (0, 12) if len(a) == 4 else (int(a[6]) * 3 - 3, int(a[6]) * 3) if "Q" in a else (int(a[5:]) - 1, int(a[5:]))
        days = [day_of((year + month // 12) * 10000 + (month % 12 + 1) * 100 + 1) for month in months]
    return midnight(rows, days[0]), midnight(rows, days[1])


class Bundle:
    """The files of an export. `signers` may differ from the keys in the records: a forger's."""

    def __init__(self, records, checkpoints, signers, witnesses, period, first, origin, span=None, csv=None, previous=True):
        self.records, self.checkpoints, self.signers, self.witnesses = list(records), checkpoints, signers, witnesses
        self.period, self.first, self.origin = period, first, origin
        self.leaves = [leaf_of(record) for record in records]
        self.oracle = Oracle(self.records)
        self.span = span or period_span(period, self.oracle.rows())
        keys = [record[3] for record in records if record[0] == "key"]
        self.files = {
            "keys.jsonl": "".join(text(key) + "\n" for key in keys).encode(),
            "public-key": (keys[-1]["vkey"] + "\n").encode(),
            "witnesses": "".join(witness.vkey + "\n" for witness in witnesses).encode(),
            "so-lieu.csv": csv if csv is not None else self.oracle.csv(period, *self.span),
            "HUONG_DAN.txt": "Cách kiểm tra…\nHow to check…\n".encode(),
            "ma-qr.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>\n",
        }
        self.sign(previous)

    def sign(self, previous=True):
        """Everything that depends on the leaves' bytes."""
        self.forest = Forest(self.leaves)
        notes = [self.note(size, cosigned) for size, cosigned in self.checkpoints]
        earlier = [text(note) for (size, _), note in zip(self.checkpoints[:-1], notes) if size >= max(self.first, 1)]
        old = [(size, note) for (size, _), note in zip(self.checkpoints, notes) if size <= self.first] if previous else []
        proof = {"format": "commune-watch-evidence-1", "origin": self.origin, "epoch": self.oracle.epoch, "period": self.period,
                 "from": self.span[0], "to": self.span[1], "first": self.first, "base": [node.hex() for node in self.forest.base(self.first)],
                 "previous": old[-1][1] if old else "",
                 "consistency": [node.hex() for node in self.forest.consistency(old[-1][0], len(self.leaves))] if old else []}
        self.files |= {
            "checkpoint": notes[-1].encode(),
            "entries.jsonl": b"".join(leaf + b"\n" for leaf in self.leaves[self.first:]),
            "proof.json": text(proof).encode(),
            "checkpoints.jsonl": "".join(line + "\n" for line in earlier).encode(),
        }
        return self.rehash()

    def key_of(self, size):
        return self.signers[sum(record[0] == "key" for record in self.records[:size]) - 1]

    def note(self, size, cosigned=()):
        """The checkpoint of a size, with the cosignatures [(witness number, seconds)]."""
        body = checkpoint_text(self.origin, size, self.forest.root_of(0, size))
        return (body + "\n" + self.key_of(size).checkpoint_line(body) +
                "".join(self.witnesses[i].cosignature_line(body, seconds) for i, seconds in cosigned))

    def rehash(self):
        self.files.pop("SHA256SUMS", None)
        self.files["SHA256SUMS"] = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(self.files.items())).encode()
        return self

    def write(self, folder):
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in self.files.items():
            (folder / name).write_bytes(data)
        return folder


def restate(records):
    """The records with every day record, opening and declared key as an honest gateway would have written them: what a careful forger does."""
    found = []
    for kind, boot, bt, body in records:
        if kind == "day":
            body = body | Oracle(found + [(kind, boot, bt, body)]).day((body["device"], body["kind"]), body["date"])
        elif kind == "opening":
            body = Oracle(found).opening(boot, bt)
        found.append((kind, boot, bt, body))
    return found
