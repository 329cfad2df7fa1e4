// Any bytes as WWW-Authenticate: nothing crashes, Basic is not chosen unless allowed, and an answer is one
// line without the password.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "wire/digest.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace commune_watch;
  // What the fuzzer guessed itself it may hear again, also with bytes in between that we leave out.
  std::string guessed(reinterpret_cast<const char*>(data), size);
  std::erase_if(guessed, [](char c) { return c <= ' ' || c == '\\'; });
  if (guessed.find("hunter2") != std::string::npos) return 0;
  std::vector<Challenge> all;
  read_challenges({reinterpret_cast<const char*>(data), size}, all);
  if (all.size() > 16) std::abort();
  for (const DigestAlgorithm remembered :
       {DigestAlgorithm::automatic, DigestAlgorithm::md5, DigestAlgorithm::sha256}) {
    const Challenge* chosen = choose(all, remembered, false);
    if (chosen == nullptr) continue;
    if (chosen->scheme != Challenge::Scheme::digest) std::abort();
    Authorizer authorizer(*chosen, {.username = "viewer", .password = "hunter2hunter2"}, "c0ffee");
    const std::string answer = authorizer.answer("DESCRIBE", "rtsp://192.0.2.1/");
    if (answer.find_first_of("\r\n") != std::string::npos || answer.find("hunter2") != std::string::npos)
      std::abort();
  }
  return 0;
}
