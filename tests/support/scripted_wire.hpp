// A Wire that replays a dialogue: what is asked must be what the dialogue says comes next, and gets the
// answer written below it.
//
// A dialogue is a text file (tests/dialogues/<driver>/*.txt) of exchanges, each one asked line, details,
// answer lines and perhaps a body:
//
//   # Comments stand on lines of their own: what this shows, and where the behaviour was read.
//   ? http GET http://192.0.2.30:8000/admin/listmounts
//   ? login monitor basic                  (optional: the user name given; "basic" if Basic is allowed,
//   "none" if no login is given) ! status 200 ! header Content-Type: text/xml ! login accepted ! body
//   <icestats>…</icestats>
//   ! end
//
//   ? echo 192.0.2.21
//   ! took 1200
//
//   ? connect 192.0.2.21:554
//   ! trouble refused
//
//   ? rtsp rtsp://192.0.2.21/Streaming/Channels/102
//   ! connected
//   ! reached key-frame
//
// Answer words, all of them: trouble NAME, words TEXT, took MICROSECONDS (all); error ERRNO (connect); status
// N, header NAME: VALUE, login ANSWER, silent-connect (TCP came up, nothing else), certificate NOT-AFTER-MS,
// certificate-trouble TEXT, spki BASE64, body … end (http); connected, reached STAGE, status N, login ANSWER,
// credentialed N, codec NAME, transport NAME, algorithm NAME, packets|lost|bytes|jitter|frames|span N,
// key-frame-bytes|key-frame-after N (rtsp); modified MS, body … end (file). Names are those of wire.hpp with
// hyphens. An http answer with a status is connected unless the dialogue says otherwise.
#pragma once
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "support/manual_clock.hpp"
#include "wire/wire.hpp"

namespace commune_watch {

class ScriptedWire final : public Wire {
 public:
  using Reply = std::variant<EchoReply, ConnectReply, HttpReply, RtspReply, FileReply>;
  struct Exchange {
    std::string asked;                 // "http GET http://…"
    std::optional<std::string> login;  // "none", "monitor" or "monitor basic"
    Reply reply;
  };

  ScriptedWire() = default;
  // Throws std::runtime_error naming the line that is not understood.
  static ScriptedWire from_text(std::string_view dialogue);
  static ScriptedWire from_file(
      const std::string& name);  // below tests/dialogues, without ".txt": "icecast/two-mounts"

  ScriptedWire& expect(std::string asked, Reply reply);

  // A clock to move by what each answer took.
  void moves(ManualClock& clock) { clock_ = &clock; }

  // What was asked so far, each as its asked line with " login …" appended where one was given.
  [[nodiscard]] const std::vector<std::string>& asked() const { return asked_; }
  // The requests themselves, for tests that look closer.
  std::vector<HttpRequest> http_requests;
  std::vector<RtspRequest> rtsp_requests;
  std::vector<PictureRequest> picture_requests;
  // Asked lines that nobody asked: a test ends with EXPECT_TRUE(wire.left().empty()).
  [[nodiscard]] std::vector<std::string> left() const;

  // Throw std::logic_error when something else was expected, or nothing.
  asio::awaitable<EchoReply> echo(EchoRequest request) override;
  asio::awaitable<ConnectReply> connect(ConnectRequest request) override;
  asio::awaitable<HttpReply> http(HttpRequest request) override;
  asio::awaitable<RtspReply> rtsp(RtspRequest request) override;
  asio::awaitable<FileReply> file(FileRequest request) override;
  asio::awaitable<PictureReply> picture(PictureRequest request) override;  // the next of `pictures`

  std::deque<PictureReply> pictures;  // what an inspector says, in order

 private:
  template <class T>
  T next(std::string asked, const std::optional<Login>* login);

  std::deque<Exchange> exchanges_;
  std::vector<std::string> asked_;
  ManualClock* clock_ = nullptr;
};

}  // namespace commune_watch
