// Signed notes (https://c2sp.org/signed-note), checkpoints (https://c2sp.org/tlog-checkpoint) and witnesses'
// cosignatures (https://c2sp.org/tlog-cosignature), with Ed25519 (RFC 8032).
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/result.hpp"
#include "evidence/bytes.hpp"

namespace commune_watch::evidence {

inline constexpr std::size_t kMaxNoteBytes = 64 * 1024;
inline constexpr std::size_t kMaxSignatures = 64;

enum class KeyUse : std::uint8_t { log = 0x01, witness = 0x04 };  // C2SP's signature type byte

// Who signs, as everybody may know it. Written as a vkey: name+keyid+base64.
struct PublicKey {
  std::string name;  // no spaces, no '+'
  KeyUse use = KeyUse::log;
  std::array<std::byte, 32> key{};
  [[nodiscard]] std::array<std::byte, 4> id() const;
  [[nodiscard]] std::string vkey() const;
  static Result<PublicKey> of(std::string_view vkey);  // foreign text
  friend bool operator==(const PublicKey&, const PublicKey&) = default;
};
bool is_key_name(std::string_view name);

// The secret half. Wiped when it dies; never printed. Not copied.
class SigningKey {
 public:
  static constexpr std::size_t kSeed = 32;
  static SigningKey make();                                              // from the system's randomness
  static std::optional<SigningKey> of(std::span<const std::byte> seed);  // kSeed bytes
  SigningKey(SigningKey&& other) noexcept;
  SigningKey& operator=(SigningKey&& other) noexcept;
  ~SigningKey();

  [[nodiscard]] PublicKey public_key(std::string name, KeyUse use) const;
  [[nodiscard]] Bytes sign(std::string_view message) const;  // 64 bytes
  [[nodiscard]] Bytes seed() const;                          // for whoever keeps it: the caller wipes it

 private:
  SigningKey() = default;
  std::array<unsigned char, 64> secret_{};
};
bool signed_by(std::span<const std::byte, 32> key, std::string_view message,
               std::span<const std::byte> signature);

struct NoteSignature {
  std::string name;
  std::array<std::byte, 4> id{};
  Bytes signature;  // after the id
};
struct Note {
  std::string text;  // with its final newline
  std::vector<NoteSignature> signatures;
  [[nodiscard]] std::string whole() const;  // text, empty line, signature lines
};
Result<Note> read_note(std::string_view whole);                    // foreign bytes
std::string signature_line(const NoteSignature& signature);        // "— name base64\n"
Result<NoteSignature> read_signature_line(std::string_view line);  // without its newline

struct Checkpoint {
  std::string origin;
  std::uint64_t size = 0;
  Hash root{};
  [[nodiscard]] std::string text() const;
  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};
Result<Checkpoint> read_checkpoint(std::string_view text);  // a note's text; extension lines are refused

// A log's own signature on a note.
NoteSignature sign(const SigningKey& key, const PublicKey& as, std::string_view text);
// True: signed by it. False: not signed by it, which includes a signature in its name and id that does not
// hold.
bool holds(const Note& note, const PublicKey& key);

NoteSignature cosign(const SigningKey& key, const PublicKey& as, std::string_view text,
                     std::int64_t utc_seconds);
struct Cosigned {
  std::int64_t utc_seconds = 0;
};
// When that witness cosigned it; absent where it did not. Failure: a cosignature in its name and id does not
// hold.
Result<std::optional<Cosigned>> cosigned(const Note& note, const PublicKey& witness);

}  // namespace commune_watch::evidence
