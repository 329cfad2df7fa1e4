// Keeps what was seen: readings through the ledger into the log, in groups that are durable within 200 ms.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "domain/clock_watch.hpp"
#include "domain/sentinel.hpp"
#include "gateway_house.hpp"
#include "poll/watch.hpp"

namespace commune_watch {

class Keeper final : public Recorder {
 public:
  static constexpr Millis kGroup = 200;              // commit at the latest after
  static constexpr std::size_t kGroupRecords = 100;  // or this many; a confirmed down commits at once
  static constexpr Millis kTick = 60'000;
  static constexpr Millis kClockPatience = 600'000;  // a machine that has just started may wait for NTP

  struct Hooks {
    std::function<void(const std::set<DeviceId>& changed)> durable;  // after each commit that wrote records
    std::function<void(const std::vector<DeviceId>&)> hurry;
    std::function<void(Millis after, std::function<void()>)>
        later;  // runs the task on the loop; dropped when the loop ends
    // Before the ledger hears it; may write beside what it says of others. May be empty.
    std::function<void(Reading&)> compared = {};
    // What a device said that it is; true: there is something to commit. May be empty.
    std::function<bool(DeviceId, const Identity&)> identified = {};
    // A picture of it is to be kept. May be empty.
    std::function<void(DeviceId, const std::string& jpeg)> pictured = {};
  };
  Keeper(House& house, Hooks hooks);

  // --- the watch's recorder ---
  Millis now() override { return house_.clock.boot_now(); }
  std::uint32_t boot() override { return house_.boot; }
  std::optional<Millis> trusted_utc() override;
  Ask next(DeviceId device) override;
  std::optional<Note> note(DeviceId device, const std::string& driver) override;
  void record(Reading reading, const std::string& driver) override;
  void login_tried(const LoginKey& key) override;
  void login_settled(const LoginKey& key) override;
  LoginTag login_tag(const LoginKey& key, DeviceId device) override;
  bool login_refused(const LoginKey& key, DeviceId device, const LoginTag& tag,
                     const std::string& words) override;
  void left_alone(DeviceId device, Millis until, const std::string& why) override;
  void say(std::uint8_t level, const std::string& text) override;

  // --- the gateway's ---
  void keep(const std::vector<Event>& events);
  bool commit();   // false: not durable; kept and tried again
  void settle() {  // before anybody is told how things stand: what they hear must survive a cut
    if (house_.store->uncommitted() > 0) commit();
  }
  void tick();  // once a second: expiry, liveness, clock, blocks, surroundings
  void observe_clock(bool first);
  // A person's word: it is `utc` now, or (absent) what the wall clock says is right. Durable when it returns.
  Result<void> say_time(std::optional<Millis> utc, const std::string& by);
  void roster_changed();  // the house has a new roster
  // Hosts of the own segment, asked by ping so that the gateway can tell its own trouble from a device's.
  std::vector<Watched> segment_targets(const std::vector<std::string>& hosts);
  [[nodiscard]] bool progressing() const;  // readings flow and the log takes them: what the watchdog is told
  [[nodiscard]] std::uint64_t readings() const { return readings_; }
  [[nodiscard]] std::uint64_t good() const { return good_; }  // of them, without any trouble
  [[nodiscard]] Millis clock_error() const { return clock_watch_.last().error; }
  [[nodiscard]] bool clock_trusted() const { return house_.store->clock_map().trusted(house_.boot); }

 private:
  struct Neighbour {
    Millis due = 0;
    int silent = 0;
    bool asked = false;
    Moment first_silent;
  };
  void keep(const Change& change);
  void keep(const Blip& blip);
  void keep(const Incident& incident);
  void commit_soon();
  void count(const Reading& reading);
  void say_what_blocked(Reading& reading);
  void heard(Neighbour& neighbour, const Reading& reading);
  void look_around();
  void consult_battery();
  void compare_battery(Millis says, Millis utc);
  void pass_blocks(Millis elapsed);

  House& house_;
  Hooks hooks_;
  Sentinel sentinel_;
  std::map<DeviceId, Neighbour> segment_;
  std::optional<Moment> device_answered_;
  std::map<DeviceId, std::optional<Note>> notes_;
  std::map<std::pair<DeviceId, Cause>, Seq> incidents_;
  std::set<DeviceId> changed_;
  std::map<std::string, Millis> left_alone_;  // alarms that end by themselves
  ClockWatch clock_watch_;
  Millis last_tick_ = 0, last_answer_ = 0, last_reading_ = 0, last_second_ = 0, last_blocks_ = 0;
  std::uint64_t readings_ = 0, good_ = 0;
  Millis shortest_interval_ = 60'000;
  bool scheduled_ = false, failing_ = false, needs_carrier_ = false;
};

}  // namespace commune_watch
