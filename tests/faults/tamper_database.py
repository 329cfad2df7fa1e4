"""The second half of the tamper programme: what becomes of the real daemon's own evidence when somebody edits its database.

The daemon watches devices that come and go and is killed once; it exports a bundle, of which every verifier has to be content, and is stopped.
Then its database is edited behind its back, the triggers dropped first and put back afterwards, and it is started again and asked for the bundle. Either it sees that its
log is not the one that was signed (it does not start, or goes on with a `restore` record that says so), or each verifier does that is given the
checkpoint that was seen before the edit. (What is appended after the last signature nobody can tell from what the gateway appends: §10.)
"""
import contextlib
import shutil
import signal
import sqlite3
import subprocess
import time

from support.fault_house import HEAD, PROGRAM, Commune, Devices, NotHeld, Unfit, free_port, pause, say, tcp_devices, until

UNSIGN = ("DELETE FROM node", "DELETE FROM checkpoint")
MAY_BE_NOTHING = ("DELETE FROM node",)  # they are written every 256 records
DOWN = "(SELECT max(seq) FROM log WHERE json_extract(CAST(body AS TEXT), '$.to.state') = 'down')"
TAIL = "DELETE FROM log WHERE seq > (SELECT max(seq) - 6 FROM log)"


def replaced(seq, old, new):
    return f"UPDATE log SET body = CAST(replace(CAST(body AS TEXT), '{old}', '{new}') AS BLOB) WHERE seq = {seq}"


def last(key):
    """The last record whose body has this key."""
    return f"(SELECT max(seq) FROM log WHERE json_type(CAST(body AS TEXT), '$.{key}') IS NOT NULL)"


UP_INSTEAD = (replaced(DOWN, '"state":"down"', '"state":"up"'), replaced(DOWN, '"cause":"device"', '"cause":"none"'))
EDITS = {
    "an outage becomes up time": UP_INSTEAD,
    "an outage becomes the line's fault": (replaced(DOWN, '"cause":"device"', '"cause":"upstream"'),),
    "an outage is deleted, the last record put in its place": (f"DELETE FROM log WHERE seq = {DOWN}",
                                                               "UPDATE log SET seq = (SELECT min(a.seq) + 1 FROM log a LEFT JOIN log b ON b.seq = a.seq + 1 "
                                                               "WHERE b.seq IS NULL) WHERE seq = (SELECT max(seq) FROM log)"),
    "the tail is deleted": (TAIL,),
    "a record is put in": (f"UPDATE log SET seq = -seq - 1 WHERE seq > {DOWN}", "UPDATE log SET seq = -seq WHERE seq < 0",
                           f"INSERT INTO log SELECT seq + 1, boot, bt, kind, device, body FROM log WHERE seq = {DOWN}"),
    "a record's moment": (f"UPDATE log SET bt = bt - 1 WHERE seq = {DOWN}",),
    "an anchor's error": (replaced(last("utc"), '"error":', '"error":1'),),
    "service hours": (replaced(last("hours"), '"weekly":[]', '"weekly":[[0,60]]'),),
    "a device never enrolled": (replaced(last("hours"), '"enrolled":1', '"enrolled":0'),),
    "a last sign of life": (replaced(last("boot_uuid"), '"previous":[', '"previous":[1'),),
    "the first record": (replaced("0", '"version":"', '"version":"9'),),
    "the tail is deleted, and all that was signed": (TAIL, *UNSIGN),
    "an outage becomes up time, and all that was signed is deleted": (*UP_INSTEAD, *UNSIGN),
}
HARMLESS = {  # no evidence hangs on these: the bundle has to be the true one
    "nothing": (),
    # of so short a log none is written yet: these claim to be those of its first two records
    "the nodes of the tree": ("INSERT OR REPLACE INTO node(level, pos, hash) VALUES (0, 0, zeroblob(32)), (1, 0, zeroblob(32))",
                              "INSERT OR REPLACE INTO meta(key, value) VALUES ('.tree', 2)"),
    "the text of the newest checkpoint": ("UPDATE checkpoint SET note = replace(note, 'commune-watch/', 'commune-watch/x') WHERE size = (SELECT max(size) FROM checkpoint)",),
}


def command(commune, *words):
    return subprocess.run([str(word) for word in (PROGRAM, *commune.options(), *words)], capture_output=True, timeout=120, check=False, encoding="utf-8")


def export(commune, folder):
    """Whether the daemon gave this month's bundle into folder/bundle, and was content with it."""
    period = time.strftime("%Y-%m", time.gmtime(time.time() + 7 * 3600))
    done = command(commune, "export", "--period", period, "--to", folder / "bundle")
    if done.returncode != 0:
        say("  the export is not content with its own bundle")
        for refuted in folder.glob("bundle-KHONG-HOP-LE"):
            refuted.rename(folder / "bundle")
    return done.returncode == 0


def live(commune, devices):
    """Two outages, one of them before a kill."""
    commune.start()
    for turn, name in enumerate(devices.names[:2]):
        until(lambda name=name: commune.devices().get(name, {}).get("state") == "up", 60, f"{name} is seen up")
        devices.close(name)
        until(lambda name=name: commune.devices().get(name, {}).get("state") == "down", 60, f"{name} is seen down")
        devices.open(name)
        until(lambda name=name: commune.devices().get(name, {}).get("state") == "up", 60, f"{name} is seen up again")
        if turn == 0:
            commune.kill(signal.SIGKILL)
            commune.start()


def edited(configuration, state, statements):
    """A gateway whose database was edited while it was stopped."""
    commune = Commune(configuration)
    shutil.copytree(state, commune.directory / "state")
    with contextlib.closing(sqlite3.connect(commune.database)) as database:
        triggers = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for trigger, _ in triggers:
            database.execute(f"DROP TRIGGER {trigger}")
        for statement in statements:
            if database.execute(statement).rowcount == 0 and statement not in MAY_BE_NOTHING:
                raise Unfit(f"there was nothing to edit: {statement}")
        for _, text in triggers:
            database.execute(text)
        database.commit()
    return commune


def escaped(configuration, state, statements, folder, asked):
    """The verifiers that have seen nothing of this edit; none if the daemon itself says it."""
    commune = edited(configuration, state, statements)
    try:
        try:
            commune.start()
        except (Unfit, NotHeld):
            say("  the daemon does not start")
            return []
        pause(0.5)
        if not export(commune, folder) and not (folder / "bundle").exists():
            return []
        if b'\n["restore",' in (folder / "bundle" / "entries.jsonl").read_bytes():
            say("  the log says that it was put together again")
            return []
        return [name for name, verdict in asked(folder).items() if verdict.code == 0]
    finally:
        commune.end()


def run(place, asked):
    """What went wrong: [text]. `asked(folder)` gives each verifier's verdict on folder/bundle with folder/seen."""
    devices = Devices(3, free_port("127.20.0.1"))
    configuration = HEAD.replace("simulated = true\n", "").format(interval="1s", recheck="200ms", media="2s", limit="3s") + tcp_devices(devices)
    commune, failures, good = Commune(configuration), [], place / "daemon"
    try:
        live(commune, devices)
        good.mkdir()
        if not export(commune, good):
            raise Unfit("the daemon gives no bundle")
        shutil.copy(good / "bundle" / "checkpoint", good / "seen")
        failures += [f"honest bundle of the daemon: {name}: {verdict.report['findings'][:3]}" for name, verdict in asked(good).items()
                     if verdict.code or verdict.report["findings"]]
        commune.kill(signal.SIGTERM)
        for number, (name, statements) in enumerate((HARMLESS | EDITS).items()):
            folder = place / f"database-{number}"
            folder.mkdir()
            shutil.copy(good / "seen", folder / "seen")
            content = escaped(configuration, commune.directory / "state", statements, folder, asked)
            if name in HARMLESS:
                say(f"database content: {' '.join(content)}  {name}")
                failures += [] if len(content) == len(asked(good)) else [f"honest bundle of the daemon, edited: {name}: only {content} are content"]
            else:
                say(f"database {'MISSED ' + ' '.join(content) if content else 'found'}  {name}")
                failures += [f"database: {name}: {which}: valid" for which in content]
    finally:
        commune.end()
        devices.end()
    return failures
