"""Benches that are programs of their own (tests/bench/*.cpp), and what they are set beside."""
import json
import os
import pathlib
import resource
import shutil
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "build" / "release"


class Missing(Exception):
    """A peer or a program that the bench needs is not there."""


def google(program, *words, **environment):
    """The program's benchmarks by name, as Google Benchmark's JSON has them."""
    done = subprocess.run([PROGRAMS / program, "--benchmark_format=json", *words], check=True, stdout=subprocess.PIPE, text=True,
                          env={**os.environ, **environment})
    return {row["name"]: row for row in json.loads(done.stdout)["benchmarks"]}


def in_ms(row, key="cpu_time"):
    return row[key] * {"ns": 1e-6, "us": 1e-3, "ms": 1.0, "s": 1e3}[row["time_unit"]]


def year(build, _seconds):
    build("bench_domain_year")
    for name, row in google("bench_domain_year").items():
        yield f"year {name}: {in_ms(row):.1f} ms"


def writes(build, _seconds):
    build("bench_store_day")
    with tempfile.TemporaryDirectory(dir=os.environ.get("CW_BENCH_DIR", ROOT / "build")) as directory:
        for name, row in google("bench_store_day", CW_BENCH_DIR=directory).items():
            for key, value in row.items():
                if isinstance(value, float) and key not in ("cpu_time", "real_time"):
                    yield f"writes {name} {key}: {value:.2f}"


def drain(build, _seconds):
    build("bench_publish_drain")
    done = subprocess.run([PROGRAMS / "bench_publish_drain"], check=True, capture_output=True, text=True)
    yield from done.stdout.splitlines()


def rtsp(build, _seconds):
    """ffprobe's figure is of a whole process that opens the same stream, 86 % of it starting up: both ratios stand side by side."""
    if not shutil.which("ffprobe"):
        raise Missing("ffprobe is not installed (Debian: ffmpeg)")
    build("bench_wire_rtsp")
    rows = google("bench_wire_rtsp")
    for name, row in rows.items():
        yield f"rtsp {name}: {in_ms(row):.2f} ms"
    describe = next(in_ms(row) for name, row in rows.items() if "/describe" in name)
    key_frame = next(in_ms(row) for name, row in rows.items() if "/key_frame_tcp" in name)
    ffprobe = probe_with_ffprobe()
    yield f"rtsp ffprobe: {ffprobe:.1f} ms"
    yield f"rtsp key frame / DESCRIBE: {key_frame / describe:.1f} ratio"
    yield f"rtsp ffprobe / key frame: {ffprobe / key_frame:.1f} ratio"


def picture(build, _seconds):
    """ffmpeg's figure is of a whole process that decodes one frame of the same stream to a JPEG."""
    if not shutil.which("ffmpeg"):
        raise Missing("ffmpeg is not installed")
    build("bench_prober_picture")
    (row,) = google("bench_prober_picture").values()
    ours = in_ms(row) + row["inspector_ms"]
    yield f"picture visit: {in_ms(row):.2f} ms"
    yield f"picture inspector: {row['inspector_ms']:.2f} ms"
    ffmpeg = of_a_child(["ffmpeg", "-v", "error", "-y", "-rtsp_transport", "tcp", "-i", "{url}", "-frames:v", "1", "-f", "mjpeg", "/dev/null"])
    yield f"picture ffmpeg: {ffmpeg:.1f} ms"
    yield f"picture ffmpeg / visit and look: {ffmpeg / ours:.1f} ratio"


def probe_with_ffprobe(times=5):
    return of_a_child(["ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-show_streams", "{url}"], times)


def of_a_child(words, times=5):
    """Milliseconds of CPU of a whole process, {url} being a running stream."""
    server = subprocess.Popen(["/usr/bin/python3", ROOT / "tests/support/rtsp_gst_server.py", "viewer", "secret", "keep"],
                              stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
    try:
        port = server.stdout.readline().split()[-1]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        for _ in range(times):
            url = f"rtsp://viewer:secret@127.0.0.1:{port}/h264"
            subprocess.run([word.format(url=url) for word in words], check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    finally:
        server.stdin.close()
        server.wait()
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / times
