// CPU per RTSP visit to a key frame whose picture is then looked at by a warm inspector: ours and the
// inspector's. The same stream as in wire_rtsp.cpp; scripts/bench sets ffmpeg's one frame beside it.
#include <benchmark/benchmark.h>
#include <sys/socket.h>
#include <unistd.h>

#include <asio/io_context.hpp>
#include <fstream>
#include <optional>
#include <sstream>

#include "poll/inspector_desk.hpp"
#include "poll/prober/inspector.hpp"
#include "poll/spawn.hpp"
#include "support/rtsp_gst_server.hpp"
#include "support/run.hpp"
#include "wire/rtsp_client.hpp"

namespace commune_watch {
namespace {

// User and system time of a process, in seconds (proc(5): fields 14 and 15 of stat).
double cpu_of(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  std::istringstream words(text.substr(text.rfind(')') + 1));
  std::string word;
  double ticks = 0;
  for (int field = 3; field <= 15 && words >> word; ++field)
    if (field >= 14) ticks += std::stod(word);
  return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

void picture(benchmark::State& state) {
  RtspGstServer camera(CW_SOURCE_DIR, "viewer", "secret", true);
  asio::io_context io;
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return state.SkipWithError("socketpair");
  Millis now = 0;
  const auto start = [](int socket) {
    return spawn(CW_INSPECTOR, {}, std::span(&socket, 1), {"GST_REGISTRY=" CW_REGISTRY});
  };
  InspectorDesk desk(io, ends[0], start, {[&] { return now; }, [](std::uint8_t, const std::string&) {}});
  Inspector inspector(io, ends[1]);
  Deadlines deadlines(io);
  Resolver resolver(io, deadlines);
  TlsCheck tls;
  RtspRequest request;
  request.url = *parse_url("rtsp://127.0.0.1:" + std::to_string(camera.port()) + "/h264");
  request.login = Login{.username = "viewer", .password = "secret"};
  request.keep_picture = true;
  request.media_window = 2'000;
  std::int64_t took = 0;
  const auto look = [&]() -> bool {
    RtspReply reply = run(io, rtsp_exchange(deadlines, resolver, tls, request));
    if (reply.picture.packets.empty()) return false;
    PictureRequest wanted{.picture = std::move(reply.picture)};
    const PictureReply seen = run(io, inspector.look(std::move(wanted)));
    took += seen.took_us;
    return seen.look == Look::seen;
  };
  if (!look()) return state.SkipWithError("no picture was seen");  // and the inspector is warm
  const double before = cpu_of(desk.pid());
  took = 0;
  for (auto _ : state)
    if (!look()) return state.SkipWithError("no picture was seen");
  state.counters["inspector_ms"] =
      benchmark::Counter(1e3 * (cpu_of(desk.pid()) - before), benchmark::Counter::kAvgIterations);
  state.counters["look_ms"] =
      benchmark::Counter(static_cast<double>(took) / 1e3, benchmark::Counter::kAvgIterations);
}

BENCHMARK(picture)->MeasureProcessCPUTime()->Iterations(20)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace commune_watch
