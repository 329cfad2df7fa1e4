// libsodium's spellings, held to one text per value.
#include "evidence/bytes.hpp"

#include <sodium.h>

#include <algorithm>

namespace commune_watch::evidence {
namespace {

const unsigned char* raw(std::span<const std::byte> bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace

Hash sha256(std::span<const std::byte> bytes) {
  Hash hash;
  crypto_hash_sha256(reinterpret_cast<unsigned char*>(hash.data()), raw(bytes), bytes.size());
  return hash;
}

Hash sha256(std::string_view text) { return sha256(bytes_of(text)); }

std::string hex(std::span<const std::byte> bytes) {
  std::string text(bytes.size() * 2 + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), raw(bytes), bytes.size());
  text.pop_back();
  return text;
}

std::string base64(std::span<const std::byte> bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), raw(bytes), bytes.size(), sodium_base64_VARIANT_ORIGINAL);
  text.pop_back();
  return text;
}

std::optional<Hash> hash_of_hex(std::string_view text) {
  Hash hash;
  std::size_t length = 0;
  if (text.size() != hash.size() * 2 ||
      sodium_hex2bin(reinterpret_cast<unsigned char*>(hash.data()), hash.size(), text.data(), text.size(),
                     nullptr, &length, nullptr) != 0 ||
      length != hash.size() || hex(hash) != text)
    return std::nullopt;
  return hash;
}

std::optional<Bytes> bytes_of_base64(std::string_view text) {
  Bytes bytes(text.size() / 4 * 3 + 3);
  std::size_t length = 0;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                        text.size(), nullptr, &length, nullptr, sodium_base64_VARIANT_ORIGINAL) != 0)
    return std::nullopt;
  bytes.resize(length);
  if (base64(bytes) != text) return std::nullopt;
  return bytes;
}

std::optional<Hash> hash_of_base64(std::string_view text) {
  const auto bytes = bytes_of_base64(text);
  Hash hash;
  if (!bytes || bytes->size() != hash.size()) return std::nullopt;
  std::ranges::copy(*bytes, hash.begin());
  return hash;
}

}  // namespace commune_watch::evidence
