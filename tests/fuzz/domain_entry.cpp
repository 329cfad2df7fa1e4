// Any bytes as the body of a log record: refused with a reason, or read into an entry that is written and
// read again.
#include <cstdint>
#include <cstdlib>

#include "domain/canonical.hpp"
#include "domain/entry.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace commune_watch;
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (const auto value = canonical::read(body)) {
    if (canonical::write(*value) != body) std::abort();
  }
  const auto entry = decode(static_cast<LogKind>(data[0] % 19), body);
  if (!entry) return entry.error().why.empty() ? (std::abort(), 0) : 0;
  const std::string again = encode(*entry);
  const auto read = decode(kind_of(*entry), again);
  if (!read || encode(*read) != again) std::abort();
  return 0;
}
