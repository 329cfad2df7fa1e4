// Is this bundle true? Signatures, proofs, cosignatures, and every figure again from the leaves
// (docs/evidence.md §9).
//
// Pure: bytes in, a report out. Foreign bytes of any kind end as findings.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/clock.hpp"
#include "domain/entry.hpp"
#include "evidence/bundle.hpp"

namespace commune_watch::evidence {

struct VerifyOptions {
  std::string key;  // a vkey: from the label on the machine; empty: the bundle's own is taken
  std::vector<std::string> witnesses;  // vkeys of witnesses that have to have cosigned
  std::vector<std::string> seen;       // checkpoints (notes) that were seen elsewhere
};

struct Finding {
  std::string code;   // of §9
  std::string where;  // file, or file:line
  std::string vi, en;
};

struct Witnessed {
  std::int32_t date = 0;  // local, yyyymmdd
  std::string by;         // the witness's name
  Millis at = 0;          // UTC
};

struct Report {
  std::vector<Finding> findings;  // in the order in which they were found; `extra-file` is a warning
  [[nodiscard]] bool valid() const;
  void found(std::string code, std::string where, std::string vi, std::string en);  // at most 20 of a code

  // As far as they could be read.
  std::string origin, period;
  std::uint64_t size = 0;
  std::string figures;          // so-lieu.csv as the leaves give it; empty: they do not begin
  std::string root;             // base64
  std::optional<Millis> until;  // UTC: where the figures end
  std::string vkey;
  bool confirmed = false;              // `key` was given and leads to it
  std::string newest = "unwitnessed";  // or "cosigned" (by a witness that the user named), or "seen"
  struct Witness {
    std::string vkey;
    bool confirmed = false;  // the user named it
  };
  std::vector<Witness> witnesses;
  std::vector<std::uint64_t> not_compared;  // sizes of seen checkpoints from before the bundle begins
  std::vector<Witnessed> witnessed;  // every witness of every day with its first word, by date and name
  std::vector<std::int32_t> unwitnessed;
  Zone zone;
  struct Note {  // what an assessor reads beside the figures
    Millis at = 0;
    Entry entry;
    bool late = false;
  };
  std::vector<Note>
      notes;  // windows that touch the period, corrections, restores, keys, denominators, declarations
};

Report verify(const Files& files, const VerifyOptions& options);

}  // namespace commune_watch::evidence
