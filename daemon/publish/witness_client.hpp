// Asks one witness to cosign the newest checkpoint (https://c2sp.org/tlog-witness, docs/evidence.md §3).
//
// Everything here is called on the gateway's loop and never waits; a thread of its own speaks HTTP. One
// request is under way at a time. The witness's word for how far it has come (409) is asked with again at
// once, one time; everything else is tried again later, with the newest checkpoint that there is then. What
// is handed back was checked: it is that witness's cosignature of that very checkpoint.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/clock.hpp"
#include "domain/result.hpp"
#include "evidence/note.hpp"

namespace commune_watch::publish {

struct WitnessOptions {
  std::string url;          // submission prefix: https://witness.example or http://127.0.0.1:8899
  evidence::PublicKey key;  // of KeyUse::witness
  bool allow_http = false;  // http:// beyond this machine: nobody can forge an answer, but all can read along
  std::string ca_file;      // https: PEM of the authorities to trust; empty: the system's
  std::uint64_t known = 0;  // the size that it last cosigned, as on_cosigned told; 0: it will say
  std::function<Millis()> clock;  // milliseconds that only grow; asked on the loop
  Millis limit = 20'000;          // of one request, from name resolution to the last byte
  Millis retry_first = 15'000, retry_most = 15 * 60'000;
};

struct NewCheckpoint {
  std::uint64_t size = 0;
  std::string note;  // signed by the log; cosignatures of others may be on it
};

struct WitnessCosignature {
  std::uint64_t size = 0;
  Millis utc = 0;    // the witness's own word for when
  std::string line;  // "— name base64\n", to be put under the note
};

// Called on the loop, from tick() and from what was posted, save post and proof as they say.
struct WitnessHooks {
  std::function<void(std::function<void()>)> post;  // from any thread: run this on the loop, never at once
  // The consistency proof (RFC 6962 §2.1.2) between two sizes of our own tree, 0 < from < to. Also called
  // from submit(). Failure: the tree has no such size any more; its words become the trouble.
  std::function<Result<std::vector<evidence::Hash>>(std::uint64_t from, std::uint64_t to)> proof;
  std::function<void(const WitnessCosignature&)> on_cosigned;
  // What keeps it from cosigning, Vietnamese first; told when it changes. Empty: it is over.
  std::function<void(std::string text)> on_trouble;
};

struct WitnessHealth {
  std::string name, url;
  std::uint64_t cosigned = 0;      // the size of its last cosignature; 0: none since the start
  std::optional<Millis> last;      // UTC of that, by the witness's clock
  std::string trouble;             // as on_trouble told last; empty: none
  std::uint64_t asked = 0;         // requests since the start
  std::optional<Millis> retry_in;  // until it is tried again; absent: nothing waits
};

class WitnessClient {
 public:
  WitnessClient(WitnessOptions options, WitnessHooks hooks);
  // What is under way is broken off; hooks are not called any more.
  ~WitnessClient();
  WitnessClient(const WitnessClient&) = delete;
  WitnessClient& operator=(const WitnessClient&) = delete;

  // The newest checkpoint; takes the place of one that still waits. Asked at once, or when the wait after a
  // failure is over.
  void submit(NewCheckpoint checkpoint);
  void tick();  // about once a second: tries again what is due

  [[nodiscard]] bool asking() const;  // a request is under way
  [[nodiscard]] WitnessHealth health() const;

 private:
  struct Loop;
  std::shared_ptr<Loop> loop_;
};

}  // namespace commune_watch::publish
