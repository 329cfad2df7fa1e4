// What a witness must never forget: the last checkpoint that it cosigned of each log, and forks as they were
// shown to it. Plain files, made to be read by people:
//
//   lock                         held while a witness runs here
//   witness.key                  the signing key, 0600
//   latest/ORIGIN-HASH.note      a signed note with our cosignature: what `verify --seen` takes
//   forks/ORIGIN-HASH-SIZE-ROOT.txt
//
// One thread at a time.
#pragma once
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "domain/result.hpp"
#include "evidence/note.hpp"

namespace commune_watch::witness {

// Somebody holds the directory for as long as this lives.
class Directory {
 public:
  static Result<Directory> take(const std::string& path);  // made 0750 if missing
  Directory(Directory&& other) noexcept;
  Directory& operator=(Directory&&) = delete;
  ~Directory();
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  Directory(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::string path_;
  int lock_ = -1;
};

// The key of the directory. `name` is asked for where there is none yet and one is made, durably; an empty
// one stands for witness-{host}. Failure: it cannot be read or made, or it has another name.
struct Signer {
  evidence::SigningKey key;
  evidence::PublicKey as;
};
Result<Signer> take_key(const std::string& directory, std::string name);
Result<Signer> read_key(const std::string& directory);  // Failure: there is none
// For who only asks what it is, also while a witness runs there. Where there is none yet it is made as above,
// and the directory with it.
struct AskedSigner {
  Signer signer;
  bool made = false;  // just now
};
Result<AskedSigner> ask_key(const std::string& directory, const std::string& name);

struct Latest {
  evidence::Checkpoint checkpoint;
  std::string note;          // whole, with our cosignature
  std::string line;          // our cosignature
  std::string text;          // the note's
  std::int64_t seconds = 0;  // UTC of the cosignature
};

struct Fork {
  // `split`: two checkpoints of one size, both signed: the log cannot deny it. `unproven`: a signed
  // checkpoint came with a proof that does not hold; it may have been sent by somebody else.
  enum class Kind : std::uint8_t { split, unproven };
  Kind kind = Kind::split;
  evidence::Checkpoint submitted;
  std::int64_t seconds = 0;  // UTC at which it was first shown
  std::string file;          // below the directory
};

using Sync = int (*)(int descriptor);  // fsync(2), but for tests of what happens when it fails

class Archive {
 public:
  // `as`: whose cosignature the notes have to bear. What cannot be believed is listed in damaged().
  static Result<Archive> open(const std::string& directory, const evidence::PublicKey& as, Sync sync);

  [[nodiscard]] const Latest* latest(std::string_view origin) const;
  [[nodiscard]] const std::map<std::string, Latest, std::less<>>& all() const { return latest_; }
  [[nodiscard]] const std::vector<Fork>& forks() const { return forks_; }  // in the order they were shown
  // file: why, of the notes that cannot be believed: their logs must not be cosigned.
  [[nodiscard]] const std::map<std::string, std::string>& damaged() const { return damaged_; }
  [[nodiscard]] bool is_damaged(std::string_view origin) const;

  // On the disk before it returns. Failure: what was there before stands. An unproven fork that is now
  // cosigned with a proof that holds was none: it is forgotten.
  Result<void> keep(Latest latest);
  // The same one again is not written twice. False: it was known, or there are too many like it already.
  static constexpr std::size_t kMostForks = 32;  // of one log and kind
  Result<bool> keep(Fork fork, std::string_view evidence);

 private:
  Archive(std::string directory, Sync sync) : directory_(std::move(directory)), sync_(sync) {}
  Result<void> write(const std::string& name, std::string_view content) const;
  void read_latest(const std::string& name, const evidence::PublicKey& as);
  void read_fork(const std::string& name);

  std::string directory_;
  Sync sync_;
  std::map<std::string, Latest, std::less<>> latest_;
  std::vector<Fork> forks_;
  std::map<std::string, std::string> damaged_;
};

}  // namespace commune_watch::witness
