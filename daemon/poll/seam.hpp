// The seam between gateway and prober: values as versioned, length-capped frames; whoever reads trusts
// nothing.
//
// A frame on the socket is u32 length (little-endian, of what follows) | u8 version | u8 kind | payload.
// Integers are little-endian, texts and lists carry a u32 count. decode() refuses unknown versions and kinds,
// counts over their caps, enumerators out of range, bad UTF-8 in words and bytes left over; it never
// allocates more than the frame's own size suggests.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "domain/reading.hpp"
#include "domain/result.hpp"
#include "drivers/driver.hpp"

namespace commune_watch::seam {

inline constexpr std::uint8_t kVersion = 1;
inline constexpr std::size_t kMaxFrame =
    2 * 1024 * 1024;  // a monitoring point's finding with thousands of sightings

// gateway -> prober
struct AddTarget {
  Target target;
};
struct TableEnd {
  std::uint32_t targets = 0;
};  // all targets were sent; questions follow
struct Ask {
  Question question;
};
struct Beat {
  std::uint64_t number = 0;
};  // asked by the gateway, answered with the same number

// prober -> gateway
struct Hello {
  std::uint32_t pid = 0;
  std::string echo_mode;
};  // echo_mode: how ICMP is possible here, for people
struct Answer {
  Reading reading;
};  // reading.question is one that is open; instants are the prober's own
struct Refusal {
  std::uint64_t question = 0;
  DeviceId device{};
  std::string host, username, words;
};  // sent before anything else happens
struct Say {
  std::uint8_t level = 0;
  std::string text;
};  // 0 debug, 1 info, 2 warning, 3 error

using Frame = std::variant<AddTarget, TableEnd, Ask, Beat, Hello, Answer, Refusal, Say>;

// Appends the whole frame, length included. A frame over kMaxFrame is not written: false.
bool encode(const Frame& frame, std::string& out);
// The frame in `bytes` (without its length prefix).
Result<Frame> decode(std::string_view bytes);

}  // namespace commune_watch::seam
