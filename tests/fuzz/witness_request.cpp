// What a witness is asked: read or refused, and what was read says the same again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "witness/request.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace commune_watch;
  const std::string_view body(reinterpret_cast<const char*>(bytes), size);
  const auto request = witness::read_request(body);
  if (!request) return 0;
  std::string again = "old " + std::to_string(request->old) + '\n';
  for (const auto& hash : request->proof) again += evidence::base64(hash) + '\n';
  again += '\n' + request->note.whole();
  if (again != body || !request->note.text.starts_with(request->checkpoint.text())) std::abort();
  return 0;
}
