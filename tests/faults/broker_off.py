"""The broker is away while thousands of events accumulate; the reader's own record is the oracle.

Events come fast because many devices open and close every few seconds under short intervals.
"""
import signal
import threading

from support.fault_house import Broker, Commune, Devices, NotHeld, free_port, head, say, tcp_devices, until

DEVICES = 200
MUTANTS = {"cursor-ahead": ("still not: every event arrived",)}
LEAST = {"cursor-ahead": 400}  # rounds that catch it


def toggle(devices, stop):
    """All of them, over and over: each turn makes two changes per device."""
    while not stop.is_set():
        for name in devices.names:
            devices.close(name)
        stop.wait(1.6)
        for name in devices.names:
            devices.open(name)
        stop.wait(1.6)


def records(commune):
    """Events in the log, counted by the live stream's record numbers."""
    return [event["seq"] for event in commune.events(0, 2.0)]


def run(rounds, mutant):
    wanted = rounds or 5000
    devices = Devices(DEVICES, free_port())
    commune = Commune("")
    broker = Broker(commune.directory)
    commune.mqtt_port = broker.port
    commune.configure(head(interval="500ms", recheck="100ms", limit="2s") + tcp_devices(devices))
    stop = threading.Event()
    thread = threading.Thread(target=toggle, args=(devices, stop))
    try:
        broker.start()
        broker.read()
        commune.start()
        until(lambda: len(broker.heard()) >= 20, 60, "the first events")
        broker.stop()
        before = len({event["event"] for event in broker.heard()})
        thread.start()
        until(lambda: len(records(commune)) >= before + wanted, 600, f"{wanted} events piled up")
        stop.set()
        thread.join()
        until(lambda: all(d["state"] == "up" for d in commune.devices().values()) and commune.devices(), 60, "all devices up again")
        if mutant == "cursor-ahead":
            commune.kill(signal.SIGTERM)
            commune.tamper("UPDATE cursor SET seq = seq + 100 WHERE reader = 'mqtt'")
            commune.start()
        piled = len(records(commune))
        say(f"{piled} events in the log, {before} of them heard before the broker went away")
        broker.start()
        until(lambda: len({event["event"] for event in broker.heard()}) >= len(records(commune)), 20 if mutant else 180,
              "every event arrived")
        heard = broker.heard()
        first, order = set(), []
        for event in heard:
            if event["event"] not in first:
                first.add(event["event"])
                order.append(event["seq"])
        if order != sorted(order):
            raise NotHeld("events arrived out of order")
        if order != records(commune):
            raise NotHeld("what arrived is not what the log holds")
        say(f"{len(order)} arrived once, in order; raw duplicates {len(heard) - len(order)}")
        return f"{len(order)} events delivered"
    finally:
        stop.set()
        if thread.is_alive():
            thread.join()
        commune.end()
        broker.end()
        devices.end()
