// Bytes and lines of notes; libsodium signs and checks.
#include "evidence/note.hpp"

#include <sodium.h>

#include <algorithm>
#include <charconv>

#include "domain/utf8.hpp"

namespace commune_watch::evidence {
namespace {

constexpr std::string_view kDash = "\xE2\x80\x94 ";  // em dash, space

const unsigned char* raw(std::span<const std::byte> bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
const unsigned char* raw(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string cosigned_text(std::string_view text, std::int64_t utc_seconds) {
  return "cosignature/v1\ntime " + std::to_string(utc_seconds) + "\n" + std::string(text);
}

std::optional<std::uint64_t> decimal(std::string_view text) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || std::to_string(number) != text)
    return std::nullopt;
  return number;
}

}  // namespace

bool is_key_name(std::string_view name) {
  return !name.empty() && name.size() <= 255 && is_utf8(name) && std::ranges::none_of(name, [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '+' || c == 0x7f;
  });
}

std::array<std::byte, 4> PublicKey::id() const {
  std::string bytes = name + '\n' + static_cast<char>(use);
  bytes.append(reinterpret_cast<const char*>(key.data()), key.size());
  const Hash hash = sha256(bytes);
  return {hash[0], hash[1], hash[2], hash[3]};
}

std::string PublicKey::vkey() const {
  Bytes bytes{static_cast<std::byte>(use)};
  bytes.insert(bytes.end(), key.begin(), key.end());
  return name + '+' + hex(id()) + '+' + base64(bytes);
}

Result<PublicKey> PublicKey::of(std::string_view vkey) {
  const auto first = vkey.find('+');
  const auto second = first == std::string_view::npos ? first : vkey.find('+', first + 1);
  if (second == std::string_view::npos) return fail("a key is written name+id+key");
  PublicKey key;
  key.name = vkey.substr(0, first);
  if (!is_key_name(key.name)) return fail("the key's name is empty or has spaces in it");
  const auto bytes = bytes_of_base64(vkey.substr(second + 1));
  if (!bytes || bytes->size() != 33) return fail("the key is not base64 of 33 bytes");
  const auto use = std::to_integer<std::uint8_t>(bytes->front());
  if (use != static_cast<std::uint8_t>(KeyUse::log) && use != static_cast<std::uint8_t>(KeyUse::witness))
    return fail("the key is not an Ed25519 key of a log or of a witness");
  key.use = static_cast<KeyUse>(use);
  std::copy(bytes->begin() + 1, bytes->end(), key.key.begin());
  if (hex(key.id()) != vkey.substr(first + 1, second - first - 1))
    return fail("the key's id does not belong to it: a character was lost or mistyped");
  return key;
}

SigningKey SigningKey::make() {
  std::array<std::byte, kSeed> seed{};
  randombytes_buf(seed.data(), seed.size());
  auto key = of(seed);
  sodium_memzero(seed.data(), seed.size());
  return std::move(*key);
}

std::optional<SigningKey> SigningKey::of(std::span<const std::byte> seed) {
  if (seed.size() != kSeed) return std::nullopt;
  SigningKey key;
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> ignored{};
  crypto_sign_seed_keypair(ignored.data(), key.secret_.data(), raw(seed));
  return key;
}

SigningKey::SigningKey(SigningKey&& other) noexcept : secret_(other.secret_) {
  sodium_memzero(other.secret_.data(), other.secret_.size());
}

SigningKey& SigningKey::operator=(SigningKey&& other) noexcept {
  if (this == &other) return *this;
  secret_ = other.secret_;
  sodium_memzero(other.secret_.data(), other.secret_.size());
  return *this;
}

SigningKey::~SigningKey() { sodium_memzero(secret_.data(), secret_.size()); }

PublicKey SigningKey::public_key(std::string name, KeyUse use) const {
  PublicKey key{std::move(name), use, {}};
  crypto_sign_ed25519_sk_to_pk(reinterpret_cast<unsigned char*>(key.key.data()), secret_.data());
  return key;
}

Bytes SigningKey::sign(std::string_view message) const {
  Bytes signature(crypto_sign_BYTES);
  crypto_sign_detached(reinterpret_cast<unsigned char*>(signature.data()), nullptr, raw(message),
                       message.size(), secret_.data());
  return signature;
}

Bytes SigningKey::seed() const {
  Bytes seed(kSeed);
  crypto_sign_ed25519_sk_to_seed(reinterpret_cast<unsigned char*>(seed.data()), secret_.data());
  return seed;
}

bool signed_by(std::span<const std::byte, 32> key, std::string_view message,
               std::span<const std::byte> signature) {
  return signature.size() == crypto_sign_BYTES &&
         crypto_sign_verify_detached(raw(signature), raw(message), message.size(), raw(key)) == 0;
}

std::string Note::whole() const {
  std::string whole = text + '\n';
  for (const auto& signature : signatures) whole += signature_line(signature);
  return whole;
}

std::string signature_line(const NoteSignature& signature) {
  Bytes bytes(signature.id.begin(), signature.id.end());
  bytes.insert(bytes.end(), signature.signature.begin(), signature.signature.end());
  return std::string(kDash) + signature.name + ' ' + base64(bytes) + '\n';
}

Result<NoteSignature> read_signature_line(std::string_view line) {
  if (!line.starts_with(kDash)) return fail("a signature line begins with an em dash");
  line.remove_prefix(kDash.size());
  const auto space = line.find(' ');
  if (space == std::string_view::npos) return fail("a signature line has a name and a signature");
  NoteSignature signature;
  signature.name = line.substr(0, space);
  const auto bytes = bytes_of_base64(line.substr(space + 1));
  if (!is_key_name(signature.name) || !bytes || bytes->size() < 5)
    return fail("a signature line cannot be read");
  std::copy_n(bytes->begin(), 4, signature.id.begin());
  signature.signature.assign(bytes->begin() + 4, bytes->end());
  return signature;
}

Result<Note> read_note(std::string_view whole) {
  if (whole.size() > kMaxNoteBytes) return fail("the note is longer than 64 KiB");
  if (!is_utf8(whole) ||
      std::ranges::any_of(whole, [](char c) { return static_cast<unsigned char>(c) < ' ' && c != '\n'; }))
    return fail("the note is not plain UTF-8 text");
  const auto end = whole.rfind("\n\n");
  if (end == std::string_view::npos || !whole.ends_with('\n')) return fail("the note has no signatures");
  Note note;
  note.text = whole.substr(0, end + 1);
  for (auto rest = whole.substr(end + 2); !rest.empty();) {
    const auto line = rest.substr(0, rest.find('\n'));
    auto signature = read_signature_line(line);
    if (!signature) return std::unexpected(signature.error());
    if (note.signatures.size() == kMaxSignatures) return fail("the note has too many signatures");
    note.signatures.push_back(std::move(*signature));
    rest.remove_prefix(line.size() + 1);
  }
  if (note.signatures.empty()) return fail("the note has no signatures");
  return note;
}

std::string Checkpoint::text() const {
  return origin + '\n' + std::to_string(size) + '\n' + base64(root) + '\n';
}

Result<Checkpoint> read_checkpoint(std::string_view text) {
  const auto first = text.find('\n');
  const auto second = first == std::string_view::npos ? first : text.find('\n', first + 1);
  if (second == std::string_view::npos || text.find('\n', second + 1) != text.size() - 1)
    return fail("a checkpoint is three lines: origin, size, root");
  const auto size = decimal(text.substr(first + 1, second - first - 1));
  const auto root = hash_of_base64(text.substr(second + 1, text.size() - second - 2));
  if (first == 0 || !size || !root) return fail("a checkpoint is three lines: origin, size, root");
  return Checkpoint{std::string(text.substr(0, first)), *size, *root};
}

NoteSignature sign(const SigningKey& key, const PublicKey& as, std::string_view text) {
  return {as.name, as.id(), key.sign(text)};
}

bool holds(const Note& note, const PublicKey& key) {
  bool found = false;
  for (const auto& signature : note.signatures) {
    if (signature.name != key.name || signature.id != key.id()) continue;
    if (!signed_by(key.key, note.text, signature.signature)) return false;
    found = true;
  }
  return found;
}

NoteSignature cosign(const SigningKey& key, const PublicKey& as, std::string_view text,
                     std::int64_t utc_seconds) {
  NoteSignature line{as.name, as.id(), {}};
  for (unsigned shift = 64; shift > 0;) {
    shift -= 8;
    line.signature.push_back(
        static_cast<std::byte>(static_cast<std::uint64_t>(utc_seconds) >> shift & 0xFFU));
  }
  const auto signature = key.sign(cosigned_text(text, utc_seconds));
  line.signature.insert(line.signature.end(), signature.begin(), signature.end());
  return line;
}

Result<std::optional<Cosigned>> cosigned(const Note& note, const PublicKey& witness) {
  std::optional<Cosigned> first;
  for (const auto& line : note.signatures) {
    if (line.name != witness.name || line.id != witness.id()) continue;
    if (line.signature.size() != 72)
      return fail("a cosignature of " + witness.name + " has the wrong length");
    std::uint64_t seconds = 0;
    for (std::size_t i = 0; i < 8; ++i)
      seconds = seconds << 8U | std::to_integer<std::uint64_t>(line.signature[i]);
    if (seconds >> 63U != 0) return fail("a cosignature of " + witness.name + " is of no time");
    const auto when = static_cast<std::int64_t>(seconds);
    const auto signature = std::span(line.signature).subspan(8);
    if (!signed_by(witness.key, cosigned_text(note.text, when), signature))
      return fail("a cosignature of " + witness.name + " does not hold");
    if (!first || when < first->utc_seconds) first = Cosigned{when};
  }
  return first;
}

}  // namespace commune_watch::evidence
