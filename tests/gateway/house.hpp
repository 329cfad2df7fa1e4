// A house of the gateway's with a state directory, a configuration and a clock of its own, without any loop.
#pragma once
#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "gateway_house.hpp"
#include "settings/trial.hpp"
#include "support/manual_clock.hpp"

namespace commune_watch {

class Journal final : public Diagnostics {
 public:
  void say(Severity, std::string_view text) override { said.emplace_back(text); }
  [[nodiscard]] bool holds(std::string_view part) const {
    return std::ranges::any_of(said, [&](const auto& text) { return text.find(part) != std::string::npos; });
  }
  std::vector<std::string> said;
};

inline constexpr std::string_view kPlace =
    "[[hamlet]]\nid = \"ap-1\"\nname = \"Ấp 1\"\n"
    "[[place]]\nid = \"cho\"\nname = \"Chợ\"\nkind = \"market\"\nhamlet = \"ap-1\"\n";

inline std::string camera(const std::string& id, const std::string& more = {},
                          const std::string& host = "127.0.0.9") {
  return "[[camera]]\nid = \"" + id + "\"\nname = \"Camera " + id +
         "\"\nplace = \"cho\"\ndriver = \"rtsp\"\nurl = \"rtsp://" + host + "/live\"\n" + more;
}
inline std::string login(const std::string& id, const std::string& password,
                         const std::string& user = "monitor") {
  return "[login." + id + "]\nusername = \"" + user + "\"\npassword = \"" + password + "\"\n";
}

class TestHouse {
 public:
  explicit TestHouse(const std::string& devices, std::string commune = std::string(kCommune))
      : commune_(std::move(commune)) {
    configure(devices);
    open();
  }

  void write(const std::string& devices) const {
    files.write("gateway.toml", commune_ + std::string(kPlace) + devices);
  }
  // The configuration in force from now on; what is to be told of it.
  std::vector<Event> configure(const std::string& devices) {
    write(devices);
    auto loaded = files.load();
    if (!loaded.settings) throw std::runtime_error(loaded.told());
    auto fresh = std::make_unique<const Settings>(std::move(*loaded.settings));
    if (!house.store) {
      house.settings = std::move(fresh);
      return {};
    }
    house.roster = make_roster(*fresh, house.drivers, [&](Kind kind, const std::string& id) {
      return house.store->entity(kind, id);
    });
    house.settings = std::move(fresh);
    for (const auto& [id, row] : house.roster.rows)
      house.store->append(house.now(), id, TermsEntry{row.settings->id, row.terms});
    return house.ledger.assign(subjects(house.roster), house.now());
  }
  // Begins a run; after the first one as if the last had been cut.
  void open() {
    house.store.reset();
    StoreOptions options{
        .directory = files.path("state"), .version = "test", .commune = "tan-phu-28765", .gateway = "gw1"};
    auto opened =
        Store::open(options, [this](const std::string& text) { journal.say(Severity::warning, text); });
    if (!opened) throw std::runtime_error(opened.error().why);
    house.store = std::move(*opened);
    auto begun = house.store->begin_run(clock.boot_uuid(), clock.boot_now(), house.look());
    if (!begun) throw std::runtime_error(begun.error().why);
    house.boot = begun->boot;
    house.started = begun->at;
    house.ledger = Ledger();
    house.law = LoginLaw();
    house.ledger.begin(house.started);
    std::vector<Row> rows;
    house.roster = make_roster(*house.settings, house.drivers, [&](Kind kind, const std::string& id) {
      return house.store->entity(kind, id);
    });
    for (const auto& [id, row] : house.roster.rows)
      house.store->append(house.now(), id, TermsEntry{row.settings->id, row.terms});
    house.ledger.assign(subjects(house.roster), house.now());
  }
  [[nodiscard]] DeviceId id(const std::string& name) const { return house.roster.ids.at(name); }
  Standing standing(const std::string& name) const { return house.ledger.live(id(name)).standing; }

  Trial files;
  ManualClock clock;
  Journal journal;
  House house{.clock = clock, .diagnostics = journal, .drivers = fake::kDrivers, .version = "test"};

 private:
  std::string commune_;
};

}  // namespace commune_watch
