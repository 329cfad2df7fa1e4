// An answer that says less than the last one is no change: what it leaves out stands.
#include "gateway_identities.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "domain/entry.hpp"

namespace commune_watch {
namespace {

constexpr std::array kFields{&Identity::maker, &Identity::model,    &Identity::serial,
                             &Identity::mac,   &Identity::firmware, &Identity::spki_sha256};

Identity merged(Identity last, const Identity& fresh) {
  for (const auto field : kFields)
    if (!(fresh.*field).empty()) last.*field = fresh.*field;
  return last;
}

// However it is written: 00:1A:2b…, 00-1a-2b…, 001a2b….
std::string plain_mac(const std::string& mac) {
  std::string digits;
  for (const char c : mac)
    if (std::isxdigit(static_cast<unsigned char>(c)) != 0)
      digits += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return digits.find_first_not_of('0') == std::string::npos ? std::string() : digits;
}

bool alike(const std::string& a, const std::string& b) { return !a.empty() && a == b; }

}  // namespace

namespace {

// Two makers number their devices without asking each other.
bool same_serial(const Identity& a, const Identity& b) {
  return alike(a.serial, b.serial) && (a.maker.empty() || b.maker.empty() || a.maker == b.maker);
}

bool same_mac(const Identity& a, const Identity& b) { return alike(plain_mac(a.mac), plain_mac(b.mac)); }

}  // namespace

bool one_device(const Identity& a, const Identity& b) { return same_serial(a, b) || same_mac(a, b); }

std::string shared(const Identity& a, const Identity& b) {
  std::string all;
  const auto add = [&](const char* what, bool same) {
    if (same) all += std::string(all.empty() ? "" : ", ") + what;
  };
  add("số sê-ri/serial", same_serial(a, b));
  add("MAC", same_mac(a, b));
  add("khóa/key", alike(a.spki_sha256, b.spki_sha256));
  return all;
}

Identities::Known& Identities::known(DeviceId device) {
  if (const auto found = known_.find(device); found != known_.end()) return found->second;
  Known& known = known_[device];
  const auto& zone = house_.settings->commune.zone;
  for (const auto& record : house_.store->identities(device, kMostADay + 1)) {  // newest first
    const auto date = local_date(zone, record.utc).yyyymmdd();
    if (known.records == 0) {
      known.identity = record.entry.identity;
      known.date = date;
    }
    if (date != known.date) break;
    ++known.records;
  }
  return known;
}

bool Identities::heard(DeviceId device, const Identity& identity) {
  const auto row = house_.roster.rows.find(device);
  if (row == house_.roster.rows.end()) return false;
  Known& last = known(device);
  const Identity now = merged(last.identity, identity);
  if (now == last.identity) return false;
  const auto date = local_date(house_.settings->commune.zone, house_.utc_now()).yyyymmdd();
  const int today = last.date == date ? last.records : 0;
  if (today > kMostADay) return false;
  IdentityEntry entry{row->second.settings->id, now, same_as(device, now), today == kMostADay};
  house_.store->append(house_.now(), device, entry);
  last = {now, date, today + 1};
  if (entry.limited)
    house_.diagnostics.say(Severity::warning, entry.device +
                                                  ": its identity changed for the 25th time today; no "
                                                  "further change is recorded before tomorrow");
  compare();
  return true;
}

std::vector<std::string> Identities::same_as(DeviceId device, const Identity& identity) {
  std::vector<std::string> names;
  for (const auto& [other, row] : house_.roster.rows)
    if (other != device && !shared(identity, known(other).identity).empty())
      names.push_back(row.settings->id);
  std::ranges::sort(names);
  return names;
}

void Identities::compare() {
  std::map<std::string, std::string> now;
  const auto& rows = house_.roster.rows;  // numbers are given at the first enrolment, and for good
  auto& twins = house_.twins;
  twins.clear();
  const auto one = [&twins](DeviceId first, DeviceId again) {
    const auto known = twins.find(first);
    twins.try_emplace(again, known == twins.end() ? first : known->second);
  };
  std::map<std::string, DeviceId> streams;
  for (auto a = rows.begin(); a != rows.end(); ++a) {
    const auto& settings = *a->second.settings;
    if (auto stream = settings.kind == Kind::camera ? stream_of(settings) : std::string(); !stream.empty())
      if (const auto [there, is_new] = streams.try_emplace(std::move(stream), a->first); !is_new)
        one(there->second, a->first);
    const Identity& mine = known(a->first).identity;
    if (mine == Identity{}) continue;
    for (auto b = std::next(a); b != rows.end(); ++b) {
      const Identity& other = known(b->first).identity;
      const auto what = shared(mine, other);
      if (what.empty()) continue;
      if (settings.kind == b->second.settings->kind && one_device(mine, other)) one(a->first, b->first);
      now[fmt::format("same-{}-{}", settings.id, b->second.settings->id)] = fmt::format(
          "HAI THIẾT BỊ CÓ THỂ LÀ MỘT: {} và {} báo cùng {}, hãy kiểm tra tại chỗ / two devices may be one: "
          "both say the same {}",
          settings.id, b->second.settings->id, what, what);
    }
  }
  for (const auto& [about, text] : alarms_)
    if (!now.contains(about)) house_.alarm(about, "");
  for (const auto& [about, text] : now) house_.alarm(about, text);
  alarms_ = std::move(now);
}

}  // namespace commune_watch
