// The witnesses that the configuration names: each gets every new checkpoint, and what it cosigns goes back
// to the notary.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway_house.hpp"
#include "publish/witness_client.hpp"

namespace commune_watch {

class Witnesses {
 public:
  struct Hooks {
    std::function<void(std::function<void()>)> post;  // from any thread, onto the loop
    std::function<void(std::uint64_t size, const std::string& line)> cosigned;
  };
  Witnesses(House& house, Hooks hooks);

  void assign();  // those in force now; unchanged ones go on
  void submit(const StoredCheckpoint& made);
  void tick();  // once a second
  [[nodiscard]] std::vector<std::string> vkeys() const;

 private:
  struct One {
    WitnessSettings settings;
    std::unique_ptr<publish::WitnessClient> client;
  };
  One begin(const WitnessSettings& settings);

  House& house_;
  Hooks hooks_;
  std::vector<One> all_;
};

}  // namespace commune_watch
