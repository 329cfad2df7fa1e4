// What prober and inspector say to each other, one packet of a SOCK_SEQPACKET socket each.
//
// A job is a header; the picture's packets come beside it as a sealed memfd (SCM_RIGHTS), because they do not
// fit. The inspector answers in the order of the jobs, one at a time. Both sides decode what the other may
// have made up: unknown versions, sizes over their caps and bytes left over are refused.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "domain/clock.hpp"
#include "domain/picture.hpp"
#include "domain/result.hpp"

namespace commune_watch::inspect {

inline constexpr std::size_t kMaxPacket = 64 * 1024;         // of the socket
inline constexpr std::size_t kMaxPicture = 4 * 1024 * 1024;  // of the memfd
inline constexpr std::size_t kMaxParameterSets = 8 * 1024;

struct Job {
  std::uint64_t id = 0;
  Millis limit = 0;  // for decoding: past it the inspector ends itself
  std::string codec, parameter_sets;
  std::uint8_t payload_type = 0;
  std::uint32_t clock_rate = 90'000;
  bool small_picture = false;  // is wanted
};
struct Answer {
  std::uint64_t job = 0;
  Look look = Look::nobody;  // seen, undecodable, not_able
  std::string words;
  PictureStatistics statistics;
  std::string
      small_picture;  // JPEG, at most kMaxSmallPicture bytes; empty: none was wanted, or none came out
  bool last = false;  // the inspector leaves now: ask for another
};

std::string encode(const Job& job);
std::string encode(const Answer& answer);
Result<Job> decode_job(std::string_view bytes);
Result<Answer> decode_answer(std::string_view bytes);

}  // namespace commune_watch::inspect
