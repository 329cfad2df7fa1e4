// The nightly backup: begun after local midnight, made in slices between other work; that of a second medium
// is made from it, by a thread of its own. Whoever asks for one gets a complete copy.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "console/desk.hpp"
#include "gateway_house.hpp"

namespace commune_watch {

class BackupKeeper {
 public:
  struct Hooks {
    std::function<void(Millis after, std::function<void()>)>
        later;                                        // on the loop; dropped when the loop ends
    std::function<void(std::function<void()>)> post;  // from any thread, onto the loop
    std::function<bool()> clock_trusted;
  };
  BackupKeeper(House& house, std::string state, Hooks hooks);

  void tick();  // once a second
  // `begin`: a copy now, if none is under way. How things stand with the last one.
  Result<BackupView> ask(bool begin);

 private:
  enum class What : bool { night, copy };
  void begin(What what);
  void step();
  void failed(const std::string& why);
  void carry(const std::string& file);

  House& house_;
  std::string state_;
  Hooks hooks_;
  BackupView view_;
  What what_ = What::night;
  bool copy_asked_ = false;  // while a night's was under way
  Millis next_try_ = 0;
  bool carrying_ = false;
  std::jthread carrier_;
};

}  // namespace commune_watch
