#!/usr/bin/env python3
"""What a network can do to a camera and to the gateway itself, end to end: the real daemon in a network of its own, a router that is a real one.

The test runs itself again in namespaces (user, network, mount): nobody else's network is touched, and none but the kernel's own answers are given.
"""
import os
import pathlib
import select
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.camera_house import SUPPORT, CameraHouse

INSIDE = "COMMUNE_WATCH_TEST_NETWORK"
GATEWAY, ROUTER = "10.66.0.2", "10.66.0.1"
PING = """
[[camera]]
id = "{id}"
name = "Camera {id}"
place = "cong"
driver = "ping"
host = "{host}"
"""
WEB = """
[[camera]]
id = "{id}"
name = "Camera {id}"
place = "cong"
driver = "http"
url = "http://{where}/"
"""


def run(*words):
    subprocess.run(words, check=True)


class Router:
    """A namespace behind a cable: 10.77.1.0/24 is a network whose hosts are gone, 10.77.2.0/24 one that it does not know."""

    def __init__(self):
        self.process = subprocess.Popen(["unshare", "-n", "cat"], stdin=subprocess.PIPE)
        mine = os.readlink("/proc/self/ns/net")
        while os.readlink(f"/proc/{self.process.pid}/ns/net") == mine:
            select.select([], [], [], 0.01)
        run("ip", "link", "set", "lo", "up")
        run("ip", "link", "add", "cable", "type", "veth", "peer", "name", "port", "netns", str(self.process.pid))
        run("ip", "address", "add", f"{GATEWAY}/24", "dev", "cable")
        run("ip", "link", "set", "cable", "up")
        self.do("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward; echo 0 > /proc/sys/net/ipv4/icmp_ratelimit")
        self.do("ip", "link", "set", "lo", "up")
        self.do("ip", "address", "add", f"{ROUTER}/24", "dev", "port")
        self.do("ip", "link", "set", "port", "up")
        self.do("ip", "route", "add", "unreachable", "10.77.1.0/24")
        run("ip", "route", "add", "10.77.0.0/16", "via", ROUTER)

    def do(self, *words):
        run(*self.inside(*words))

    def inside(self, *words):
        return ["nsenter", f"--net=/proc/{self.process.pid}/ns/net", *words]

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


class NetworkReasonsTest(CameraHouse):
    @classmethod
    def setUpClass(cls):
        run("mount", "-t", "sysfs", "sysfs", "/sys")  # this network's interfaces
        cls.router = Router()
        cls.addClassCleanup(cls.router.stop)

    def test_each_trouble_of_the_way_is_its_own_reason(self):
        run("ip", "route", "add", "prohibit", "10.88.0.0/16")  # what a firewall says to its own machine
        wanted = {"tot": "up", "tot-2": "up"}
        for name in wanted:
            self.camera(name)
        for name, host, told in (("mat", "10.77.1.9", "down(host-unreachable/device)"),
                                 ("dut-duong", "10.77.2.9", "down(network-unreachable/upstream)"),
                                 ("khong-duong", "10.99.0.9", "unknown(gateway-no-route/gateway)"),
                                 ("bi-chan", "10.88.0.9", "unknown(gateway-limit/gateway)"),
                                 ("ten-la", "camera.khong-co.invalid", "unknown(gateway-dns/gateway)")):
            self.configure_camera(name, f"rtsp://{host}/live")
            wanted[name] = told
        self.configuration += PING.format(id="khong-duoc-ping", host="127.0.0.1")
        wanted["khong-duoc-ping"] = "unknown(gateway-no-icmp/gateway)"
        self.start("setpriv", "--bounding-set=-net_raw")
        self.until(wanted)

    def test_a_gateway_that_lost_its_cable_or_its_segment_says_so(self):
        server = subprocess.Popen(self.router.inside("/usr/bin/python3", "-m", "http.server", "--bind", ROUTER, "--directory", self.folder, "8000"),
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        self.configuration = self.configuration.replace("[gateway]\n", f'[gateway]\nsegment = ["{ROUTER}"]\n')
        self.configuration += WEB.format(id="trang", where=f"{ROUTER}:8000")
        self.start()
        self.until({"trang": "up"})
        self.router.do("ip", "link", "set", "port", "down")
        self.until({"trang": "unknown(gateway-no-carrier/gateway)"})
        self.router.do("ip", "link", "set", "port", "up")
        self.until({"trang": "up"})
        self.assertEqual(self.answer("outages")["outages"], [])
        self.router.do("ip", "address", "del", f"{ROUTER}/24", "dev", "port")
        self.until({"trang": "unknown(gateway-no-segment/gateway)"}, 150)  # three looks around, the first within 20 seconds
        self.router.do("ip", "address", "add", f"{ROUTER}/24", "dev", "port")
        self.until({"trang": "up"})

    def test_dates_are_not_held_against_a_clock_that_nobody_vouches_for(self):
        self.configuration = self.configuration.replace('clock = "host"\n', "")
        secure = self.camera("bao-mat", "tls=100")
        self.configuration = self.configuration.replace(secure.url, secure.url.replace("rtsp://", "rtsps://")) + 'tls = "authority"\n'
        self.start("/usr/bin/python3", SUPPORT / "unsure_clock.py")
        self.until({"bao-mat": "unknown(clock-unsure/gateway)"})


if __name__ == "__main__":
    if os.environ.get(INSIDE):
        unittest.main()
    os.execvpe("unshare", ["unshare", "--map-root-user", "--net", "--mount", sys.executable, *sys.argv], {**os.environ, INSIDE: "1"})
