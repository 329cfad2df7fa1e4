// The evidence key: a systemd credential, or a file of the state directory that only its owner may read.
#pragma once
#include <optional>
#include <string>

#include "domain/result.hpp"
#include "evidence/note.hpp"

namespace commune_watch {

class KeyFiles {
 public:
  // `credentials`: $CREDENTIALS_DIRECTORY of systemd, or empty. A file `evidence-key` there wins.
  KeyFiles(const std::string& state, const std::string& credentials);

  // The key to sign with; made, durably, where there is none. Failure: it cannot be read, is no key, or
  // others could have read it.
  [[nodiscard]] Result<evidence::SigningKey> take() const;
  // The one that is to take over (a rotation that was cut short), if there is one.
  [[nodiscard]] std::optional<evidence::SigningKey> next() const;
  // Makes and keeps the one that is to take over; durable. Failure also where the key is a credential: then
  // whoever gave it rotates it.
  [[nodiscard]] Result<evidence::SigningKey> make_next() const;
  [[nodiscard]] Result<void> take_over() const;  // next() is the key from now on

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string directory_, path_, next_;
  bool credential_ = false;
};

}  // namespace commune_watch
