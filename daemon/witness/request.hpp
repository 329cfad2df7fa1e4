// What a log asks a witness: the body of POST /add-checkpoint (https://c2sp.org/tlog-witness).
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "domain/result.hpp"
#include "evidence/note.hpp"

namespace commune_watch::witness {

inline constexpr std::size_t kMaxBody = 64 * 1024;
inline constexpr std::size_t kMaxProof = 63;

struct AddCheckpoint {
  std::uint64_t old = 0;  // the size from which the proof goes on
  std::vector<evidence::Hash> proof;
  evidence::Note note;
  evidence::Checkpoint checkpoint;  // the first three lines of note.text; extension lines are in that alone
};
Result<AddCheckpoint> read_request(std::string_view body);  // foreign bytes

}  // namespace commune_watch::witness
