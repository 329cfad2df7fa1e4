// A visit to a camera's stream: its judgement and what is remembered, both pure, and its coroutine, for every
// driver that knows where the stream is.
#pragma once
#include <optional>

#include "drivers/driver.hpp"

namespace commune_watch {

// Version 1 of the note: ten bytes.
struct RtspMemory {
  RtspTransport transport = RtspTransport::automatic;      // that worked last
  DigestAlgorithm algorithm = DigestAlgorithm::automatic;  // that a login was accepted with
  Millis key_frame_wait = 0;  // the longest wait that ended with a key frame; 0: none yet
  Millis patience = 0;        // to be waited next time after a wait in vain; 0: as usual
  friend bool operator==(const RtspMemory&, const RtspMemory&) = default;

  // How long to wait for a key frame: 10 s, 2.5 times the longest wait known, and longer after a wait in
  // vain; 60 s at most.
  [[nodiscard]] Millis key_frame_limit() const;
  // The wait after which its absence proves something: cameras with "H.264+" send one in 10 to 30 s
  // (mediamtx#1825).
  [[nodiscard]] Millis enough() const;
};
RtspMemory remembered(const std::optional<Note>& note);  // nothing for what is not understood
Note note_of(const RtspMemory& memory);

// What the visit taught.
RtspMemory learned(RtspMemory memory, const RtspReply& reply);

// Reachable and answering from a TCP connect alone: one that is refused proves the host.
Finding judge(const ConnectReply& reply);
// `has_login`: one is configured, permitted or not.
Finding judge(const RtspReply& reply, const Question& question, bool has_login, const RtspMemory& memory);

// The visit itself, as far as the question's depth asks; its note is RtspMemory's.
class RtspVisit {
 public:
  explicit RtspVisit(const Target& target);  // its login and its option `transport`
  asio::awaitable<Finding> run(Wire& wire, const Question& question, const Url& url) const;

 private:
  RtspRequest request_;
  RtspTransport fixed_ = RtspTransport::automatic;
  bool has_login_;
};

inline constexpr Option kTransportOption{"transport", OptionType::text, false, "auto",
                                         "auto: TCP, or UDP where the camera offers only that; tcp; udp."};
std::string check_transport(const Options& options);

}  // namespace commune_watch
