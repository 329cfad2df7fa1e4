// Any bytes as a job or an answer of the inspector's: nothing crashes, what is taken is within its caps and
// says the same again.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "inspect/frames.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace commune_watch;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto job = inspect::decode_job(bytes)) {
    if (job->parameter_sets.size() > inspect::kMaxParameterSets || job->limit < 0) std::abort();
    if (inspect::encode(*job) != bytes) std::abort();
  }
  if (const auto answer = inspect::decode_answer(bytes)) {
    const std::string again = inspect::encode(*answer);
    const auto twice = inspect::decode_answer(again);
    if (!twice || inspect::encode(*twice) != again || again.size() > inspect::kMaxPacket) std::abort();
  }
  return 0;
}
