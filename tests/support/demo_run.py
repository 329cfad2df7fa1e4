"""Runs the demo: servers, daemon, story, table, and with --for the comparison. Called by scripts/demo, which says what it is for."""
import argparse
import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

import demo_commune
import demo_judge
import demo_story
from demo_house import House, Trouble, free_ports
from demo_servers import Servers
from demo_show import Show

NOTE = demo_judge.NOTE


class Stop(Exception):
    pass


class Api:
    """The daemon's HTTP over its Unix socket."""

    def __init__(self, path):
        self.path = path

    def get(self, target):
        connection = http.client.HTTPConnection("localhost", timeout=10)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(10)
        with contextlib.closing(connection):
            connection.sock.connect(self.path)
            connection.request("GET", target)
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200:
                raise Trouble("API %s: %d %s" % (target, answer.status, body.decode(errors="replace")))
            return json.loads(body)


def seconds(text):
    match = re.fullmatch(r"(\d+)(s|min|m)?", text)
    if not match:
        raise argparse.ArgumentTypeError("như 90s hoặc 5min / as 90s or 5min")
    length = int(match[1]) * (60 if match[2] in ("min", "m") else 1)
    if length < demo_story.SHORTEST:
        raise argparse.ArgumentTypeError("ít nhất %ds, cho đủ kịch bản / at least that, the story needs it" % demo_story.SHORTEST)
    return length


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/demo", add_help=False)
    parser.add_argument("--for", dest="length", type=seconds)
    parser.add_argument("--port-base", type=int)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--binary", required=True)
    return parser.parse_args()


class Demo:
    def __init__(self, house, options):
        self.house, self.options = house, options
        self.ports = free_ports(options.port_base)
        passwords = demo_commune.new_passwords()
        for name in ("camera", "wrong", "admin", "recorder"):
            house.write(name + ".password", passwords[name] + "\n", 0o600)
        self.config = house.write("gateway.toml", demo_commune.configuration(self.ports))
        self.socket, self.state = house.file("api.sock"), house.file("state")
        self.check()
        print("demo: khởi động xã mô phỏng / starting the simulated commune …", flush=True)
        self.servers = Servers(house, self.ports, passwords, os.path.dirname(os.path.realpath(options.binary)))
        self.daemon = house.start("commune-watch", *self.command("run"))
        self.api = Api(self.socket)
        self.await_daemon()
        self.ready = time.monotonic()
        self.show = Show(self.command("status"), lambda: time.monotonic() - self.ready)

    def command(self, *words):
        return [self.options.binary, *words, "--config", self.config, "--state", self.state, "--socket", self.socket]

    def check(self):
        checked = subprocess.run(self.command("check"), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 text=True, check=False)
        if checked.returncode != 0 or checked.stderr:
            raise Trouble("commune-watch check (%d):\n%s%s" % (checked.returncode, checked.stderr, checked.stdout))

    def await_daemon(self):
        end = time.monotonic() + 30
        while time.monotonic() < end and self.daemon.process.poll() is None:
            try:
                self.api.get("/api/v1/status")
                return
            except (OSError, http.client.HTTPException):
                time.sleep(0.1)
        raise Trouble("commune-watch không chạy / does not run:\n" + self.house.tail("commune-watch"))

    def introduce(self):
        topic = "commune-watch/v1/mo-phong/gw1"
        print("""
%s
34 thiết bị mô phỏng ở 4 ấp và trụ sở xã, trên loopback; camera %s được khai sai mật khẩu ngay từ đầu.

Xem trong cửa sổ khác / to watch from another window:
  mosquitto_sub -h 127.0.0.1 -p %d -v -t '%s/dev/+/event'      (sự kiện / events)
  mosquitto_sub -h 127.0.0.1 -p %d -v -t '%s/dev/+/state'      (tình trạng / states)
  curl --unix-socket %s http://localhost/api/v1/status
  %s probe %s --socket %s
""" % (NOTE, demo_commune.WRONG_PASSWORD, self.ports["mqtt"], topic, self.ports["mqtt"], topic, self.socket, self.options.binary,
       demo_commune.WRONG_PASSWORD, self.socket), flush=True)

    def run(self):
        """Until --for is over."""
        baseline = self.wait_for_baseline()
        story = [*demo_story.EVENTS, *([] if self.options.length else [demo_story.REPAIRS])]
        turn = 0
        while True:
            for event in story:
                self.pass_time(baseline + turn * demo_story.CYCLE + event.at)
                self.servers.carry_out(event)
                self.show.say(event.says)
            if self.options.length:
                return self.pass_time(self.options.length)
            turn += 1
            self.pass_time(baseline + turn * demo_story.CYCLE)

    def wait_for_baseline(self):
        """The story's first second: when all is seen as it is, at the latest after BASELINE."""
        self.show.say("Chờ lượt kiểm tra đầu tiên của mọi thiết bị")
        while self.show.begun() < demo_story.BASELINE:
            status = self.api.get("/api/v1/status")
            if {each["id"]: demo_judge.standing(each) for each in status["devices"]} == demo_story.BEGINNING:
                self.show.say("Mọi thiết bị đúng như lúc đầu, bắt đầu kịch bản")
                return self.show.begun()
            self.pass_time(min(self.show.begun() + 0.5, demo_story.BASELINE))
        self.show.say("Bắt đầu kịch bản dù có thiết bị chưa kiểm tra xong")
        return self.show.begun()

    def pass_time(self, until):
        while True:
            self.show.look()
            if fallen := self.house.fallen():
                raise Trouble("tự dừng / ended by itself: " + "; ".join("%s: %s" % (name, self.house.tail(name)) for name in fallen))
            left = until - self.show.begun()
            if left <= 0:
                return
            time.sleep(min(left, 0.25))

    def judge(self):
        """The final table, and True if all is as the story says."""
        status = self.api.get("/api/v1/status")
        table = self.show.table()
        outages = self.api.get("/api/v1/outages?period=1d")
        time.sleep(1)  # what was seen in that moment is published
        self.show.close()
        print("\nBảng cuối cùng / the final table\n" + table)
        wrong = demo_judge.differences_in_status(status, demo_story.ENDING)
        wrong += demo_judge.differences_in_outages(outages)
        if not self.servers.answers(demo_commune.DEVICES[demo_commune.WRONG_PASSWORD]):
            wrong.append(demo_commune.WRONG_PASSWORD + ": camera mô phỏng không trả lời")
        over_mqtt, events = demo_judge.differences_over_mqtt(self.servers.heard)
        wrong += over_mqtt
        waited = self.house.waited_for_cpu(self.daemon)
        if not self.house.end(self.daemon, patience=10):
            wrong.append("commune-watch: không tự dừng khi được yêu cầu")
        elif self.daemon.process.returncode != 0:
            wrong.append("commune-watch: kết thúc với mã %d: %s" % (self.daemon.process.returncode, self.house.tail("commune-watch")))
        wrong += demo_judge.differences_in_its_words(self.house.said("commune-watch"))
        wrong += demo_judge.differences_in_log(os.path.join(self.state, "commune-watch.db"))
        for line in wrong:
            print("✗ " + line)
        if wrong:
            print("commune-watch (%.0f %% thời gian phải chờ CPU / of the time it waited for the CPU):\n%s" % (
                100 * waited, self.house.said("commune-watch")))
        expected = sum(end.state != "up" for end in demo_story.ENDING.values())
        print("%s %d thiết bị (%d không hoạt động), %d gián đoạn, %d sự kiện MQTT: %s" % (
            "✗" if wrong else "✓", len(demo_story.ENDING), expected, len(demo_story.OUTAGES), events,
            "khác kịch bản ở %d điểm" % len(wrong) if wrong else "đúng kịch bản"))
        return not wrong


def main():
    options = arguments()

    def stop(number, _):
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, signal.SIG_IGN)
        raise Stop(number)

    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, stop)
    house, demo, code = House(), None, 1
    try:
        demo = Demo(house, options)
        demo.introduce()
        demo.run()
        code = 0 if demo.judge() else 1
    except Stop as asked:
        code = 128 + asked.args[0] if options.length else 0
    except (Trouble, OSError, subprocess.SubprocessError, http.client.HTTPException) as trouble:
        if demo:
            demo.show.close()
        print("demo: %s" % trouble, file=sys.stderr)
    finally:
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, signal.SIG_IGN)
        if demo:
            demo.show.close()
        house.close(options.keep)
        if left := house.left_behind():
            print("demo: còn sót tiến trình / left behind: " + ", ".join(left), file=sys.stderr)
            code = 1
        print("demo: đã dừng, %s" % ("tệp ở / files are in " + house.path if options.keep else "không để lại gì / nothing is left"))
    return code


if __name__ == "__main__":
    sys.exit(main())
