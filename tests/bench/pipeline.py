"""Benches of the release binary's two processes, with real servers around them."""
import contextlib
import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from bench.programs import Missing, google, in_ms
from support.fault_house import PROGRAM, ROOT, Broker, Commune, free_port, head, pause, until

TICKS = os.sysconf("SC_CLK_TCK")


def need(program, package):
    if not shutil.which(program):
        raise Missing(f"{program} is not installed (Debian: {package})")


def cpu(pid):
    """Seconds of user and system time."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def pss(pid):
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def written(pid):
    for line in pathlib.Path(f"/proc/{pid}/io").read_text().splitlines():
        if line.startswith("write_bytes:"):
            return int(line.split()[1])
    return 0


def kin(commune):
    return [commune.daemon.pid, *commune.children()]


@contextlib.contextmanager
def nginx(directory, listens, tls_listens=()):
    need("/usr/sbin/nginx", "nginx-light")
    directory = pathlib.Path(directory)
    if tls_listens:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                        directory / "key", "-out", directory / "cert", "-days", "90", "-subj", "/CN=127.0.0.1"], check=True,
                       stderr=subprocess.DEVNULL)
    lines = "".join(f"listen {address};" for address in listens) + "".join(f"listen {address} ssl;" for address in tls_listens)
    tls = f"ssl_certificate {directory}/cert; ssl_certificate_key {directory}/key;" if tls_listens else ""
    (directory / "nginx.conf").write_text(
        f"daemon off; pid {directory}/nginx.pid; error_log {directory}/nginx.error; worker_rlimit_nofile 8192;"
        "events { worker_connections 4096; }"
        f"http {{ access_log off; {''.join(f'{k}_temp_path {directory}/{k};' for k in ('client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'))}"
        f"server {{ {lines} {tls} location / {{ return 200 'ok'; }} }} }}")
    process = subprocess.Popen(["/usr/sbin/nginx", "-c", directory / "nginx.conf", "-e", directory / "nginx.error"])
    try:
        address, _, port = listens[0].rpartition(":")
        until(lambda: connects(address, int(port)), 20, "nginx answers")
        yield
    finally:
        process.terminate()
        process.wait()


def connects(address, port):
    with contextlib.suppress(OSError), socket.create_connection((address, port), 1):
        return True
    return False


def access_points(count, url, first=0):
    text = ""
    for i in range(first, first + count):
        text += (f'\n[[access_point]]\nid = "wifi-{i}"\nname = "wifi-{i}"\nplace = "nvh-ap-1"\ndriver = "http"\nurl = "{url(i)}"\n')
    return text


def measure(commune, seconds, kind):
    """Readings and CPU of both processes over a while, once all devices have been asked."""
    pids = kin(commune)
    before, asked = sum(map(cpu, pids)), readings(commune)
    pause(seconds)
    used, answered = sum(map(cpu, pids)) - before, readings(commune) - asked
    if kin(commune) != pids:
        raise RuntimeError(f"{kind}: a process was replaced while it was measured")
    return used, answered


def readings(commune):
    for line in commune.request("/metrics").decode().splitlines():
        if line.startswith("commune_watch_readings_total"):
            return float(line.split()[-1])
    raise RuntimeError("no commune_watch_readings_total in /metrics")


def http(build, seconds):
    """The same nginx, 400 addresses; 40 probes a second for us, as many as it takes for the peer."""
    need("prometheus-blackbox-exporter", "prometheus-blackbox-exporter")
    build("commune-watch")
    seconds, port = seconds or 60, free_port()
    commune = Commune("")
    broker = Broker(commune.directory)
    commune.mqtt_port = broker.port
    commune.configure(head(interval="10s") + access_points(400, lambda i: f"http://127.30.{i // 200}.{i % 200 + 1}:{port}/"))
    with nginx(commune.directory, [f"0.0.0.0:{port}"]):
        try:
            broker.start()
            commune.start()
            until(lambda: all(d["state"] == "up" for d in commune.devices().values()), 60, "all up")
            used, answered = measure(commune, seconds, "http")
            ours = 1000 * used / answered
            yield f"http probes: {answered:.0f} in {seconds} s"
            yield f"http commune-watch: {ours:.3f} ms CPU a probe"
            theirs = blackbox(commune.directory, port, seconds)
            yield f"http blackbox_exporter: {theirs:.3f} ms CPU a probe"
            yield f"http blackbox_exporter / commune-watch: {theirs / ours:.2f} ratio"
        finally:
            commune.end()
            broker.end()


def blackbox(directory, port, seconds):
    listen = free_port()
    config = pathlib.Path(directory) / "blackbox.yml"
    config.write_text("modules:\n  http_2xx:\n    prober: http\n    timeout: 5s\n    http:\n      preferred_ip_protocol: ip4\n")
    process = subprocess.Popen(["prometheus-blackbox-exporter", f"--config.file={config}", f"--web.listen-address=127.0.0.1:{listen}"],
                               stderr=subprocess.DEVNULL)
    try:
        until(lambda: connects("127.0.0.1", listen), 20, "blackbox_exporter answers")
        import http.client
        connection = http.client.HTTPConnection("127.0.0.1", listen)
        before, probes, end = cpu(process.pid), 0, time.monotonic() + seconds / 2
        while time.monotonic() < end:
            connection.request("GET", f"/probe?module=http_2xx&target=http%3A%2F%2F127.30.0.{probes % 200 + 1}%3A{port}%2F")
            body = connection.getresponse().read()
            if b"probe_success 1" not in body:
                raise RuntimeError("blackbox_exporter's probe failed")
            probes += 1
            pause(0.02)
        return 1000 * (cpu(process.pid) - before) / probes
    finally:
        process.terminate()
        process.wait()


def icmp(build, seconds):
    need("fping", "fping")
    build("commune-watch")
    seconds = seconds or 60
    addresses = [f"127.40.{i // 200}.{i % 200 + 1}" for i in range(1000)]
    text = head(interval="10s")
    for i, address in enumerate(addresses):
        text += f'\n[[switch]]\nid = "sw-{i}"\nname = "sw-{i}"\nplace = "nvh-ap-1"\ndriver = "ping"\nhost = "{address}"\n'
    commune = Commune(text)
    try:
        commune.start()
        until(lambda: all(d["state"] == "up" for d in commune.devices().values()), 60, "all up")
        prober = commune.prober()
        before = cpu(prober)
        used, answered = measure(commune, seconds, "icmp")
        pinging = cpu(prober) - before
        import resource
        usage = lambda: sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
        start = usage()
        for _ in range(5):
            subprocess.run(["fping", "-c1", "-i1", "-q", *addresses], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        theirs = 1000 * (usage() - start) / 5
        yield f"icmp pings: {answered:.0f} in {seconds} s"
        yield f"icmp prober: {1e6 * pinging / answered:.1f} ms CPU for 1,000"
        yield f"icmp prober and gateway (ledger and log behind it): {1e6 * used / answered:.1f} ms CPU for 1,000"
        yield f"icmp fping: {theirs:.1f} ms CPU for 1,000"
        yield f"icmp prober / fping: {1e6 * pinging / answered / theirs:.2f} ratio"
    finally:
        commune.end()


def fleet(build, seconds):
    """1,000 http, 200 https, 500 ping, 200 tcp, 100 rtsp with media, each on an address of its own; 1 % failing; log on disk."""
    build("commune-watch")
    seconds, port, tls_port = seconds or 600, free_port(), free_port()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="commune-watch-fleet.", dir=ROOT / "build"))
    commune = Commune("")
    broker = Broker(commune.directory)
    commune.mqtt_port = broker.port
    silent = free_port()  # nobody listens here: the failing ones
    text = head(interval="60s", recheck="20s", media="5min", limit="10s")
    text += access_points(1000, lambda i: f"http://127.50.{i // 200}.{i % 200 + 1}:{silent if i % 50 == 0 else port}/")
    text += access_points(200, lambda i: f"https://127.50.{i // 200}.{i % 200 + 1}:{tls_port}/", 1000)
    for i in range(500):
        text += f'\n[[switch]]\nid = "sw-{i}"\nname = "sw-{i}"\nplace = "nvh-ap-1"\ndriver = "ping"\nhost = "127.51.{i // 200}.{i % 200 + 1}"\n'
    for i in range(200):
        text += (f'\n[[switch]]\nid = "tcp-{i}"\nname = "tcp-{i}"\nplace = "nvh-ap-1"\ndriver = "tcp"\nhost = "127.52.0.{i + 1}"\n'
                 f'port = {silent if i % 20 == 0 else port}\n')
    camera = subprocess.Popen(["/usr/bin/python3", ROOT / "tests/support/rtsp_gst_server.py", "viewer", "secret", "keep"],
                              stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
    try:
        rtsp_port = int(camera.stdout.readline().split()[-1])
        text += '\n[login.cam]\nusername = "viewer"\npassword = "secret"\n'
        for i in range(100):
            text += (f'\n[[camera]]\nid = "cam-{i}"\nname = "cam-{i}"\nplace = "nvh-ap-1"\ndriver = "rtsp"\nlogin = "cam"\nlimit = "25s"\npicture = false\n'
                     f'url = "rtsp://127.0.0.1:{rtsp_port}/h264?camera={i}"\n')
        commune.configure(head(interval="60s"))
        broker.start()
        commune.start()
        pause(20)
        yield f"fleet idle gateway and prober: {sum(map(pss, kin(commune))):.1f} MiB PSS"
        commune.kill(signal.SIGTERM)
        commune.configure(text)
        with nginx(directory, [f"0.0.0.0:{port}"], [f"0.0.0.0:{tls_port}"]):
            commune.start()
            pause(120)  # every device once at full depth, spread over its first interval
            pids = kin(commune)
            wrote = written(pids[0])
            used, answered = measure(commune, seconds, "fleet")
            memory = sum(map(pss, kin(commune)))
            states = [d["state"] for d in commune.devices().values()]
            yield f"fleet devices: {len(states)}, {states.count('up')} up, {states.count('down')} down, {states.count('unknown')} unknown"
            yield f"fleet readings: {answered:.0f} in {seconds} s"
            yield f"fleet memory: {memory:.1f} MiB PSS, {sum(map(pss, kin(commune))):.1f} right after an answer with every device"
            yield f"fleet cpu: {100 * used / seconds:.2f} % of a core"
            yield f"fleet written: {(written(pids[0]) - wrote) * 86400 / seconds / 1e6:.1f} MB a day"
    finally:
        camera.stdin.close()
        camera.wait()
        commune.end()
        broker.end()
        shutil.rmtree(directory, ignore_errors=True)


def camera_fleet(build, seconds):
    """64 cameras at the default levels (60 s, 5 min, 30 min), pictures and all."""
    build("commune-watch", "commune-watch-inspector", "street_camera")
    seconds = seconds or 1800
    commune = Commune("")
    broker = Broker(commune.directory)
    commune.mqtt_port = broker.port
    camera = subprocess.Popen([ROOT / "build/release/street_camera", "127.77.8.1:0", "viewer", "secret", "1"], stdout=subprocess.PIPE,
                              stdin=subprocess.PIPE, text=True)
    try:
        port = int(camera.stdout.readline().split()[-1])
        text = head(interval="60s", recheck="20s", media="5min", picture="30min", limit="10s")
        text += '\n[login.cam]\nusername = "viewer"\npassword = "secret"\n'
        for i in range(64):
            text += (f'\n[[camera]]\nid = "cam-{i}"\nname = "cam-{i}"\nplace = "nvh-ap-1"\ndriver = "rtsp"\nlogin = "cam"\nlimit = "25s"\n'
                     f'url = "rtsp://127.77.8.1:{port}/live?camera={i}"\n')
        commune.configure(text)
        broker.start()
        commune.start()
        pause(90)  # every camera once at full depth, spread over its first interval
        used, answered = measure(commune, seconds, "camera-fleet")
        states = [d["state"] for d in commune.devices().values()]
        if states.count("up") != 64:
            raise RuntimeError(f"camera-fleet: {64 - states.count('up')} cameras are not up, nothing was measured")
        yield f"camera-fleet devices: {len(states)}, {states.count('up')} up"
        yield f"camera-fleet processes: {len(kin(commune))} processes"
        yield f"camera-fleet readings: {answered:.0f} in {seconds} s"
        yield f"camera-fleet memory: {sum(map(pss, kin(commune))):.1f} MiB PSS over all processes"
        yield f"camera-fleet cpu: {100 * used / seconds:.2f} % of a core"
    finally:
        camera.stdin.close()
        camera.wait()
        commune.end()
        broker.end()


def ready_after(commune):
    """Seconds from exec to READY=1, the bench playing the service manager."""
    path = str(commune.directory / "notify.sock")
    with contextlib.suppress(OSError):
        os.unlink(path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.settimeout(120)
        began = time.monotonic()
        commune.daemon = subprocess.Popen([PROGRAM, *commune.options(), "run"], stderr=commune.output,
                                          env={**os.environ, "NOTIFY_SOCKET": path})
        while b"READY=1" not in manager.recv(4096):
            pass
        return time.monotonic() - began


def start(build, seconds):
    """A five-year log of 200 devices and 1,000 transitions a day, as tests/bench/store_open.cpp makes it."""
    build("commune-watch", "bench_store_open")
    directory = pathlib.Path(os.environ.get("CW_BENCH_DIR", ROOT / "build"))
    for name, row in google("bench_store_open", "--benchmark_filter=Open", CW_BENCH_DIR=str(directory)).items():
        yield f"start store {name.partition('/')[0]}: {in_ms(row, 'real_time'):.1f} ms"
    text = head().replace("tan-phu-28765", "xa-thu")
    for i in range(200):
        text += f'\n[[switch]]\nid = "sw-{i}"\nname = "sw-{i}"\nplace = "nvh-ap-1"\ndriver = "tcp"\nhost = "127.60.0.{i + 1}"\nport = 9\n'
    commune = Commune(text)
    try:
        shutil.copytree(directory / "cw-five-years", commune.directory / "state")
        ready_after(commune)
        commune.kill(signal.SIGTERM)
        yield f"start log: {commune.database.stat().st_size / 1e6:.0f} MB"
        yield f"start after a clean stop: {ready_after(commune):.2f} s"
        commune.kill(signal.SIGKILL)
        yield f"start after a power cut: {ready_after(commune):.2f} s"
    finally:
        commune.end()


def evidence(build, seconds):
    """A year of 200 devices and 1,000 transitions a day: the bundle of 355 of its days written, and checked by two verifiers."""
    build("commune-watch", "bench_store_open")
    directory = pathlib.Path(os.environ.get("CW_BENCH_DIR", ROOT / "build")) / "bench-evidence"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    google("bench_store_open", "--benchmark_filter=OpenAfterACleanStop", CW_BENCH_DIR=str(directory), CW_BENCH_DAYS="365")
    commune = Commune(head().replace("tan-phu-28765", "xa-thu"))
    bundle = directory / "bundle"
    try:
        shutil.copytree(directory / "cw-five-years", commune.directory / "state")
        ready_after(commune)
        program = [ROOT / "build" / "release" / "commune-watch", "--json"]
        asking = [*program, "--socket", commune.directory / "api.sock"]
        yield "evidence export: " + timed([*asking, "export", "--period", "2025-10-01..2026-09-20", "--to", bundle])
        entries = bundle / "entries.jsonl"
        with entries.open("rb") as lines:
            yield f"evidence leaves: {sum(1 for _ in lines)} records, {entries.stat().st_size / 1e6:.0f} MB"
        yield "evidence verify: " + timed([*program, "verify", bundle])
        yield "evidence verify_evidence.py: " + timed(["/usr/bin/python3", ROOT / "scripts" / "verify_evidence.py", bundle, "--json"])
    finally:
        commune.end()
        shutil.rmtree(directory, ignore_errors=True)


def timed(words):
    """Wall and CPU seconds of a whole process. A history that was made up is simulated: refused as evidence, but worked out in full."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.monotonic()
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    took = time.monotonic() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = json.loads(done.stdout) if done.stdout.startswith("{") else {}
    refused = {finding["code"] for finding in told.get("findings", [])}
    if refused - {"simulated"} or done.returncode not in (0, 1) or not told:
        raise SystemExit(f"{words}: exit {done.returncode}: {done.stdout[-500:]} {done.stderr[-500:]}")
    return f"{took:.2f} s ({after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime:.2f} s CPU)"
