// CPU of our process per RTSP visit (user + system): one DESCRIBE with Digest, and to a full key frame of a
// running stream (640x360, 15 frames a second, a key frame every 2 s; KBIT sets its bit rate, 400 by
// default). scripts/bench sets ffprobe beside it.
#include <benchmark/benchmark.h>

#include <asio/io_context.hpp>

#include "support/rtsp_gst_server.hpp"
#include "support/run.hpp"
#include "wire/rtsp_client.hpp"

namespace commune_watch {
namespace {

RtspGstServer& camera() {
  static RtspGstServer server(CW_SOURCE_DIR, "viewer", "secret", true);
  return server;
}

void visit(benchmark::State& state, RtspStage until, RtspTransport transport) {
  RtspRequest request;
  request.url = *parse_url("rtsp://127.0.0.1:" + std::to_string(camera().port()) + "/h264");
  request.login = Login{.username = "viewer", .password = "secret"};
  request.until = until;
  request.transport = transport;
  request.media_window = 2'000;
  asio::io_context io;
  Deadlines deadlines(io);
  Resolver resolver(io, deadlines);
  TlsCheck tls;
  std::int64_t packets = 0, bytes = 0, span = 0, jitter = 0;
  for (auto _ : state) {
    const RtspReply reply = run(io, rtsp_exchange(deadlines, resolver, tls, request));
    if (reply.reached != until || reply.trouble != Trouble::none)
      return state.SkipWithError(reply.words.c_str());
    packets += reply.rtp.packets, bytes += reply.rtp.bytes, span += reply.rtp.span,
        jitter += reply.rtp.jitter_us;
  }
  state.counters["packets"] =
      benchmark::Counter(static_cast<double>(packets), benchmark::Counter::kAvgIterations);
  state.counters["kbyte"] =
      benchmark::Counter(static_cast<double>(bytes) / 1e3, benchmark::Counter::kAvgIterations);
  state.counters["span_ms"] =
      benchmark::Counter(static_cast<double>(span), benchmark::Counter::kAvgIterations);
  state.counters["jitter_us"] =
      benchmark::Counter(static_cast<double>(jitter), benchmark::Counter::kAvgIterations);
}

BENCHMARK_CAPTURE(visit, describe, RtspStage::describe, RtspTransport::automatic)
    ->MeasureProcessCPUTime()
    ->Iterations(2000)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(visit, key_frame_tcp, RtspStage::key_frame, RtspTransport::tcp)
    ->MeasureProcessCPUTime()
    ->Iterations(20)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(visit, key_frame_udp, RtspStage::key_frame, RtspTransport::udp)
    ->MeasureProcessCPUTime()
    ->Iterations(20)
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace commune_watch
