// One duty a function; each is due once a second at most, and leaves the loop again within milliseconds.
#include "gateway_notary.hpp"

#include <algorithm>
#include <cstdlib>

#include "domain/period.hpp"
#include "evidence/bundle.hpp"
#include "evidence/leaf.hpp"
#include "evidence/tree.hpp"

namespace commune_watch {
namespace {

using evidence::KeyUse;
using evidence::SigningKey;

constexpr Millis kHour = 3'600'000;
constexpr Millis kSlice = 20;          // of following the log, a second
constexpr std::size_t kRecords = 500;  // read at once
// What is remembered between runs.
constexpr const char* kKeyKey = "evidence-key";          // vkey of the last key record
constexpr const char* kDaysKey = "evidence-days";        // yyyymmdd of the last day that is recorded
constexpr const char* kOpeningKey = "evidence-opening";  // "seq" of the last opening
constexpr const char* kWeekKey = "evidence-week";        // yyyymmdd of the Monday it was written for

Date date_of(std::int32_t yyyymmdd) { return {yyyymmdd / 10'000, yyyymmdd / 100 % 100, yyyymmdd % 100}; }

Date monday_of(Date date) {
  for (int back = weekday(date); back > 0; --back) {
    // The day before: through the days since 1970, so that months and years turn.
    date = local_date(Zone({{0, 0}}), Zone({{0, 0}}).midnight(date.year, date.month, date.day) - 1);
  }
  return date;
}

Period day_of(const Zone& zone, Date date) {
  const Date next = next_day(date);
  return {zone.midnight(date.year, date.month, date.day), zone.midnight(next.year, next.month, next.day)};
}

std::int64_t number(const std::optional<std::string>& text, std::int64_t otherwise) {
  return text ? std::strtoll(text->c_str(), nullptr, 10) : otherwise;
}

}  // namespace

Notary::Notary(House& house, Keeper& keeper, const Watch& watch, KeyFiles files, Hooks hooks)
    : house_(house), keeper_(keeper), watch_(watch), files_(std::move(files)), hooks_(std::move(hooks)) {}

// The log says which key signs; a rotation that was cut short is carried through or forgotten.
Result<void> Notary::begin() {
  auto key = files_.take();
  if (!key) return std::unexpected(key.error());
  const auto origin = evidence::origin_of(house_.settings->commune.id, house_.settings->gateway.id);
  const auto in_force = house_.store->meta(kKeyKey).value_or("");
  if (auto next = files_.next(); next && next->public_key(origin, KeyUse::log).vkey() == in_force) {
    if (auto done = files_.take_over(); !done) return done;
    key = std::move(*next);
  }
  key_ = std::move(*key);
  public_ = key_->public_key(origin, KeyUse::log);
  vkey_ = public_.vkey();
  if (vkey_ != in_force) {
    if (!in_force.empty())
      house_.alarm("evidence-key",
                   "KHÓA KÝ BẰNG CHỨNG ĐÃ BỊ THAY, không có chữ ký của khóa cũ / the evidence key was "
                   "replaced without the "
                   "old one's signature: " +
                       files_.path());
    if (auto recorded = record_key(nullptr, in_force, *key_); !recorded) return recorded;
  }
  next_ = static_cast<Seq>(number(house_.store->meta(kOpeningKey), 0));
  if (const auto last = house_.store->last_checkpoint(UINT64_MAX)) signed_ = last->size;
  const auto& zone = house_.settings->commune.zone;
  const auto today = local_date(zone, house_.utc_now());
  // Day records begin with the day that this program first saw; a new log needs no opening in its first week.
  if (!house_.store->meta(kDaysKey))
    house_.store->put_meta(kDaysKey,
                           std::to_string(local_date(zone, day_of(zone, today).from - 1).yyyymmdd()));
  if (!house_.store->meta(kWeekKey) && house_.run == 1)
    house_.store->put_meta(kWeekKey, std::to_string(monday_of(today).yyyymmdd()));
  last_checkpoint_ = house_.now().bt;
  counted_ = {watch_.asked(), keeper_.readings(), keeper_.good()};
  hour_ = house_.utc_now() / kHour * kHour;
  return {};
}

Result<void> Notary::record_key(const SigningKey* old, const std::string& previous, const SigningKey& fresh) {
  const auto as = fresh.public_key(public_.name, KeyUse::log);
  const auto text = evidence::rotation_text(as.name, house_.store->epoch(), previous, as.vkey());
  KeyEntry entry{as.vkey(), previous, old == nullptr ? "" : evidence::base64(old->sign(text)),
                 evidence::base64(fresh.sign(text))};
  house_.store->append(house_.now(), std::nullopt, entry);
  house_.store->put_meta(kKeyKey, entry.vkey);
  if (!keeper_.commit()) return fail("the record of the key cannot be written");
  return {};
}

Result<void> Notary::rotate() {
  // What was signed until now is signed by the key that was in force.
  if (auto done = checkpoint(); !done) return done;
  auto fresh = files_.make_next();
  if (!fresh) return std::unexpected(fresh.error());
  if (auto recorded = record_key(&*key_, vkey_, *fresh); !recorded) return recorded;
  if (auto done = files_.take_over(); !done) return done;
  key_.emplace(std::move(*fresh));
  public_ = key_->public_key(public_.name, KeyUse::log);
  vkey_ = public_.vkey();
  return checkpoint();
}

void Notary::tick() {
  follow();
  beat();
  const auto utc = house_.utc_now();
  const auto date = local_date(house_.settings->commune.zone, utc).yyyymmdd();
  const bool midnight = today_ != 0 && date != today_;
  today_ = date;
  if (caught_up() && replay_.begun() && replay_.sure()) turn_of_day();
  if (midnight || house_.now().bt - last_checkpoint_ >= kCheckpointEvery) {
    last_checkpoint_ = house_.now().bt;
    (void)checkpoint();  // says itself what was wrong
  }
}

// A few milliseconds a second: only after a long absence, or over a log of years from before there were
// openings, is there more to read than that.
void Notary::follow() {
  const auto until = house_.clock.boot_now() + kSlice;
  while (!caught_up()) {
    const auto records = house_.store->read(next_, kRecords);
    if (records.empty()) return;
    for (const auto& record : records) {
      if (const auto entry = decode(record.kind, record.body)) {
        if (record.kind == LogKind::opening)
          replay_ = Replay();  // it says all that is needed of what was before
        (void)replay_.feed(record, *entry);
      }
      next_ = record.seq + 1;
    }
    if (house_.clock.boot_now() >= until) return;
  }
}

void Notary::turn_of_day() {
  const auto& zone = house_.settings->commune.zone;
  const auto utc = house_.utc_now();
  const auto last = static_cast<std::int32_t>(number(house_.store->meta(kDaysKey), 0));
  if (last > 0) {
    const Date due = next_day(date_of(last));
    if (day_of(zone, due).to + kSettle <= utc) return write_days(due);
  }
  const auto monday = monday_of(local_date(zone, utc));
  const auto week = static_cast<std::int32_t>(number(house_.store->meta(kWeekKey), 0));
  const bool yesterday_is_done = last > 0 && day_of(zone, next_day(date_of(last))).to > utc;
  if (monday.yyyymmdd() > week && yesterday_is_done) write_opening();
}

// What a record says of the records before it has to know all of them.
bool Notary::knows_all(Moment at) {
  if (house_.store->uncommitted() > 0 && !keeper_.commit()) return false;
  follow();
  if (!caught_up() || house_.store->uncommitted() > 0) return false;
  replay_.alive(at);
  return true;
}

void Notary::write_days(Date date) {
  const auto at = house_.now();
  if (!knows_all(at)) return;
  const Zone zone = replay_.zone();
  const Period day = day_of(zone, date);
  const auto now = replay_.utc(at).value_or(house_.utc_now());
  std::map<std::pair<std::string, Kind>, DeviceId> ids;
  for (const auto& [id, row] : house_.roster.rows) ids[{row.settings->id, row.settings->kind}] = id;
  for (const auto& device : replay_.devices()) {
    const auto totals = availability(replay_.figures(device, day), day, now, zone).totals;
    if (totals.time() == 0) continue;
    const auto known = ids.find({device.id, device.kind});
    const auto id = known == ids.end() ? std::nullopt : std::optional(known->second);
    house_.store->append(at, id, DayEntry{device.id, device.kind, date.yyyymmdd(), totals});
  }
  house_.store->put_meta(kDaysKey, std::to_string(date.yyyymmdd()));
  if (keeper_.commit()) (void)checkpoint();
}

void Notary::write_opening() {
  const auto at = house_.now();
  if (!knows_all(at)) return;
  auto entry = replay_.opening();
  entry.epoch = house_.store->epoch();
  const auto monday = monday_of(local_date(house_.settings->commune.zone, house_.utc_now()));
  const auto seq = house_.store->append(at, std::nullopt, entry);
  house_.store->put_meta(kOpeningKey, std::to_string(seq));
  house_.store->put_meta(kWeekKey, std::to_string(monday.yyyymmdd()));
  keeper_.commit();
}

void Notary::beat() {
  const auto utc = house_.utc_now();
  const auto hour = utc / kHour * kHour;
  if (hour == hour_) return;
  const Counted now{watch_.asked(), keeper_.readings(), keeper_.good()};
  HeartbeatEntry entry;
  entry.hour = hour_;
  entry.asked = static_cast<std::int64_t>(now.asked - counted_.asked);
  entry.answered = static_cast<std::int64_t>(now.answered - counted_.answered);
  entry.good = static_cast<std::int64_t>(now.good - counted_.good);
  entry.devices = static_cast<std::int64_t>(house_.roster.rows.size());
  house_.store->append(house_.now(), std::nullopt, entry);  // leaves with the next commit
  counted_ = now;
  hour_ = hour;
}

Result<void> Notary::checkpoint() {
  if (house_.store->next() == signed_ || !key_) return {};
  const evidence::Checkpoint over{public_.name, house_.store->next(), house_.store->root()};
  evidence::Note note{over.text(), {}};
  note.signatures.push_back(evidence::sign(*key_, public_, note.text));
  const StoredCheckpoint kept{over.size, house_.now(), note.whole()};
  if (auto done = house_.store->put_checkpoint(kept); !done) {
    house_.alarm("checkpoint",
                 "KHÔNG KÝ ĐƯỢC ĐIỂM KIỂM / no checkpoint could be signed: " + done.error().why);
    return done;
  }
  house_.alarm("checkpoint", "");
  signed_ = over.size;
  hooks_.tell(kept);
  hooks_.submit(kept);
  return {};
}

void Notary::stopped() { (void)checkpoint(); }

void Notary::cosigned(std::uint64_t size, const std::string& line) {
  auto kept = house_.store->last_checkpoint(size);
  if (!kept || kept->size != size || kept->note.find(line) != std::string::npos) return;
  kept->note += line;
  if (auto done = house_.store->put_note(size, kept->note); !done)
    house_.diagnostics.say(Severity::warning, "a cosignature could not be kept: " + done.error().why);
  else if (size == signed_)
    hooks_.tell(*kept);
}

std::optional<StoredCheckpoint> Notary::newest() const { return house_.store->last_checkpoint(UINT64_MAX); }

// The last opening whose horizon (docs/evidence.md §5) is not after that instant, or 0.
std::uint64_t Notary::first_of(Millis from) {
  std::uint64_t first = 0;
  for (const auto seq : house_.store->landmarks(LogKind::opening)) {
    for (const auto& record : house_.store->read(seq, 1)) {
      const auto entry = decode(record.kind, record.body);
      auto horizon = house_.store->utc(record.at);
      if (!entry || !horizon) continue;
      for (const Period& claim : std::get<OpeningEntry>(*entry).claims)
        horizon = std::max(*horizon, claim.to);
      if (*horizon <= from) first = seq;
    }
  }
  return first;
}

// One a day is enough to say who witnessed which day, and when: the first that is cosigned, else the first.
std::vector<std::string> Notary::checkpoints_of_days(std::uint64_t first, std::uint64_t size) {
  struct Best {
    std::string note;
    bool cosigned = false;
  };
  std::vector<Best> days;
  std::int32_t date = 0;
  for (auto& kept : house_.store->checkpoints(std::max<std::uint64_t>(first, 1), size - 1)) {
    const auto utc = house_.store->utc(kept.at);
    const auto of = utc ? local_date(house_.settings->commune.zone, *utc).yyyymmdd() : date;
    const auto note = evidence::read_note(kept.note);
    const bool cosigned = note && note->signatures.size() > 1;
    if (days.empty() || of != date) {
      days.push_back({std::move(kept.note), cosigned});
    } else if (cosigned && !days.back().cosigned) {
      days.back() = {std::move(kept.note), true};
    }
    date = of;
  }
  std::vector<std::string> notes;
  for (auto& day : days) notes.push_back(std::move(day.note));
  return notes;
}

Result<Notary::Export> Notary::make_export(const std::string& period, const std::string& by) {
  const auto asked = parse_period(period, house_.settings->commune.zone, house_.utc_now());
  if (!asked) return std::unexpected(asked.error());
  if (period.empty() || period.front() < '0' || period.front() > '9' ||
      period.find_first_not_of("0123456789-.Q") != std::string::npos)
    return fail(period +
                ": gói bằng chứng chỉ lập cho một kỳ theo lịch / a bundle is of a calendar period: 2026, "
                "2026-Q4, 2026-11, 2026-11-14 or 2026-11-01..2026-11-15");
  if (asked->length() > evidence::kLongestPeriod)
    return fail(period + ": dài quá mười năm / is longer than ten years");
  if (asked->from >= house_.utc_now())
    return fail(period + ": kỳ này chưa bắt đầu / this period has not begun");
  house_.store->append(house_.now(), std::nullopt, ExportEntry{period, by});
  if (!keeper_.commit()) return fail("the log cannot be written; nothing was exported");
  if (auto done = checkpoint(); !done) return std::unexpected(done.error());

  Export made;
  made.size = signed_;
  made.checkpoint = newest()->note;
  made.vkey = vkey_;
  made.witnesses = hooks_.witnesses();
  evidence::Proof& proof = made.proof;
  proof.origin = public_.name;
  proof.epoch = house_.store->epoch();
  proof.period = period;
  proof.from = asked->from;
  proof.to = asked->to;
  proof.first = first_of(asked->from);
  std::string trouble;
  const auto node = [&](evidence::Node at) {
    auto hash = house_.store->node(at);
    if (!hash) trouble = hash.error().why;
    return hash.value_or(evidence::Hash{});
  };
  for (const auto at : evidence::base_nodes(proof.first)) proof.base.push_back(node(at));
  if (proof.first > 0) {
    if (const auto before = house_.store->last_checkpoint(proof.first)) {
      proof.previous = before->note;
      proof.consistency = evidence::consistency_proof(before->size, made.size, node);
    }
  }
  if (!trouble.empty()) return fail(trouble);
  made.checkpoints = checkpoints_of_days(proof.first, made.size);
  for (const auto seq : house_.store->landmarks(LogKind::key)) {
    for (auto& record : house_.store->read(seq, 1)) made.keys.push_back(std::move(record.body));
  }
  return made;
}

}  // namespace commune_watch
