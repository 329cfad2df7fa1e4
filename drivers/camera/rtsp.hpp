// A visit to a camera's stream: its judgement and what is remembered, both pure, and its coroutine, for every
// driver that knows where the stream is.
#pragma once
#include <optional>

#include "drivers/camera/picture.hpp"
#include "drivers/driver.hpp"

namespace commune_watch {

// The first ten bytes of the note; the pictures' past follows where there is one.
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
Note note_of(const RtspMemory& memory, const PicturePast& past = {});

// What the visit taught.
RtspMemory learned(RtspMemory memory, const RtspReply& reply);

// Reachable and answering from a TCP connect alone: one that is refused proves the host.
Finding judge(const ConnectReply& reply);
// `has_login`: one is configured, permitted or not.
Finding judge(const RtspReply& reply, const Question& question, bool has_login, const RtspMemory& memory);

// What the picture adds to a visit that ended with a key frame (useful, ok). Looks that are our own trouble,
// or that no decoder is there for, leave the finding as it is: a picture that was not tested is no failure.
void judge_picture(Finding& finding, PictureMemory& memory, const PictureReply& look,
                   const PictureVerdict& verdict);

// The visit itself, as far as the question's depth asks. Holds what pictures have to be compared with.
class RtspVisit {
 public:
  explicit RtspVisit(const Target& target);  // its login and its stream options
  asio::awaitable<Finding> run(Wire& wire, const Question& question, const Url& url);

 private:
  // Whether the past is worth a new note.
  asio::awaitable<bool> look(Wire& wire, const Question& question, RtspReply& reply, Finding& finding);

  PictureMemory pictures_;
  bool remembers_ = false;  // the note was read once
  bool wants_pictures_;
  bool keeps_pictures_;
  Millis patience_;
  RtspRequest request_;
  RtspTransport fixed_ = RtspTransport::automatic;
  bool has_login_;
};

// Of every driver that visits a stream.
inline constexpr Option kTransportOption{"transport", OptionType::text, false, "auto",
                                         "auto: TCP, or UDP where the camera offers only that; tcp; udp."};
inline constexpr Option kPictureOption{"picture", OptionType::boolean, false, "true",
                                       "Have the key frame decoded and the picture judged."};
inline constexpr Option kPatienceOption{
    "dark_patience", OptionType::duration, false, "30min",
    "How long the picture may be black or covered before the camera is down."};
std::string check_transport(const Options& options);

}  // namespace commune_watch
