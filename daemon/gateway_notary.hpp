// Makes the log evidence: signs checkpoints over it, and writes the records that only evidence needs (keys,
// day totals, heartbeats, openings).
//
// Follows the log with a replay of its own, as a verifier would: what day records and openings say is what
// anybody will compute from the records before them.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "domain/replay.hpp"
#include "evidence/bundle.hpp"
#include "gateway_house.hpp"
#include "gateway_keeper.hpp"
#include "gateway_key.hpp"
#include "poll/watch.hpp"

namespace commune_watch {

class Notary {
 public:
  static constexpr Millis kCheckpointEvery = 15 * 60'000;
  static constexpr Millis kSettle = 5 * 60'000;  // after midnight, for what is still being confirmed

  struct Hooks {
    std::function<void(const StoredCheckpoint&)> tell;    // a new one is durable, or was cosigned since
    std::function<void(const StoredCheckpoint&)> submit;  // a new one: to be cosigned
    std::function<std::vector<std::string>()> witnesses;  // vkeys
  };
  Notary(House& house, Keeper& keeper, const Watch& watch, KeyFiles files, Hooks hooks);

  // Takes the key; its record is durable when this returns. Failure: no key to sign with.
  Result<void> begin();
  void tick();            // once a second
  void stopped();         // after the stop is recorded: the last checkpoint of the run
  Result<void> rotate();  // a new key from now on, signed by both
  // A cosignature came for a checkpoint that was made; checked by whoever hands it in.
  void cosigned(std::uint64_t size, const std::string& line);

  [[nodiscard]] const std::string& vkey() const { return public_.name.empty() ? none_ : vkey_; }
  [[nodiscard]] const std::string& origin() const { return public_.name; }
  [[nodiscard]] std::optional<StoredCheckpoint> newest() const;

  // What a bundle of that period needs but the leaves themselves, which are [proof.first, size) of the log:
  // records the export, signs a checkpoint over it.
  struct Export {
    evidence::Proof proof;
    std::uint64_t size = 0;
    std::string checkpoint;                // the note
    std::vector<std::string> checkpoints;  // notes
    std::vector<std::string> keys;         // bodies
    std::vector<std::string> witnesses;    // vkeys
    std::string vkey;
  };
  Result<Export> make_export(const std::string& period, const std::string& by);

 private:
  void follow();
  bool knows_all(Moment at);
  [[nodiscard]] bool caught_up() const { return next_ == house_.store->next(); }
  void turn_of_day();
  void write_days(Date date);
  void write_opening();
  void beat();
  Result<void> checkpoint();
  Result<void> record_key(const evidence::SigningKey* old, const std::string& previous,
                          const evidence::SigningKey& fresh);
  [[nodiscard]] std::uint64_t first_of(Millis from);
  std::vector<std::string> checkpoints_of_days(std::uint64_t first, std::uint64_t size);

  House& house_;
  Keeper& keeper_;
  const Watch& watch_;
  KeyFiles files_;
  Hooks hooks_;
  std::optional<evidence::SigningKey> key_;
  evidence::PublicKey public_;
  std::string vkey_, none_;
  Replay replay_;
  Seq next_ = 0;              // that the replay gets
  std::uint64_t signed_ = 0;  // size of the newest checkpoint
  Millis last_checkpoint_ = 0;
  std::int32_t today_ = 0;  // local date of the last tick; 0: not yet known
  struct Counted {
    std::uint64_t asked = 0, answered = 0, good = 0;
  };
  Counted counted_;
  Millis hour_ = 0;  // UTC, the one being counted
};

}  // namespace commune_watch
