// Any bytes as a URL, a period, an instant and a device's words: nothing crashes, and what is taken reads
// again the same.
#include <cstdint>
#include <cstdlib>

#include "domain/period.hpp"
#include "domain/reading.hpp"
#include "domain/url.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace commune_watch;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto url = parse_url(text)) {
    const auto again = parse_url(url->text());
    if (!again || again->text() != url->text() || again->host != url->host || again->port != url->port)
      std::abort();
  }
  const Zone zone;
  const Millis now = 1'795'280'400'000;
  if (const auto period = parse_period(text, zone, now); period && period->length() <= 0) std::abort();
  (void)parse_instant(text, zone, now);
  const std::string words = clean_words(text);
  if (words.size() > kMaxWords || clean_words(words) != words) std::abort();
  return 0;
}
