// Any bytes as a SOAP answer: nothing crashes, and a token that answers it bears no password.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "wire/soap_login.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace commune_watch;
  const std::string text(reinterpret_cast<const char*>(data), size);
  soap_fault(text);
  // What the fuzzer guessed itself it may hear again, also with bytes in between that we leave out.
  std::string guessed = text;
  std::erase_if(guessed, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (guessed.find("hunter2") != std::string::npos) return 0;
  const std::string header =
      security_header({.username = text, .password = "hunter2hunter2"}, text, "0123456789abcdef");
  if (header.find("hunter2") != std::string::npos || header.find_first_of("\r\n") != std::string::npos)
    std::abort();
  return 0;
}
