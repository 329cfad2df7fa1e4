// One reading: counted, given to the ledger; what the ledger says is appended; a down is durable before
// anybody hears of it. What time it is, gateway_keeper_clock.cpp.
#include "gateway_keeper.hpp"

#include <algorithm>
#include <cstdlib>

#include "domain/entry.hpp"
#include "domain/period.hpp"
#include "gateway_logins.hpp"
#include "gateway_surroundings.hpp"

namespace commune_watch {
namespace {
constexpr Millis kHour = 3'600'000;
constexpr Millis kNeighbourEvery = 20'000;
// Once silent: three silences have to be known before a device's three failures, 20 s apart, are told as its
// outage.
constexpr Millis kNeighbourAgain = 5'000;
constexpr Millis kNeighbourLimit = 3'000;
constexpr Millis kRetryCommit = 5'000;
constexpr Millis kBlocksEvery = 60'000;
}  // namespace

Keeper::Keeper(House& house, Hooks hooks) : house_(house), hooks_(std::move(hooks)) {
  last_second_ = last_tick_ = last_answer_ = last_reading_ = last_blocks_ = now();
}

Ask Keeper::next(DeviceId device) {
  if (auto neighbour = segment_.find(device); neighbour != segment_.end())
    return {neighbour->second.due, Rung::reachable};
  return house_.ledger.next(device, now());
}

std::optional<Note> Keeper::note(DeviceId device, const std::string& driver) {
  if (segment_.contains(device)) return std::nullopt;
  auto found = notes_.find(device);
  if (found == notes_.end()) found = notes_.emplace(device, house_.store->note(device, driver)).first;
  return found->second;
}

void Keeper::record(Reading reading, const std::string& driver) {
  ++readings_;
  last_reading_ = now();
  if (auto neighbour = segment_.find(reading.device); neighbour != segment_.end()) {
    heard(neighbour->second, reading);
    return;
  }
  if (reading.finding.note && reading.finding.note != note(reading.device, driver)) {
    notes_[reading.device] = reading.finding.note;
    house_.store->put_note(reading.device, driver, *reading.finding.note);  // leaves with the next commit
  }
  if (!reading.finding.checks.empty() && reading.finding.checks.front().outcome == Outcome::ok)
    device_answered_ = reading.ended;
  count(reading);
  if (reading.finding.identity && hooks_.identified &&
      hooks_.identified(reading.device, *reading.finding.identity))
    commit_soon();
  if (!reading.finding.small_picture.empty() && hooks_.pictured)
    hooks_.pictured(reading.device, reading.finding.small_picture);
  say_what_blocked(reading);
  if (hooks_.compared) hooks_.compared(reading);
  keep(house_.ledger.observe(reading));
  auto hurried = house_.ledger.hurried();
  if (!hurried.empty()) hooks_.hurry(hurried);
}

// While a login is blocked people have to read what began it, also after a restart: the wrong password.
void Keeper::say_what_blocked(Reading& reading) {
  static const ReasonId kBlocked = reason_id("login-blocked"), kRefused = reason_id("bad-password");
  auto& checks = reading.finding.checks;
  const auto silent = std::ranges::find(checks, kBlocked, &Check::reason);
  if (silent == checks.end()) return;
  const auto row = house_.roster.rows.find(reading.device);
  if (row == house_.roster.rows.end()) return;
  const auto key = login_key(house_, row->second);
  for (const auto& block : house_.store->login_blocks())
    if (key == LoginKey{block.host, block.username} && block.words != kNeverSettled)
      silent->reason = kRefused;
}

void Keeper::count(const Reading& reading) {
  const auto utc = house_.utc_now();
  HourlyFact fact;
  fact.hour_utc = utc - utc % kHour;
  fact.device = reading.device;
  const auto add = [&](std::string name, std::int64_t value) {
    fact.fact = std::move(name);
    fact.count = 1;
    fact.min = fact.sum = fact.max = value;
    house_.store->add_hourly(fact);
  };
  const bool good = first_trouble(reading.finding) == nullptr;
  if (good) ++good_;
  add("failures", good ? 0 : 1);
  for (const auto& check : reading.finding.checks)
    if (check.outcome == Outcome::ok) add("us-" + std::string(code(check.rung)), check.took_us);
}

void Keeper::keep(const std::vector<Event>& events) {
  if (events.empty()) return;
  bool urgent = false;
  for (const auto& event : events) {
    std::visit([this](const auto& happened) { keep(happened); }, event);
    if (const auto* change = std::get_if<Change>(&event)) urgent = urgent || change->to.state == State::down;
  }
  if (urgent || house_.store->uncommitted() >= kGroupRecords)
    commit();
  else
    commit_soon();
}

void Keeper::keep(const Change& change) {
  ChangeEntry entry;
  entry.device = house_.id_of(change.device);
  entry.at = change.at;
  entry.since = change.since;
  entry.from = change.from;
  entry.to = change.to;
  if (change.to.root) entry.root = house_.id_of(*change.to.root);
  entry.probes = change.probes;
  entry.words = change.words;
  house_.last_change[change.device] = house_.store->append(house_.now(), change.device, entry);
  house_.words[change.device] = change.words;
  changed_.insert(change.device);
}

void Keeper::keep(const Blip& blip) {
  BlipEntry entry{house_.id_of(blip.device), blip.from, blip.to, blip.reason, blip.probes};
  house_.store->append(house_.now(), blip.device, entry);
}

void Keeper::keep(const Incident& incident) {
  IncidentEntry entry;
  entry.opened = incident.opened;
  entry.root = house_.id_of(incident.root);
  entry.place = incident.place;
  entry.cause = incident.cause;
  entry.reason = incident.reason;
  entry.at = incident.at;
  const std::pair key{incident.root, incident.cause};
  if (auto open = incidents_.find(key); !incident.opened && open != incidents_.end()) {
    entry.incident = open->second;
    incidents_.erase(open);
  }
  const auto seq = house_.store->append(house_.now(), incident.root, entry);
  if (incident.opened) incidents_[key] = seq;
  house_.open_incidents = incidents_.size();
}

void Keeper::commit_soon() {
  if (scheduled_) return;
  scheduled_ = true;
  hooks_.later(failing_ ? kRetryCommit : kGroup, [this] {
    scheduled_ = false;
    commit();
  });
}

bool Keeper::commit() {
  const auto before = house_.store->next();
  auto done = house_.store->commit();
  last_answer_ =
      now();  // a disk that refuses has answered: the alarm says so, and a restart would lose what waits
  if (!done) {
    failing_ = true;
    house_.alarm("store", "KHÔNG GHI ĐƯỢC SỔ THEO DÕI / the log cannot be written: " + done.error().why);
    commit_soon();  // one retry under way is enough: each opens and checks the file anew
    return false;
  }
  if (failing_) house_.alarm("store", "");
  failing_ = false;
  if (house_.store->next() == before) return true;
  auto changed = std::exchange(changed_, {});
  hooks_.durable(changed);
  return true;
}

void Keeper::tick() {
  const auto at = house_.now();
  keep(house_.ledger.advance(at));
  auto hurried = house_.ledger.hurried();
  if (!hurried.empty()) hooks_.hurry(hurried);
  look_around();
  observe_clock(false);
  pass_blocks(at.bt - last_second_);
  last_second_ = at.bt;
  std::erase_if(left_alone_, [&](const auto& alone) {
    if (at.bt < alone.second) return false;
    house_.alarm(alone.first, "");
    return true;
  });
  if (at.bt - last_tick_ >= kTick) {
    last_tick_ = at.bt;
    house_.store->tick(at, house_.ledger.provisional());
    commit();
  }
}

void Keeper::login_tried(const LoginKey& key) {
  put_tries(house_, key, house_.law.unsettled(key) + 1);
  commit();
}

void Keeper::login_settled(const LoginKey& key) {
  put_tries(house_, key, house_.law.unsettled(key));
  commit_soon();
}

LoginTag Keeper::login_tag(const LoginKey& key, DeviceId device) {
  return commune_watch::login_tag(house_, key, device);
}

bool Keeper::login_refused(const LoginKey& key, DeviceId device, const LoginTag& tag,
                           const std::string& words) {
  if (!put_refusal(house_, key, device, tag, words)) return false;
  commit();
  house_.diagnostics.say(Severity::warning, house_.id_of(device) + ": the login " + key.username + " at " +
                                                key.host + " was refused; it is not tried again for six " +
                                                "hours" + (words.empty() ? "" : " (" + words + ")"));
  return true;
}

void Keeper::pass_blocks(Millis elapsed) {
  for (const auto& key : house_.law.pass(elapsed)) {
    house_.store->drop_login_block(key.host, key.username);
    LoginBlockEntry entry{key.host, key.username, "", "", false, "expired"};
    house_.store->append(house_.now(), std::nullopt, entry);
    commit_soon();
  }
  if (now() - last_blocks_ < kBlocksEvery) return;
  last_blocks_ = now();
  for (auto block : house_.store->login_blocks()) {
    block.left = house_.law.left({block.host, block.username});
    house_.store->put_login_block(block);
  }
}

void Keeper::left_alone(DeviceId device, Millis until, const std::string& why) {
  const auto about = "poison-" + house_.id_of(device);
  left_alone_[about] = until;
  house_.alarm(about, "TẠM NGỪNG HỎI MỘT THIẾT BỊ TRONG MỘT GIỜ / " + why);
}

void Keeper::say(std::uint8_t level, const std::string& text) {
  house_.diagnostics.say(static_cast<Severity>(std::min<std::uint8_t>(level, 3)), text);
}

std::vector<Watched> Keeper::segment_targets(const std::vector<std::string>& hosts) {
  const auto before = std::exchange(segment_, {});  // a reload forgets nothing of those that stay
  std::vector<Watched> targets;
  for (const auto& host : hosts) {
    const auto id = house_.store->entity(Kind::network_switch, "@segment-" + host);
    const auto known = before.find(id);
    segment_[id] = known != before.end() ? known->second : Neighbour{.due = now() + kNeighbourEvery};
    Watched watched;
    watched.target.device = id;
    watched.target.name = "@segment-" + host;
    watched.target.kind = Kind::network_switch;
    watched.target.driver = "ping";
    watched.target.options = Options({{"host", host}});
    watched.host = host;
    watched.limit = kNeighbourLimit;
    targets.push_back(std::move(watched));
  }
  return targets;
}

void Keeper::heard(Neighbour& neighbour, const Reading& reading) {
  neighbour.due = now() + kNeighbourEvery;
  const auto* trouble = first_trouble(reading.finding);
  if (trouble != nullptr && trouble->outcome == Outcome::unknown) return;  // we could not even ask
  neighbour.asked = true;
  if (trouble == nullptr) {
    neighbour.silent = 0;
    return;
  }
  neighbour.due = now() + kNeighbourAgain;
  if (neighbour.silent++ == 0) neighbour.first_silent = reading.started;
}

void Keeper::look_around() {
  Surroundings around;
  around.at = house_.now();
  around.carrier = !needs_carrier_ || any_carrier();
  around.device_answered = device_answered_;
  for (const auto& [id, neighbour] : segment_) {
    if (!neighbour.asked) continue;
    ++around.segment_hosts;
    if (neighbour.silent < 3) continue;
    ++around.segment_silent;
    if (!around.segment_silent_since || neighbour.first_silent > *around.segment_silent_since)
      around.segment_silent_since = neighbour.first_silent;
  }
  auto word = sentinel_.observe(around);
  if (!word) return;
  house_.blind = word->blind;
  if (word->blind) {
    house_.alarm("blind", std::string("BỘ GIÁM SÁT MẤT KẾT NỐI / the gateway itself cannot see: ") +
                              std::string(reason(word->reason).en));
    keep(house_.ledger.blind(word->since, word->reason));
  } else {
    house_.alarm("blind", "");
    keep(house_.ledger.sighted(word->since));
  }
}

void Keeper::roster_changed() {
  notes_.clear();  // a driver never gets another driver's note
  std::vector<std::string> hosts;
  shortest_interval_ = 3'600'000;
  for (const auto& [id, row] : house_.roster.rows) {
    if (row.driver == nullptr) continue;
    hosts.push_back(host_of(row.settings->options));
    shortest_interval_ = std::min(shortest_interval_, row.subject.cadence.of(Rung::reachable));
  }
  needs_carrier_ = !all_on_loopback(hosts);
}

bool Keeper::progressing() const {
  const auto at = house_.clock.boot_now();
  const bool committing = at - last_answer_ < 2 * kTick + 30'000;
  const bool seen = house_.roster.rows.empty() || at - last_reading_ < 2 * shortest_interval_ + 2 * kTick;
  return committing && seen;
}

}  // namespace commune_watch
