// Hashes and their spellings: SHA-256, hexadecimal in lower case, standard base64 (RFC 4648 §4). libsodium
// behind.
#pragma once
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace commune_watch::evidence {

using Bytes = std::vector<std::byte>;
using Hash = std::array<std::byte, 32>;

Hash sha256(std::span<const std::byte> bytes);
Hash sha256(std::string_view text);

std::string hex(std::span<const std::byte> bytes);
std::string base64(std::span<const std::byte> bytes);
// Foreign text: only the one spelling that hex() gives, of exactly 32 bytes.
std::optional<Hash> hash_of_hex(std::string_view text);
// Foreign text: padded, without line breaks, no stray bits in the last character.
std::optional<Bytes> bytes_of_base64(std::string_view text);
std::optional<Hash> hash_of_base64(std::string_view text);

inline std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

}  // namespace commune_watch::evidence
