// What the onvif driver remembers of a camera, and how the visit to its stream joins the ladder that ONVIF
// began: pure.
#pragma once
#include <optional>
#include <string>

#include "drivers/driver.hpp"

namespace commune_watch {

// Lines of text, then the stream's own note as it is. No password: a path that holds one is not kept.
struct OnvifMemory {
  std::string wanted;  // the option `profile` at that time
  Millis learned = 0;  // UTC, when the camera was last asked for its stream; 0: the clock was not trusted
  std::uint16_t port = 0;
  bool secure = false;  // rtsps
  std::string target;   // of the stream; empty: to be asked for
  std::optional<Identity> identity;
  std::optional<Note> stream;
  friend bool operator==(const OnvifMemory&, const OnvifMemory&) = default;

  // A day has passed, or it was never known when the camera was asked.
  [[nodiscard]] bool old(const std::optional<Millis>& utc_now) const;
};
// Nothing for what is not understood, or belongs to another profile.
OnvifMemory remembered(const std::optional<Note>& note, const std::string& wanted);
Note note_of(const OnvifMemory& memory);

// What the visit to the stream says above `answering`; trouble below that is trouble of `active`.
void join_stream(Finding& finding, Finding stream);

}  // namespace commune_watch
