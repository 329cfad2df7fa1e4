"""kill -9 of the gateway or the prober at random moments under load.

Oracles: the MQTT reader's and the API reader's records (what anybody saw must be in the log afterwards, with the same content, once),
and the devices' own fault log (a confirmed down needs a device that was closed).
"""
import os
import random
import signal
import threading
import time

from support.fault_house import Broker, Commune, Devices, NotHeld, free_port, head, pause, say, tcp_devices, until

DEVICES, FAULTY = 60, 30   # the other half is never touched: any downtime of theirs is a lie
SLACK = 2.5                # seconds: an interval, a recheck and a busy machine
SEED = 20261122
MUTANTS = {"lost-record": ("are not in the log", "was told twice, differently", "is now another")}
LEAST = {"lost-record": 6}  # rounds that catch it


def core(event):
    """What must never differ between two tellings of one event."""
    return {key: event[key] for key in ("event", "seq", "device", "at_ms", "from_ms", "to_ms") if key in event}


def toggle(devices, stop, rng):
    """Faults of three to six seconds, so that most are confirmed and some are cut by a kill."""
    names = devices.names[:FAULTY]
    while not stop.is_set():
        name = rng.choice(names)
        if name in devices.sockets:
            devices.close(name)
        else:
            devices.open(name)
        stop.wait(rng.uniform(0.05, 0.25))
    for name in names:
        if name not in devices.sockets:
            devices.open(name)


def read_api(commune, seen, stop):
    """An outside reader of the live stream: whatever it was told counts as acknowledged."""
    after = 0
    while not stop.is_set():
        try:
            for event in commune.events(after, 0.7) or []:
                seen.append(event)
                after = event["seq"] + 1
        except OSError:
            stop.wait(0.1)


def lose_a_record(commune):
    commune.tamper("DROP TRIGGER IF EXISTS log_no_delete", "DELETE FROM log WHERE seq = (SELECT max(seq) FROM log)")


def judge(commune, heard, told, devices):
    log = {event["event"]: event for event in commune.events(0, 5.0)}
    if not log:
        raise NotHeld("the log gave no events")
    first = {}
    for event in heard:
        known = first.setdefault(event["event"], event)
        if core(known) != core(event):
            raise NotHeld(f"{event['event']} was told twice, differently: {core(known)} and {core(event)}")
    lost = [event for event in first if event not in log]
    if lost:
        raise NotHeld(f"{len(lost)} events that a subscriber saw are not in the log: {lost[:3]}")
    for event in told:
        if log.get(event["event"], {}).get("entry") != event["entry"]:
            raise NotHeld(f"{event['event']} was told by the API and is now another")
    turns = {}
    for event in first.values():
        if event.get("type") == "change":
            turn = (event["device"], event["at_ms"], event["from"]["state"], event["to"]["state"])
            if turn in turns:
                raise NotHeld(f"{event['event']} tells again what {turns[turn]} told")
            turns[turn] = event["event"]
    unheard = [event for event in log if event not in first]
    downs = [event for event in heard if event.get("type") == "change" and event["to"]["state"] == "down"]
    for event in downs:
        if not devices.was_closed(event["device"], event["at_ms"] / 1000, SLACK):
            raise NotHeld(f"{event['device']} was called down at {event['at']} but was open ({event['to']['reason']})")
    if not downs:
        raise NotHeld("not one confirmed down: nothing was tested")
    return len(first), len(downs), unheard


def watched_while_dead(commune, names, deaths):
    """Spans that claim to know what a device did while no gateway was there to see it."""
    claims, gaps = [], 0
    for name in names:
        for span in commune.get(f"/api/v1/history/{name}?period=24h")["spans"]:
            over = [died for died, born in deaths if span["from_ms"] <= 500 * (died + born) < span["to_ms"]]
            gaps += len(over)
            if over and span["state"] != "unknown":
                claims.append((name, span["state"], over[0]))
    if gaps < len(deaths) * len(names):
        raise NotHeld(f"{len(deaths)} deaths and {len(names)} devices, but only {gaps} spans over them")
    return claims


def run(rounds, mutant):
    rounds = rounds or 100
    rng = random.Random(SEED)
    devices = Devices(DEVICES, free_port())
    commune = Commune("")
    broker = Broker(commune.directory)
    commune.mqtt_port = broker.port
    commune.configure(head() + tcp_devices(devices))
    told, deaths, stop = [], [], threading.Event()
    threads = []
    try:
        broker.start()
        broker.read()
        commune.start()
        threads = [threading.Thread(target=toggle, args=(devices, stop, random.Random(SEED + 1))),
                   threading.Thread(target=read_api, args=(commune, told, stop))]
        for thread in threads:
            thread.start()
        until(lambda: any(e.get("type") == "change" and e["to"]["state"] == "down" for e in broker.heard()), 60, "a first down")
        for number in range(rounds):
            pause(rng.uniform(0.3, 2.0))
            if rng.random() < 0.5 and (prober := commune.prober()):
                os.kill(prober, signal.SIGKILL)
            else:
                commune.kill()
                died = time.time()
                if mutant == "lost-record" and number >= rounds // 2:
                    until(lambda: True, 1, "")
                    lose_a_record(commune)
                pause(0.3)
                deaths.append((died, time.time()))
                commune.start()
            if (number + 1) % 10 == 0:
                say(f"{number + 1} of {rounds} kills, {len(broker.heard())} events heard")
        stop.set()
        for thread in threads:
            thread.join()
        until(lambda: all(d["state"] == "up" for d in commune.devices().values()) and commune.devices(), 90, "all devices up again")
        until(lambda: not judge(commune, broker.heard(), told, devices)[2], 60, "every event of the log reached the subscriber")
        seen, downs, _ = judge(commune, broker.heard(), told, devices)
        blamed = [name for name in devices.names[FAULTY:]
                  if any(s["state"] == "down" for s in commune.get(f"/api/v1/history/{name}?period=24h")["spans"])]
        if blamed:
            raise NotHeld(f"downtime of devices that never failed: {blamed[:3]}")
        claims = watched_while_dead(commune, devices.names, deaths)
        if claims:
            raise NotHeld(f"nobody watched, and yet it is known: {claims[:3]}")
        say(f"{rounds} kills, {len(deaths)} of them of the gateway, {seen} events, {downs} confirmed downs, {len(told)} read by the API, raw duplicates "
            f"{len(broker.heard()) - seen}")
        return f"{rounds} kills survived"
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        commune.end()
        broker.end()
        devices.end()
