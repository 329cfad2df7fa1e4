// Everything that a verifier reads of a bundle, and a whole verification with the input as its leaves.
#include <sodium.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "domain/entry.hpp"
#include "evidence/bundle.hpp"
#include "evidence/leaf.hpp"
#include "evidence/note.hpp"
#include "evidence/verify.hpp"

using namespace commune_watch;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const int kReady = sodium_init();
  if (kReady < 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto note = evidence::read_note(text)) {
    (void)evidence::read_checkpoint(note->text);
    if (evidence::read_note(note->whole())->whole() != note->whole()) __builtin_trap();
  }
  if (const auto key = evidence::PublicKey::of(text); key && key->vkey() != text) __builtin_trap();
  if (const auto record = evidence::read_leaf(text)) {
    if (evidence::leaf(*record) != text) __builtin_trap();
    (void)decode_loosely(record->kind, record->body);
  }
  if (const auto proof = evidence::read_proof(text); proof && evidence::write(*proof) != text) {
    if (!evidence::read_proof(evidence::write(*proof))) __builtin_trap();
  }
  (void)evidence::read_lines(text);
  evidence::Proof proof{.origin = "commune-watch/a/b",
                        .epoch = "00000000",
                        .period = "2026-11",
                        .from = 1'793'466'000'000,
                        .to = 1'796'058'000'000};
  evidence::Files files{
      {"proof.json", evidence::write(proof)},
      {"entries.jsonl", std::string(text)},
      {"checkpoint", "commune-watch/a/b\n3\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— a AAAAAAAA\n"}};
  if (evidence::verify(files, {}).valid()) __builtin_trap();
  return 0;
}
