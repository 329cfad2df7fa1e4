// Any bytes as what a camera says over one visit: nothing crashes, the password never leaves, a refused login
// is not repeated, and no answer gets a line of its own into our requests.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include "wire/rtsp_session.hpp"

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

// The first byte chooses how the bytes are cut and how the visit starts; 0xFE inside lets the deadline pass.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace commune_watch;
  // What the fuzzer guessed itself it may hear again, also with bytes in between that we leave out.
  std::string guessed(reinterpret_cast<const char*>(data), size);
  std::erase_if(guessed, [](char c) { return c <= ' ' || c == '\\'; });
  if (size < 2 || guessed.find("hunter2") != std::string::npos) return 0;
  RtspRequest request;
  request.url = *parse_url("rtsp://192.0.2.1/live");
  request.login = Login{.username = "viewer", .password = "hunter2hunter2"};
  request.login->allow_basic = false;
  request.transport = (data[0] & 1) != 0 ? RtspTransport::udp : RtspTransport::automatic;
  const std::size_t piece = 1 + (data[0] >> 1);
  std::int64_t now = 0;
  RtspSession session(request, "c0ffee", now);
  session.connected(++now);
  const auto heard = [&] {
    int refused_after =
        session.reply().login == LoginAnswer::refused ? session.reply().credentialed_requests : -1;
    while (const auto action = session.next()) {
      if (std::holds_alternative<RtspOpenUdp>(*action)) session.udp_opened(now, 5004);
      const auto* send = std::get_if<RtspSend>(&*action);
      if (send == nullptr) continue;
      must(send->text.find("hunter2") == std::string::npos);
      must(send->text.find("\r\n\r\n") == send->text.size() - 4);
      must(send->text.find("\r\n") != 0 && std::count(send->text.begin(), send->text.end(), '\n') <= 10);
      must(send->text.find("\r\nAuthorization: Basic") == std::string::npos);
    }
    if (refused_after >= 0)
      must(session.reply().credentialed_requests == refused_after && refused_after <= 2);
  };
  heard();
  for (std::size_t at = 1; at < size && !session.done();) {
    now += 1'000;
    if (data[at] == 0xFE) {
      ++at;
      now = std::max(now, session.deadline());
      session.time_passed(now);
    } else {
      const auto room = session.room();
      const std::size_t count = std::min({piece, size - at, room.size()});
      if (count == 0) break;
      std::memcpy(room.data(), data + at, count);
      at += count;
      session.received(now, count);
      if ((data[0] & 1) != 0) session.datagram(now, room.first(count));
    }
    heard();
  }
  for (int i = 0; i < 100 && !session.done(); ++i) {
    now = std::max(now, session.deadline());
    session.time_passed(now);
    heard();
  }
  must(session.done());  // silence ends every visit
  must(session.reply().credentialed_requests <= 40);
  return 0;
}
