"""Bundles of evidence are tampered with in many ways; every verifier must find each, and cry about no honest one.

What must find an edit is fixed before any verifier runs: `alone` the bundle by itself; `nobody` what is no edit but another way to say the same; `label` only who gives the key of the gateway's label;
`witness` only who brings what a witness holds, and then every verifier must say without being asked that nobody outside the bundle has confirmed
its newest state. Edits of the real daemon's database: tamper_database.py. Verifiers: commune-watch verify (cpp), scripts/verify_evidence.py (python), docs/verify.html by its runner (page).
"""
import base64
import collections
import concurrent.futures
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from faults import tamper_database
from support import evidence_maker as maker
from support.fault_house import PROGRAM, ROOT, NotHeld, Unfit, say

MUTANTS = {"trusting-csv": ("a figure of so-lieu.csv",), "trusting-days": ("(bad-day)",), "blind-to-forks": ("forked",),
           "crying-wolf": ("honest bundle 1",)}
LEAST = {"trusting-csv": 1, "trusting-days": 1, "blind-to-forks": 1, "crying-wolf": 1}  # rounds that catch it
CUTS = {  # what the known-bad variants of the Python verifier no longer do
    "trusting-csv": ("        if said == right:\n", "        if True:\n"),
    "trusting-days": ("        if wrong:\n            self.find(\"bad-day\"", "        if False:\n            self.find(\"bad-day\""),
    "blind-to-forks": ("                if self.roots[note.size] != note.root:\n", "                if False:\n"),
    "crying-wolf": ("        return moment if moment is not None and moment > said + TOLERANCE else said\n", "        return said + 10\n"),
}
MINUTE, HOUR = maker.MINUTE, maker.HOUR


# --- Verifiers --------------------------------------------------------------------------------------------------------

def verifiers(only, mutant, folder):
    """name -> command. A verifier that cannot be had is an error, not a verifier less."""
    script = ROOT / "scripts" / "verify_evidence.py"
    if mutant:
        text, (old, new) = script.read_text(encoding="utf-8"), CUTS[mutant]
        if text.count(old) != 1:
            raise Unfit(f"{mutant}: the line to cut out is not in {script.name}")
        (folder / "mutant.py").write_text(text.replace(old, new), encoding="utf-8")
        return {"python": [sys.executable, folder / "mutant.py"]}
    page = ROOT / "tests" / "evidence" / "verify_page.mjs"
    known = {"cpp": [PROGRAM, "verify"], "python": [sys.executable, script], "page": ["node", page]}
    chosen = only or list(known)
    if set(chosen) - set(known):
        raise Unfit(f"verifiers are {', '.join(known)}")
    for name in chosen:
        if not shutil.which(str(known[name][0])) or name != "cpp" and not known[name][1].exists():
            raise Unfit(f"the verifier {name} is missing")
    return {name: known[name] for name in known if name in chosen}


Verdict = collections.namedtuple("Verdict", "code report")


def ask(command, folder, *, label=None, witnesses=(), seen=None):
    words = [*command, folder / "bundle", "--json"]
    words += ["--key", label] if label else []
    for witness in witnesses:
        words += ["--witness", witness]
    words += ["--seen", folder / "seen"] if seen else []
    done = subprocess.run(list(map(str, words)), capture_output=True, timeout=300, check=False)
    try:
        report = json.loads(done.stdout)
    except ValueError as trouble:
        raise NotHeld(f"no report but {done.returncode}, {done.stderr[-300:].decode(errors='replace')!r}") from trouble
    if done.returncode != {"valid": 0, "invalid": 1}.get(report.get("verdict")):
        raise NotHeld(f"{report.get('verdict')} with exit code {done.returncode}")
    return Verdict(done.returncode, report)


# --- The table of edits -----------------------------------------------------------------------------------------------

Edit = collections.namedtuple("Edit", "name by codes make")
EDITS = []


def edit(name, by, *codes):
    """`codes`: one of these findings has to be there."""
    def register(make):
        EDITS.append(Edit(name, by, set(codes), make))
        return make
    return register


class House:
    """The honest gateway, its bundle, and what an attacker does with them."""

    def __init__(self, seed):
        self.commune = maker.Commune(seed, days=13, zone=("Europe/Berlin", "2026-10-20"), rotations=1)
        openings = [record[1:3] for record in self.commune.records if record[0] == "opening"]
        if len(openings) < 2 or len(self.commune.keys) != 2:
            raise Unfit("too little happens in the sample")
        oracle = maker.Oracle(self.commune.records)
        rows = oracle.rows()
        first, last = (maker.local_day(rows, at) for at in (oracle.moment(*openings[0]), oracle.now()))
        self.period = f"{maker.iso(first + 1)}..{maker.iso(last)}"
        self.whole = self.commune.bundle(period=self.period, first=0)
        self.good = self.commune.bundle(period=self.period, first=self.commune.records.index(next(r for r in self.commune.records if r[0] == "opening")))
        self.early = self.cut_to(self.whole, len(self.commune.records) * 4 // 5)  # an export of some days ago, from the attacker's drawer
        self.forger = maker.Signer(self.good.origin, "forger")
        self.label = self.commune.keys[0].vkey
        self.witness = self.commune.witnesses[0].vkey
        self.seen = self.good.note(len(self.good.records))

    def cut_to(self, bundle, size):
        records = bundle.records[:size] + [("export", *bundle.records[size - 1][1:3], {"period": bundle.period, "by": "root"})]
        checkpoints = [item for item in bundle.checkpoints if item[0] <= size] + [(size + 1, [(0, 1_790_000_000), (1, 1_790_000_001)])]
        return self.built(bundle, records, checkpoints)

    @staticmethod
    def built(bundle, records, checkpoints, **more):
        options = {"signers": bundle.signers, "first": bundle.first} | more
        return maker.Bundle(records, checkpoints, options.pop("signers"), bundle.witnesses, options.pop("period", bundle.period),
                            options.pop("first"), bundle.origin, **options)

    def copy(self, bundle=None):
        bundle = bundle or self.good
        return self.built(bundle, bundle.records, bundle.checkpoints)

    def file(self, name, change, bundle=None):
        """One file changed, SHA256SUMS made to fit."""
        bundle = self.copy(bundle)
        before = bundle.files[name]
        bundle.files[name] = change(before)
        if bundle.files[name] == before:
            raise Unfit(f"{name} did not change")
        return bundle.rehash()

    def proof(self, **changes):
        def change(data):
            for key, (old, new) in changes.items():
                old, new = (f'"{key}":{maker.text(value)}'.encode() for value in (old, new))
                if data.count(old) != 1:
                    raise Unfit(f"proof.json has no {old[:60]}")
                data = data.replace(old, new)
            return data
        return self.file("proof.json", change)

    def where(self, kind, fits=lambda body: True, bundle=None):
        bundle = bundle or self.good
        found = [seq for seq, record in enumerate(bundle.records) if seq > bundle.first and record[0] == kind and fits(record[3])]
        if not found:
            raise Unfit(f"no such {kind} in the sample")
        return found[-1]

    def leaves(self, change, bundle=None):
        """The lines of entries.jsonl changed, nothing else but the checksums."""
        return self.file("entries.jsonl", lambda data: b"".join(line + b"\n" for line in change(data.split(b"\n")[:-1])), bundle)

    def leaf(self, seq, change, bundle=None):
        bundle = bundle or self.good

        def one(lines):
            lines[seq - bundle.first] = change(lines[seq - bundle.first])
            return lines
        return self.leaves(one, bundle)

    def body(self, kind, fits, changes, bundle=None):
        """One record's body changed in entries.jsonl, nothing else but the checksums."""
        bundle = bundle or self.good
        seq = self.where(kind, fits, bundle)
        record = bundle.records[seq]
        new = record[:3] + (record[3] | changes(record[3]),)
        return self.leaf(seq, lambda _: maker.leaf_of(new), bundle)

    def fork(self, change, *, bundle=None, restate=True, keep_cosignatures=False, **more):
        """The keeper himself: other records from some point on, all signed with the true key, figures and day records made to fit."""
        bundle = bundle or self.whole
        records = change(list(bundle.records))
        if restate:
            records = maker.restate(records)
        same = next((seq for seq, (a, b) in enumerate(zip(records, bundle.records)) if a != b), min(len(records), len(bundle.records)))
        checkpoints = [item if item[0] <= same else (item[0], item[1] if keep_cosignatures else []) for item in bundle.checkpoints
                       if item[0] <= len(records)]
        if checkpoints[-1][0] != len(records):
            checkpoints.append((len(records), []))
        return self.built(bundle, records, checkpoints, **more)

    def fork_body(self, kind, fits, changes, **more):
        bundle = more.get("bundle") or self.whole
        seq = self.where(kind, fits, bundle)

        def change(records):
            records[seq] = records[seq][:3] + (records[seq][3] | changes(records[seq][3]),)
            return records
        return self.fork(change, **more)


def always(_body):
    return True


def to_state(state):
    return lambda body: body["to"]["state"] == state


def cause_device(body):
    return body["to"]["state"] == "down" and body["to"]["cause"] == "device"


# Files, checksums made to fit

@edit("a figure of so-lieu.csv, checksums left", "alone", "checksum")
def _(house):
    bundle = house.copy()
    bundle.files["so-lieu.csv"] = bundle.files["so-lieu.csv"].replace(b",100.00,", b",99.99,", 1)
    return bundle


for what, change in {
    "a figure of so-lieu.csv": lambda data: data.replace(b",100.00,", b",99.99,", 1),
    "a figure of so-lieu.csv in its last digit": lambda data: re.sub(rb"(?m)^(tb-.*\.\.[^,]*,[0-9]+,[0-9]*)([0-8]),", lambda m: m[1] + b"%d," % (int(m[2]) + 1), data, count=1),
    "a figure of so-lieu.csv as corrected": lambda data: re.sub(rb"([0-9])\n$", lambda m: b"%d\n" % ((int(m[1]) + 1) % 10), data),
    "a figure of so-lieu.csv: a bad day's line dropped": lambda data: b"\n".join(data.split(b"\n")[:3] + data.split(b"\n")[4:]),
    "a figure of so-lieu.csv: a device added": lambda data: data + b"tb-9,camera,2026,1,1,0,0,0,0,0,0,0,100.00,100.00,100.00,100.00,100.00,1,0,0,0,100.00\n",
    "a figure of so-lieu.csv: a device renamed": lambda data: data.replace(b"tb-0,", b"tb-7,"),
    "a figure of so-lieu.csv: two devices exchanged": lambda data: data.replace(b"tb-0,", b"tb-x,").replace(b"tb-1,", b"tb-0,").replace(b"tb-x,", b"tb-1,"),
    "a figure of so-lieu.csv: carriage returns": lambda data: data.replace(b"\n", b"\r\n"),
}.items():
    edit(what, "alone", "bad-figure")(lambda house, change=change: house.file("so-lieu.csv", change))


@edit("a file is taken out", "alone", "missing-file")
def _(house):
    bundle = house.copy()
    del bundle.files["keys.jsonl"]
    return bundle.rehash()


def listed(what, change, code):
    """The lines of SHA256SUMS changed, no file touched."""
    @edit(f"SHA256SUMS: {what}", "alone", code)
    def _(house):
        bundle = house.copy()
        bundle.files["SHA256SUMS"] = change(bundle.files["SHA256SUMS"])
        return bundle


listed("a file that is not there", lambda data: data + b"0" * 64 + b"  zz-bien-ban.pdf\n", "missing-file")
listed("a line twice", lambda data: data.split(b"\n")[0] + b"\n" + data, "bad-format")
listed("out of order", lambda data: b"".join(sorted(data.splitlines(True))[::-1]), "bad-format")
listed("cut in the last line's end", lambda data: data[:-1], "bad-format")
listed("itself", lambda data: b"".join(sorted(data.splitlines(True) + [b"0" * 64 + b"  SHA256SUMS\n"], key=lambda line: line[66:])), "bad-format")


@edit("proof.json: another name for the period", "alone", "bad-format")
def _(house):
    return house.proof(period=(house.period, "2026-11"))


@edit("true key: a period longer than ten years", "alone", "bad-format")
def _(house):
    period = f"2020-01-01..{maker.iso(maker.local_day(house.whole.oracle.rows(), house.whole.oracle.now()) + 5000)}"
    records = [*house.whole.records[:-1], (*house.whole.records[-1][:3], {"period": period, "by": "root"})]
    return house.built(house.whole, records, house.whole.checkpoints, period=period)


@edit("proof.json: a day less", "alone", "bad-format", "bad-figure")
def _(house):
    return house.proof(to=(house.good.span[1], house.good.span[1] - maker.DAY))


@edit("proof.json: another period with figures that fit it", "alone", "bad-format")
def _(house):
    day = maker.iso(maker.local_day(house.good.oracle.rows(), house.good.oracle.now()) - 1)
    return house.built(house.good, house.good.records, house.good.checkpoints, period=day)


@edit("proof.json: a narrower span under the old name, with figures that fit it", "alone", "bad-format")
def _(house):
    return house.built(house.good, house.good.records, house.good.checkpoints, span=(house.good.span[0] + 5 * maker.DAY, house.good.span[1]))


@edit("proof.json: another epoch", "alone", "bad-format", "bad-rotation")
def _(house):
    return house.proof(epoch=(house.good.oracle.epoch, "00000000"))


@edit("proof.json: another origin", "alone", "bad-format", "bad-signature")
def _(house):
    return house.proof(origin=(house.good.origin, house.good.origin + "0"))


@edit("proof.json: begins one record later", "alone", "bad-root", "bad-format")
def _(house):
    return house.proof(first=(house.good.first, house.good.first + 1))


@edit("proof.json: another base", "alone", "bad-root")
def _(house):
    base = [node.hex() for node in house.good.forest.base(house.good.first)]
    return house.proof(base=(base, ["00" * 32] + base[1:]))


@edit("proof.json: another consistency proof", "alone", "bad-consistency")
def _(house):
    return house.file("proof.json", lambda data: re.sub(rb'"consistency":\["[0-9a-f]{64}', b'"consistency":["' + b"ab" * 32, data))


@edit("proof.json: a previous checkpoint of another history, signed with the true key", "alone", "bad-consistency")
def _(house):
    sizes = [size for size, _ in house.good.checkpoints if size <= house.good.first]
    body = maker.checkpoint_text(house.good.origin, sizes[-1], b"\7" * 32)
    note = body + "\n" + house.good.key_of(sizes[-1]).checkpoint_line(body)
    return house.file("proof.json", lambda data: re.sub(rb'"previous":"(?:[^"\\]|\\.)*"', lambda _: f'"previous":{maker.text(note)}'.encode(), data))


@edit("keys.jsonl: the first key is dropped", "alone", "bad-rotation")
def _(house):
    return house.file("keys.jsonl", lambda data: data.split(b"\n", 1)[1])


@edit("keys.jsonl: the forger's key in place of the last", "alone", "bad-rotation")
def _(house):
    return house.file("keys.jsonl", lambda data: data.replace(house.commune.keys[1].vkey.encode(), house.forger.vkey.encode()))


@edit("keys.jsonl: a rotation without the old key", "alone", "bad-rotation")
def _(house):
    return house.file("keys.jsonl", lambda data: re.sub(rb'"by_old":"[^"]{10,}"', b'"by_old":""', data))


@edit("public-key: the forger's", "alone", "bad-rotation")
def _(house):
    return house.file("public-key", lambda _: house.forger.vkey.encode() + b"\n")


def note_change(old, new):
    return lambda house: house.file("checkpoint", lambda data: re.sub(old, new, data, count=1))


edit("checkpoint: another size", "alone", "bad-signature", "bad-root")(note_change(rb"\n([1-9][0-9]*)\n", rb"\n1\1\n"))
edit("checkpoint: another root", "alone", "bad-signature", "bad-root", "bad-format")(note_change(rb"\n[A-Za-z0-9+/]{4}([A-Za-z0-9+/]{39}=)\n", rb"\nAAAA\1\n"))
edit("checkpoint: an extension line", "alone", "bad-format")(note_change(rb"=\n\n", b"=\nmore\n\n"))
edit("checkpoint: another origin", "alone", "bad-signature")(note_change(rb"^commune-watch/", b"commune-watch/x"))


def signature_bent(note, name, at):
    lines = note.split("\n")
    i = next(i for i, line in enumerate(lines) if line.startswith(f"— {name} "))
    head, data = lines[i].rsplit(" ", 1)[0], bytearray(base64.b64decode(lines[i].rsplit(" ", 1)[1]))
    data[at] ^= 1
    lines[i] = head + " " + base64.b64encode(data).decode()
    return "\n".join(lines).encode()


@edit("checkpoint: one bit of the signature", "alone", "bad-signature")
def _(house):
    return house.file("checkpoint", lambda data: signature_bent(data.decode(), house.good.origin, 20))


@edit("checkpoint: one bit of a cosignature", "alone", "bad-cosignature")
def _(house):
    return house.file("checkpoint", lambda data: signature_bent(data.decode(), house.commune.witnesses[0].name, 50))


@edit("checkpoint: a cosignature made older", "alone", "bad-cosignature")
def _(house):
    return house.file("checkpoint", lambda data: signature_bent(data.decode(), house.commune.witnesses[0].name, 8))


@edit("checkpoint: the cosignature of an earlier one", "alone", "bad-cosignature")
def _(house):
    name = f"— {house.commune.witnesses[0].name} "
    earlier = next(note for size, cosigned in house.good.checkpoints[:-1] for note in [house.good.note(size, cosigned)] if name in note)
    line = next(line for line in earlier.split("\n") if line.startswith(name))
    return house.file("checkpoint", lambda data: re.sub(re.escape(name) + r"\S+", lambda _: line, data.decode()).encode())


@edit("checkpoint: cosignatures of two witnesses exchanged", "alone", "bad-cosignature")
def _(house):
    def exchange(data):
        lines = data.decode().split("\n")
        first, second = (i for i, line in enumerate(lines) if "nhan-chung" in line)
        a, b = (base64.b64decode(lines[i].split(" ")[2]) for i in (first, second))
        for i, mine, other in ((first, a, b), (second, b, a)):
            lines[i] = " ".join(lines[i].split(" ")[:2] + [base64.b64encode(mine[:4] + other[4:]).decode()])
        return "\n".join(lines).encode()
    return house.file("checkpoint", exchange)


def earlier_change(change):
    def make(house):
        def edit_lines(data):
            lines = data.decode().split("\n")[:-1]
            return "".join(line + "\n" for line in change(house, [json.loads(line) for line in lines])).encode()
        return house.file("checkpoints.jsonl", edit_lines)
    return make


edit("checkpoints.jsonl: another root, signed with the true key", "alone", "bad-root")(earlier_change(
    lambda house, notes: [maker.text(note) for note in [resigned(house, notes[0])] + notes[1:]]))
edit("checkpoints.jsonl: one signed by a forger", "alone", "bad-signature")(earlier_change(
    lambda house, notes: [maker.text(note) for note in [notes[0].split("\n\n")[0] + "\n\n" + house.forger.checkpoint_line(notes[0].split("\n\n")[0] + "\n")] + notes[1:]]))
edit("checkpoints.jsonl: two exchanged", "alone", "bad-format")(earlier_change(lambda house, notes: [maker.text(note) for note in [notes[-1]] + notes[1:-1] + [notes[0]]]))


def resigned(house, note):
    size = int(note.split("\n")[1])
    body = maker.checkpoint_text(house.good.origin, size, b"\5" * 32)
    return body + "\n" + house.good.key_of(size).checkpoint_line(body)


# Leaves, checksums made to fit

@edit("leaf: an outage deleted", "alone", "bad-root")
def _(house):
    seq = house.where("change", to_state("down")) - house.good.first
    return house.leaves(lambda lines: lines[:seq] + lines[seq + 1:])


@edit("leaf: two exchanged", "alone", "bad-root")
def _(house):
    return house.leaves(lambda lines: lines[:9] + [lines[10], lines[9]] + lines[11:])


@edit("leaf: one twice", "alone", "bad-root")
def _(house):
    return house.leaves(lambda lines: lines[:9] + [lines[9]] + lines[9:])


@edit("leaf: one put in", "alone", "bad-root")
def _(house):
    record = house.good.records[house.where("change", to_state("up"))]
    return house.leaves(lambda lines: lines[:-2] + [maker.leaf_of(record)] + lines[-2:])


@edit("leaf: the first taken away", "alone", "bad-root")
def _(house):
    return house.leaves(lambda lines: lines[1:])


@edit("leaf: the last ones taken away", "alone", "bad-root")
def _(house):
    return house.leaves(lambda lines: lines[:-7])


@edit("leaf: the same in other words of JSON", "alone", "bad-root")
def _(house):
    return house.leaf(house.good.first + 12, lambda line: line.replace(b",", b", ", 1))


@edit("leaf: another moment", "alone", "bad-root")
def _(house):
    seq = house.where("change")
    kind, boot, bt, body = house.good.records[seq]
    return house.leaf(seq, lambda _: maker.leaf_of((kind, boot, bt - 1, body)))


for what, kind, fits, changes in (
    ("an outage began later", "change", to_state("down"), lambda body: {"at": [body["at"][0], body["at"][1] + 1]}),
    ("down becomes up", "change", to_state("down"), lambda body: {"to": body["to"] | {"state": "up", "cause": "none", "reason": "none"}}),
    ("the device's fault becomes the line's", "change", cause_device, lambda body: {"to": body["to"] | {"cause": "upstream"}}),
    ("the device's own words", "change", always, lambda body: {"words": "khác"}),
    ("a blip made shorter", "blip", always, lambda body: {"to": body["from"]}),
    ("maintenance declared earlier", "maintenance", lambda body: body["declared"] > body["from"], lambda body: {"declared": body["from"] - 1}),
    ("maintenance made longer", "maintenance", always, lambda body: {"to": body["to"] + HOUR}),
    ("another scope of maintenance", "maintenance", always, lambda body: {"scope": "*" if body["scope"] != "*" else "tb-0"}),
    ("service hours", "terms", lambda body: body["enrolled"] == 1, lambda body: {"hours": {"weekly": [[0, 60]], "closed": []}}),
    ("a device not enrolled", "terms", lambda body: body["enrolled"] == 1, lambda body: {"enrolled": 0}),
    ("a device of another place", "terms", always, lambda body: {"place": "khac"}),
    ("an anchor's time", "anchor", always, lambda body: {"utc": body["utc"] + 1000}),
    ("an anchor's source", "anchor", always, lambda body: {"source": "ntp" if body["source"] != "ntp" else "rtc"}),
    ("the last sign of life before a cut", "run", always, lambda body: {"previous": [body["previous"][0], body["previous"][1] + MINUTE]}),
    ("a correction's class", "correction", always, lambda body: {"class": "up" if body["class"] != "up" else "down"}),
    ("a correction's author", "correction", always, lambda body: {"author": "người khác"}),
    ("a day's totals", "day", always, lambda body: {"up": body["up"] + 1}),
    ("who the device is", "identity", always, lambda body: {"serial": "S2"}),
    ("a denominator", "must-have", always, lambda body: {"must": []}),
    ("the zone", "config", always, lambda body: {"zone": [[0, 25200000]]}),
    ("the exported period", "export", always, lambda body: {"period": "2026-11"}),
):
    edit(f"leaf: {what}", "alone", "bad-root")(
        lambda house, kind=kind, fits=fits, changes=changes: house.body(kind, fits, changes, bundle=house.whole))


@edit("opening: a device forgotten", "alone", "bad-root")
def _(house):
    first = house.good.first
    record = house.good.records[first]
    return house.leaf(first, lambda _: maker.leaf_of(record[:3] + (record[3] | {"terms": record[3]["terms"][1:]},)))


# Another key

@edit("all checkpoints signed with a forger's key", "alone", "bad-signature")
def _(house):
    return house.built(house.good, house.good.records, house.good.checkpoints, signers=[house.forger] * 2)


@edit("all of it under a forger's key, which the log names as its own", "label", "unknown-key")
def _(house):
    forger, epoch = house.forger, house.whole.oracle.epoch
    message = f"commune-watch key\n{house.good.origin}\n{epoch}\n-\n{forger.vkey}\n".encode()
    body = {"vkey": forger.vkey, "previous": "", "by_old": "", "by_new": base64.b64encode(forger.sign(message)).decode()}
    records, found = [], False
    for record in house.whole.records:
        if record[0] == "key":
            record, found = record[:3] + (body,), True if not found else None
        if found is not None:
            records.append(record)
        found = bool(found) or found is None
    return house.built(house.whole, maker.restate(records), [(len(records), [])], signers=[forger] * 2)


@edit("a rotation to the forger's key that the old key never signed", "alone", "bad-rotation")
def _(house):
    forger, old, epoch = house.forger, house.commune.keys[1], house.whole.oracle.epoch
    message = f"commune-watch key\n{house.good.origin}\n{epoch}\n{old.vkey}\n{forger.vkey}\n".encode()
    signed = base64.b64encode(forger.sign(message)).decode()
    body = {"vkey": forger.vkey, "previous": old.vkey, "by_old": signed, "by_new": signed}
    last = house.whole.records[-1]
    records = house.whole.records[:-1] + [("key", *last[1:3], body), last]
    return house.built(house.whole, records, house.whole.checkpoints[:-1] + [(len(records), [])], signers=house.commune.keys + [forger])


# The keeper himself, with the true key, but carelessly

@edit("true key: an outage deleted, days left as they were (bad-day)", "alone", "bad-day")
def _(house):
    for seq, record in enumerate(house.whole.records):
        if record[0] == "change" and to_state("down")(record[3]):
            records = house.whole.records[:seq] + house.whole.records[seq + 1:]
            if any(a != b and a[0] == "day" for a, b in zip(records, maker.restate(records))):
                return house.fork(lambda _, records=records: records, restate=False)
    raise Unfit("no outage in the sample that counts")


@edit("true key: a day's totals improved (bad-day)", "alone", "bad-day")
def _(house):
    return house.fork_body("day", lambda body: body["down"] > 0, lambda body: {"up": body["up"] + body["down"], "down": 0, "upstream": 0, "mains": 0, "monitoring_point": 0},
                           restate=False)


@edit("true key: an opening that forgets a device", "alone", "bad-opening")
def _(house):
    return house.fork_body("opening", always, lambda body: {"terms": body["terms"][1:]}, restate=False)


@edit("true key: an opening with a window that nobody declared", "alone", "bad-opening")
def _(house):
    window = {"scope": "*", "from": house.whole.span[0], "to": house.whole.span[1], "declared": house.whole.span[0] - 1, "ended": 0, "author": "A", "reason": "?"}
    return house.fork_body("opening", always, lambda body: {"maintenance": [window | {"at": [body["boot"], body["run"]], "recorded": window["declared"]}]}, restate=False)


@edit("true key: late maintenance said to be declared in time", "alone", "bad-declared")
def _(house):
    return house.fork_body("maintenance", lambda body: body["declared"] > body["from"] + MINUTE and not body["ended"], lambda body: {"declared": body["from"] - 1})


@edit("true key: a correction said to be made earlier", "alone", "bad-declared")
def _(house):
    return house.fork_body("correction", always, lambda body: {"declared": body["declared"] - HOUR})


@edit("true key: a checkpoint with more signatures than a note has", "alone", "bad-format")
def _(house):
    return house.file("checkpoint", lambda data: data + data.split(b"\n\n", 1)[1].splitlines(True)[0] * 64)


@edit("true key: a device whose id is none", "alone", "bad-record")
def _(house):
    bundle, seq = house.copy(house.whole), house.where("change", always, house.whole)
    bundle.leaves[seq] = re.sub(rb'"device":"tb-', b'"device":"TB-', bundle.leaves[seq])
    return bundle.sign()


@edit("true key: an opening that does not say what earlier boots claim", "alone", "bad-record")
def _(house):
    bundle, seq = house.copy(house.whole), house.where("opening", always, house.whole)
    bundle.leaves[seq] = re.sub(rb'"claims":', b'"claimed":', bundle.leaves[seq])
    return bundle.sign()


@edit("true key: a denominator without its basis", "alone", "bad-record")
def _(house):
    bundle, seq = house.copy(house.whole), house.where("must-have", always, house.whole)
    bundle.leaves[seq] = re.sub(rb'"basis":', b'"base":', bundle.leaves[seq])
    return bundle.sign()


@edit("true key: a record of a kind that is none", "alone", "bad-record")
def _(house):
    return house.fork(lambda records: records[:-1] + [("note", *records[-1][1:3], {})] + records[-1:])


@edit("true key: an anchor by a source that is none", "alone", "bad-record")
def _(house):
    bundle, seq = house.copy(house.whole), house.where("anchor", always, house.whole)
    bundle.leaves[seq] = re.sub(rb'"source":"[a-z]+"', b'"source":"gps"', bundle.leaves[seq])
    return bundle.sign()


def bent(name, kind, old, new, code="bad-record", by="alone"):
    """The bytes of one leaf of the whole log bent and all signed anew with the true key."""
    @edit(f"true key: {name}", by, code)
    def _(house):
        bundle = house.copy(house.whole)
        found = [seq for seq, record in enumerate(bundle.records) if record[0] == kind and re.search(old, bundle.leaves[seq])]
        if not found:
            raise Unfit(f"{name}: no such {kind} in the sample")
        seq = found[0 if by == "nobody" else -1]  # the first: an opening repeats it
        bundle.leaves[seq] = re.sub(old, new, bundle.leaves[seq], count=1)
        return bundle.sign()


bent("a window over something that is no scope", "maintenance", rb'"scope":"[^"]*"', b'"scope":"place/"')
bent("a window over what looks like two scopes", "maintenance", rb'"scope":"[^"]*"', b'"scope":"tb-0,tb-1"')
bent("a state since a boot below none", "change", rb'"since":\[\d+,', b'"since":[-1,')
bent("a state since a time below none", "change", rb'"since":\[(\d+),\d+', rb'"since":[\1,-5')
bent("a boot that no log counts to", "change", rb'"since":\[\d+,', b'"since":[4294967296,')
bent("a denominator that does not say what", "must-have", rb'"must":\[[^]]*\],', b"")
bent("a denominator of something unheard of", "must-have", rb'"must":\[[^]]*\]', b'"must":["drone"]')
bent("an opening without a zone", "opening", rb'"zone":\[(\[[^]]*\],?)*\],', b"")
bent("an opening with a zone of no rows", "opening", rb'"zone":\[(\[[^]]*\],?)*\]', b'"zone":[]')


@edit("true key: a record of a boot that has neither run nor anchor", "alone", "bad-record")
def _(house):
    bundle = house.copy(house.whole)
    kind, boot, bt, body = bundle.records[-1]
    bundle.leaves[-1] = maker.leaf_of((kind, boot + 1, bt, body))
    return bundle.sign()


@edit("true key: a record of a boot that has a run but no anchor", "alone", "bad-record")
def _(house):
    bundle = house.copy(house.whole)
    seq = next(seq for seq, record in enumerate(bundle.records) if record[0] == "anchor" and bundle.records[seq - 1][0] == "run" and
               bundle.records[seq - 2][1] < record[1])
    kind, boot, bt, body = bundle.records[seq]
    bundle.leaves[seq] = maker.leaf_of(("heartbeat", boot, bt, {"hour": 0, "asked": 0, "answered": 0, "good": 0, "devices": 0}))
    return bundle.sign()


@edit("public-key: without the end of its line", "alone", "bad-format")
def _(house):
    return house.file("public-key", lambda data: data[:-1])


@edit("witnesses: one key 20,000 times", "alone", "bad-format")
def _(house):
    return house.file("witnesses", lambda data: data.splitlines(True)[0] * 20_000)


@edit("witnesses: more of them than there may be", "alone", "bad-format")
def _(house):
    return house.file("witnesses", lambda data: data + b"".join(maker.Signer("tinh/nhan-chung", f"w{i}", 4).vkey.encode() + b"\n" for i in range(64)))


# What later versions may write, and other ways to say the same: no verifier may cry about it

bent("keys of a later version in a window", "maintenance", rb'"scope":', b'"of_later":1,"scope":', by="nobody")
bent("keys of a later version in a correction", "correction", rb'"device":', b'"of_later":[1],"device":', by="nobody")


@edit("true key: an opening's zone where no configuration named one", "nobody")
def _(house):
    """UTC+7 from wherever the first row says it begins."""
    commune = maker.Commune("e7", days=9, zone=("Asia/Ho_Chi_Minh", "2026-10-20"))
    rows = maker.Oracle(commune.records).rows()
    period = maker.iso(maker.local_day(rows, commune.true) - 2)
    records = commune.bundle(period=period, first=0).records
    records = maker.restate([(*record[:3], {key: value for key, value in record[3].items() if key not in ("zone", "timezone")})
                             if record[0] == "config" else record for record in records])
    openings = [seq for seq, record in enumerate(records) if record[0] == "opening"]
    if not openings:
        raise Unfit("no opening in the sample")
    for seq in openings:
        records[seq] = (*records[seq][:3], records[seq][3] | {"zone": [[-5, 25_200_000]]})
    return maker.Bundle(records, [(len(records), [])], commune.keys, commune.witnesses, period, 0, commune.origin)


@edit("true key: a record put where its moment does not belong", "alone", "bad-record")
def _(house):
    def change(records):
        boots = [record[1] for record in records]
        seq = boots.index(boots[-1])
        if records[-2][2] < records[seq][2] + HOUR:
            raise Unfit("the last boot is too short")
        return records[:seq] + [records[-2]] + records[seq:-2] + records[-1:]
    return house.fork(change, restate=False)


@edit("true key: a bundle that begins after its period", "alone", "not-covered")
def _(house):
    openings = [seq for seq, record in enumerate(house.good.records) if record[0] == "opening"]
    return house.built(house.good, house.good.records, house.good.checkpoints, first=openings[-1])


@edit("true key: cut in the middle, at a checkpoint with true cosignatures", "alone", "bad-record", "bad-format")
def _(house):
    size = next(size for size, cosigned in reversed(house.whole.checkpoints[:-1]) if cosigned)
    return house.built(house.whole, house.whole.records[:size], [item for item in house.whole.checkpoints if item[0] <= size])


@edit("true key: an outage forked away, the old cosignatures kept", "alone", "bad-cosignature")
def _(house):
    bundle = house.fork_body("change", to_state("down"), lambda body: {"words": "khác"})
    true = house.whole.note(len(house.whole.records), house.whole.checkpoints[-1][1])
    bundle.files["checkpoint"] += true.encode().split(b"\n\n", 1)[1].split(b"\n", 1)[1]
    return bundle.rehash()


@edit("a simulated gateway's bundle", "alone", "simulated")
def _(house):
    return maker.Commune("e31", days=3, simulated=1).bundle(first=0)


# The keeper himself, with the true key and all made to fit: forked from an old checkpoint

def drop(kind, fits, every=False):
    def make(house):
        seq = house.where(kind, fits, house.whole)
        return house.fork(lambda records: [record for number, record in enumerate(records)
                                           if not (record[0] == kind and fits(record[3]) if every else number == seq)])
    return make


edit("forked: an outage deleted", "witness", "fork", "older")(drop("change", to_state("down")))
edit("forked: all blips deleted", "witness", "fork", "older")(drop("blip", always, True))
edit("forked: all maintenance that came late deleted", "witness", "fork", "older")(drop("maintenance", lambda body: body["declared"] > body["from"], True))
edit("forked: all corrections deleted", "witness", "fork", "older")(drop("correction", always, True))
edit("forked: a device's identity deleted", "witness", "fork", "older")(drop("identity", always))
edit("forked: all days deleted", "witness", "fork", "older")(drop("day", always, True))
for what, kind, fits, changes in (
    ("down becomes up", "change", to_state("down"), lambda body: {"to": body["to"] | {"state": "up", "cause": "none", "reason": "none"}}),
    ("the device's fault becomes the line's", "change", cause_device, lambda body: {"to": body["to"] | {"cause": "upstream"}}),
    ("the device's own words", "change", always, lambda body: {"words": "khác"}),
    ("service hours", "terms", lambda body: body["enrolled"] == 1, lambda body: {"hours": {"weekly": [[480, 540]], "closed": []}}),
    ("a device never enrolled", "terms", lambda body: body["enrolled"] == 1, lambda body: {"enrolled": 0}),
    ("another place", "terms", always, lambda body: {"place": "khac"}),
    ("a clock that nobody vouched for", "anchor", lambda body: body["source"] == "system", lambda body: {"source": "host"}),
    ("the last sign of life before a cut", "run", always, lambda body: {"previous": [body["previous"][0], body["previous"][1] + MINUTE]}),
    ("a correction's class", "correction", always, lambda body: {"class": "up" if body["class"] != "up" else "down"}),
    ("a denominator", "must-have", always, lambda body: {"must": []}),
):
    edit(f"forked: {what}", "witness", "fork", "older")(
        lambda house, kind=kind, fits=fits, changes=changes: house.fork_body(kind, fits, changes))


@edit("forked: maintenance declared in time put in afterwards", "witness", "fork")
def _(house):
    def change(records):
        seq = len(records) // 2
        while not maker.Oracle(records[:seq]).sure(records[seq - 1][1]):
            seq += 1
        declared = maker.Oracle(records[:seq]).moment(*records[seq - 1][1:3])
        body = {"scope": "*", "from": declared + 1, "to": declared + 20 * HOUR, "declared": declared, "ended": 0, "author": "A", "reason": "nâng cấp"}
        return records[:seq] + [("maintenance", *records[seq - 1][1:3], body)] + records[seq:]
    return house.fork(change)


@edit("forked: the tail cut off and signed anew", "witness", "older")
def _(house):
    return house.fork(lambda records: records[:-30] + records[-1:] if records[-31][1] == records[-1][1] else records[:-30] + [(*records[-1][:1], *records[-31][1:3], records[-1][3])])


@edit("forked: the tail cut off at an old checkpoint and a new end signed", "witness", "older")
def _(house):
    size = next(size for size, cosigned in reversed(house.whole.checkpoints[:-9]) if cosigned)
    return house.fork(lambda records: records[:size] + [("export", *records[size - 1][1:3], records[-1][3])])


@edit("replayed: an old bundle, as it was exported and cosigned then", "witness", "older")
def _(house):
    return house.copy(house.early)


@edit("forked: a false witness under the true one's name", "witness", "fork", "older")
def _(house):
    bundle = house.fork_body("change", to_state("down"), lambda body: {"to": body["to"] | {"state": "up", "cause": "none", "reason": "none"}})
    liar = maker.Signer(house.commune.witnesses[0].name, "liar", 4)
    body = bundle.files["checkpoint"].decode().split("\n\n")[0] + "\n"
    bundle.files["checkpoint"] += liar.cosignature_line(body, 1_790_000_000).encode()
    bundle.files["witnesses"] = liar.vkey.encode() + b"\n"
    return bundle.rehash()


# --- The matrix -------------------------------------------------------------------------------------------------------

def judged(edit, house, command, folder):
    """What is wrong with this verifier's answers to this edit: '' if nothing."""
    def found(**given):
        verdict = ask(command, folder, **given)
        codes = {finding["code"] for finding in verdict.report["findings"]}
        return verdict, codes

    alone, codes = found()
    if edit.by == "nobody":
        return "" if alone.code == 0 and not codes else f"alone: {alone.report['verdict']} {sorted(codes)}"
    if edit.by == "alone":
        return "" if alone.code == 1 and codes & edit.codes else f"alone: {alone.report['verdict']} {sorted(codes)}"
    if alone.code != 0:
        return f"alone: {sorted(codes)}, which only {edit.by} can tell"
    if edit.by == "label":
        if alone.report["key"]["confirmed"]:
            return "alone: says that the key is confirmed"
        verdict, codes = found(label=house.label)
        return "" if verdict.code == 1 and codes & edit.codes else f"with the label: {verdict.report['verdict']} {sorted(codes)}"
    if alone.report.get("newest") != "unwitnessed" or any(witness["confirmed"] for witness in alone.report["witnesses"]):
        return "alone: does not say that nobody has confirmed the newest state"
    verdict, codes = found(label=house.label, seen=True)
    if verdict.code != 1 or not codes & edit.codes:
        return f"with what the witness holds: {verdict.report['verdict']} {sorted(codes)}"
    if not edit.name.startswith("replayed"):  # an old bundle was cosigned in its day
        verdict, codes = found(label=house.label, witnesses=[house.witness])
        if verdict.code != 1 or "not-cosigned" not in codes:
            return f"with the witness's key: {verdict.report['verdict']} {sorted(codes)}"
    return ""


def honest(seed, programs, folder):
    """Whether an honest commune's bundle is valid for all, also for who brings the label, both witnesses and what they hold."""
    commune = maker.Commune(seed)
    bundle = commune.bundle()
    bundle.write(folder / "bundle")
    seen = bundle.files["checkpoint"]
    if seed % 2:  # as the broker hands it out
        seen = json.dumps({"v": 1, "size": len(bundle.records), "checkpoint": seen.decode()}, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    (folder / "seen").write_bytes(seen)
    for name, command in programs.items():
        verdict = ask(command, folder, label=commune.keys[0].vkey, witnesses=[witness.vkey for witness in commune.witnesses], seen=True)
        if verdict.code or verdict.report["findings"] or verdict.report["newest"] != "seen":
            return f"honest bundle {seed}: {name}: {verdict.report['findings'][:3]}"
    shutil.rmtree(folder)
    return ""


def sample():
    """The first made-up commune in which everything happens that the table edits, and its edited bundles."""
    for number in range(40):
        try:
            house = House(f"e{number}")
            return house, [(edit_, edit_.make(house)) for edit_ in EDITS]
        except Unfit as trouble:
            why = trouble
    raise Unfit(f"no sample has all that the table needs: {why}")


def guarded(work, *arguments):
    try:
        return work(*arguments)
    except NotHeld as trouble:
        return str(trouble)


def run(rounds, mutant, only=None):
    with tempfile.TemporaryDirectory() as place, concurrent.futures.ThreadPoolExecutor(2) as pool:
        place = pathlib.Path(place)
        programs, failures, jobs = verifiers(only, mutant, place), [], []
        house, bundles = sample()
        say(f"verifiers: {', '.join(programs)}; sample {house.commune.seed}")
        for number, (edit_, bundle) in enumerate(bundles):
            folder = place / str(number)
            bundle.write(folder / "bundle")
            (folder / "seen").write_text(house.seen, encoding="utf-8")
            jobs.append((edit_, {name: pool.submit(guarded, judged, edit_, house, command, folder) for name, command in programs.items()}))
        detected = 0
        for edit_, answers in jobs:
            wrong = {name: answer.result() for name, answer in answers.items()}
            say(f"{edit_.by:8}{' '.join(('MISSED ' if wrong[name] else 'found ') + name for name in wrong)}  {edit_.name}")
            failures += [f"{edit_.name}: {name}: {what}" for name, what in wrong.items() if what]
            detected += not any(wrong.values())
        if not mutant:
            failures += tamper_database.run(place, lambda folder: {name: ask(command, folder, seen=True) for name, command in programs.items()})
            detected += len(tamper_database.EDITS) - len({failure.split(": ")[1] for failure in failures if failure.startswith("database: ")})
        edits, good = len(EDITS) + (0 if mutant else len(tamper_database.EDITS)), rounds or 40
        alarms = [wrong for wrong in pool.map(lambda seed: guarded(honest, seed, programs, place / f"good-{seed}"), range(10_000, 10_000 + good)) if wrong]
        if failures or alarms:
            raise NotHeld("; ".join(failures[:6] + alarms[:3]) + f" ({detected}/{edits} edits detected, {len(alarms)} alarms over {good} good bundles)")
        return f"{detected}/{edits} edits detected by {len(programs)} verifiers, {good} good bundles without alarm"
