// What the gateway's parts share: the settings in force, the roster made from them, the ledger, the store,
// and the run.
#pragma once
#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>

#include "domain/clock.hpp"
#include "domain/diagnostics.hpp"
#include "domain/ledger.hpp"
#include "gateway_roster.hpp"
#include "poll/login_law.hpp"
#include "settings/settings.hpp"
#include "store/store.hpp"

namespace commune_watch {

// Whether something stands over the period that counts in corrected() only.
inline bool overlaid(const AvailabilityInput& input, Period period) {
  const auto over = [&](Millis from, Millis to) {
    return std::max(from, period.from) < std::min(to, period.to);
  };
  for (const auto& correction : input.corrections)
    if (over(correction.period.from, correction.period.to)) return true;
  for (const auto& [window, declared, ended, author, reason] : input.maintenance)
    if (declared > window.from && over(window.from, ended == 0 ? window.to : std::min(window.to, ended)))
      return true;
  return false;
}

struct House {
  Clock& clock;
  Diagnostics& diagnostics;
  std::span<const Driver* const> drivers;
  std::string version;

  std::unique_ptr<const Settings>
      settings;  // replaced whole on reload, together with `roster`, which points into it
  Roster roster;
  std::unique_ptr<Store> store;
  Ledger ledger;
  LoginLaw law;

  std::uint32_t boot = 0;  // of this machine, in the store's count
  std::uint32_t run = 0;
  Moment started;
  bool blind = false;                         // the gateway itself cannot see
  std::map<std::string, std::string> alarms;  // by what they are about; shown while they last
  std::map<DeviceId, std::string> words;      // the device's own, of its last change
  std::map<DeviceId, Seq> last_change;
  std::size_t open_incidents = 0;
  // What is enrolled twice, by the one that was enrolled first: it counts once, as that one.
  std::map<DeviceId, DeviceId> twins;

  [[nodiscard]] Moment now() const { return {boot, clock.boot_now()}; }
  // The best that is known of this moment; what the wall clock says before a run has begun.
  [[nodiscard]] Millis utc_now() const {
    if (auto utc = store->utc(now())) return *utc;
    return clock.anchor().utc;
  }
  // What the wall clock says, and who vouches for it.
  [[nodiscard]] Anchor look() const {
    constexpr Millis kHostsError = 1'000;  // nobody measured it: "right" as people say it
    Anchor anchor = clock.anchor();
    anchor.at.boot = boot;
    if (anchor.source == AnchorSource::system && settings && settings->gateway.host_keeps_clock) {
      anchor.source = AnchorSource::host;
      anchor.error = kHostsError;
    }
    return anchor;
  }
  // Of a device that is another one, enrolled before it: that one's; else empty.
  [[nodiscard]] std::string twin_of(DeviceId device) const {
    const auto first = twins.find(device);
    return first == twins.end() ? std::string() : id_of(first->second);
  }
  [[nodiscard]] std::string id_of(DeviceId device) const {
    auto row = roster.rows.find(device);
    if (row != roster.rows.end()) return row->second.settings->id;
    return store->name_of(device).value_or("");
  }
  void alarm(const std::string& about, const std::string& text) {  // empty text: it is over
    auto& standing = alarms[about];
    if (standing == text) {
      if (text.empty()) alarms.erase(about);
      return;
    }
    diagnostics.say(text.empty() ? Severity::info : Severity::error,
                    text.empty() ? "over: " + standing : text);
    standing = text;
    if (text.empty()) alarms.erase(about);
  }
  // Everything that a figure of this device over the period needs.
  [[nodiscard]] AvailabilityInput figures(DeviceId device, Period period) const {
    return {store->spans(device, period, now()), store->blips(device, period), store->terms(device),
            store->maintenance(device, period), store->corrections(device)};
  }
};

}  // namespace commune_watch
