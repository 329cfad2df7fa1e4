// Each leaf is hashed, read and fed to the replay; what it says of the leaves before it is held against them.
#include "evidence/verify_playing.hpp"

#include <algorithm>

#include "domain/period.hpp"
#include "evidence/leaf.hpp"

namespace commune_watch::evidence {
namespace {

bool same_times(const Totals& a, const Totals& b) {
  return a.up == b.up && a.down == b.down && a.down_upstream == b.down_upstream &&
         a.down_mains == b.down_mains && a.down_monitoring_point == b.down_monitoring_point &&
         a.maintenance == b.maintenance && a.unknown == b.unknown && a.blips == b.blips;
}

class Player {
 public:
  Player(const Files& files, const Bundle& bundle, const std::set<std::uint64_t>& sizes, Report& report)
      : files_(files), bundle_(bundle), sizes_(sizes), report_(report) {}
  Played play();

 private:
  void found(std::string code, std::string where, std::string vi, std::string en) {
    report_.found(std::move(code), std::move(where), std::move(vi), std::move(en));
  }
  void play(const Record& record, const std::optional<Entry>& readable, const std::string& where);
  void check_day(const DayEntry& day, const std::string& where);
  void check_opening(const OpeningEntry& told, const std::string& where);
  void check_declared(const Record& record, Millis declared, const std::string& where);
  void check_root(const Signed& of);

  const Files& files_;
  const Bundle& bundle_;
  const std::set<std::uint64_t>& sizes_;
  Report& report_;
  Played played_;
  Frontier frontier_ = bundle_.base;
  std::string epoch_ = bundle_.proof.epoch;
  std::vector<std::string> keys_;  // bodies of key records
};

void Player::check_declared(const Record& record, Millis declared, const std::string& where) {
  const auto recorded = played_.replay.utc(record.at);
  if (recorded && declared < *recorded - Replay::kDeclaredSlack)
    found("bad-declared", where, "thời điểm khai báo sớm hơn thời điểm ghi sổ",
          "it claims to have been declared before it was recorded");
}

void Player::check_day(const DayEntry& day, const std::string& where) {
  const Zone zone = played_.replay.zone();
  const Millis from = zone.midnight(day.date / 10'000, day.date / 100 % 100, day.date % 100);
  if (played_.opened && from < *played_.opened) return;  // the bundle does not hold all of it
  const Date next = next_day(local_date(zone, from));
  const Period period{from, zone.midnight(next.year, next.month, next.day)};
  const auto now = played_.replay.utc_now();
  const auto input = played_.replay.figures({day.device, day.kind}, period);
  if (!now || !same_times(availability(input, period, *now, zone).totals, day.totals))
    found("bad-day", where, "số liệu ngày của thiết bị " + day.device + " không khớp với sổ",
          "the day's totals of " + day.device + " are not what the records give");
}

// Lists in any order; instants that a later anchor may move, within 5 s of each other.
void Player::check_opening(const OpeningEntry& told, const std::string& where) {
  OpeningEntry ours = played_.replay.opening(), theirs = told;
  ours.epoch = epoch_;
  if (!theirs.zone.empty())
    ours.zone.front().from_utc =
        theirs.zone.front().from_utc;  // rules everything before it, wherever it begins
  if (theirs.timezone.empty() || ours.timezone.empty()) ours.timezone = theirs.timezone;
  const auto by_text = [](auto& list, auto key) {
    std::ranges::sort(list, {}, [&](const auto& one) { return key(one); });
  };
  const auto near = [](Millis& mine, Millis other) {
    if (mine - other >= -Replay::kDeclaredSlack && mine - other <= Replay::kDeclaredSlack) mine = other;
  };
  for (OpeningEntry* one : {&ours, &theirs}) {
    by_text(one->terms,
            [](const auto& t) { return t.terms.device + ' ' + std::string(code(t.terms.terms.kind)); });
    by_text(one->spans, [](const auto& t) { return t.device + ' ' + std::string(code(t.kind)); });
    by_text(one->must, [](const auto& t) { return t.area; });
    by_text(one->claims, [](const Period& p) { return std::pair(p.from, p.to); });
    by_text(one->runs, [](const Period& p) { return std::pair(p.from, p.to); });
    by_text(one->anchors, [](const Anchor& a) { return a.at; });
  }
  for (std::size_t i = 0; i < ours.terms.size() && i < theirs.terms.size(); ++i) {
    if (ours.terms[i].at.boot == theirs.boot)
      ours.terms[i].from = theirs.terms[i].from;
    else
      near(ours.terms[i].from, theirs.terms[i].from);
  }
  for (std::size_t i = 0; i < ours.maintenance.size() && i < theirs.maintenance.size(); ++i)
    near(ours.maintenance[i].recorded, theirs.maintenance[i].recorded);
  for (std::size_t i = 0; i < ours.corrections.size() && i < theirs.corrections.size(); ++i)
    near(ours.corrections[i].recorded, theirs.corrections[i].recorded);
  if (encode(ours) != encode(theirs)) {
    found("bad-opening", where, "bản mở đầu tuần không khớp với sổ trước nó",
          "the opening does not say what the records before it say");
  }
}

void Player::play(const Record& record, const std::optional<Entry>& readable, const std::string& where) {
  // What nothing rests on is a sign of life all the same.
  static const Entry kNothing = HeartbeatEntry{};
  const Entry& entry = readable ? *readable : kNothing;
  const bool first = record.seq == bundle_.proof.first;
  if (first && std::holds_alternative<GenesisEntry>(entry)) {
    if (record.seq != 0)
      return found("bad-record", where, "bản ghi khai sinh không ở đầu sổ", "a genesis that is not record 0");
    epoch_ = hex(sha256(record.body)).substr(0, 8);
    if (epoch_ != bundle_.proof.epoch)
      found("bad-record", where, "epoch trong proof.json không phải của sổ này",
            "proof.json has the epoch of another log");
  }
  const auto* const window = std::get_if<MaintenanceEntry>(&entry);
  const bool only_ends = window != nullptr && played_.replay.knows(*window);
  if (const auto fed = played_.replay.feed(record, entry); !fed) {
    found("bad-record", where, "không thể đứng ở đây: " + fed.error().why,
          "cannot stand here: " + fed.error().why);
    return;
  }
  played_.last =
      entry.index() == Entry(ExportEntry{}).index() ? std::get<ExportEntry>(entry).period : std::string();
  if (first) {
    played_.began = true;
    if (const auto* opening = std::get_if<OpeningEntry>(&entry)) {
      played_.opened = played_.replay.utc(record.at).value_or(0);
      for (const Period& claim : opening->claims) played_.opened = std::max(*played_.opened, claim.to);
      if (!played_.vkey_at.empty())
        played_.vkey_at.front() = opening->vkey;  // of a checkpoint of just the leaves before this one
      if (record.seq == 0 || opening->epoch != bundle_.proof.epoch)
        found("bad-opening", where, "bản mở đầu không thuộc sổ này", "the opening is not of this log");
    }
    if (origin_of(played_.replay.commune(), played_.replay.gateway()) != bundle_.proof.origin)
      found("bad-record", where, "sổ của xã hoặc bộ giám sát khác", "the log of another commune or gateway");
    if (played_.replay.simulated())
      found("simulated", where, "DỮ LIỆU MÔ PHỎNG – KHÔNG CÓ GIÁ TRỊ",
            "this is a simulation and is evidence of nothing");
    return;
  }
  if (std::holds_alternative<GenesisEntry>(entry))
    found("bad-record", where, "bản ghi khai sinh không ở đầu sổ", "a genesis that is not record 0");
  if (const auto* day = std::get_if<DayEntry>(&entry)) check_day(*day, where);
  if (const auto* opening = std::get_if<OpeningEntry>(&entry); opening != nullptr && bundle_.proof.first == 0)
    check_opening(*opening, where);
  if (std::holds_alternative<KeyEntry>(entry)) keys_.push_back(record.body);
  if (const auto* one = std::get_if<CorrectionEntry>(&entry))
    check_declared(record, one->correction.declared, where);
  if (window != nullptr && !only_ends) check_declared(record, window->maintenance.declared, where);
  if (std::holds_alternative<CorrectionEntry>(entry) || std::holds_alternative<RestoreEntry>(entry) ||
      std::holds_alternative<KeyEntry>(entry) || std::holds_alternative<MustHaveEntry>(entry) ||
      std::holds_alternative<DeclarationEntry>(entry))
    report_.notes.push_back({played_.replay.utc(record.at).value_or(0), entry});
}

void Player::check_root(const Signed& of) {
  if (frontier_.root() != of.checkpoint.root)
    found("bad-root", of.where, "các dòng sổ trong gói không cho ra giá trị băm của điểm kiểm này",
          "the leaves do not hash to this checkpoint's root");
}

Played Player::play() {
  auto next = bundle_.earlier.begin();
  const auto at_size = [&] {
    if (sizes_.contains(frontier_.size())) played_.root_at[frontier_.size()] = frontier_.root();
    if (next != bundle_.earlier.end() && next->checkpoint.size == frontier_.size()) {
      check_root(*next);
      played_.vkey_at.push_back(played_.replay.vkey());
      ++next;
    }
  };
  std::string_view rest = file(files_, "entries.jsonl");
  std::size_t number = 0;
  at_size();
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    const auto line = rest.substr(0, end);
    const std::string where = "entries.jsonl:" + std::to_string(++number);
    if (end == std::string_view::npos)
      found("bad-format", where, "dòng cuối không kết thúc", "the last line has no end");
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    auto record = read_leaf(line);
    const auto seq = frontier_.size();
    frontier_.add(leaf_hash(line));
    played_.moments.push_back(record ? record->at : Moment{});
    if (!record) {
      found("bad-record", where, "không đọc được: " + record.error().why,
            "cannot be read: " + record.error().why);
    } else {
      record->seq = seq;
      if (const auto entry = decode_loosely(record->kind, record->body); !entry) {
        found("bad-record", where, "không đọc được: " + entry.error().why,
              "cannot be read: " + entry.error().why);
      } else {
        play(*record, *entry, where);
      }
    }
    at_size();
  }
  played_.vkey_at.resize(bundle_.earlier.size(), played_.replay.vkey());
  if (frontier_.size() != bundle_.newest.checkpoint.size)
    found("bad-root", "entries.jsonl", "số dòng không khớp với điểm kiểm",
          "the number of leaves is not the checkpoint's");
  check_root(bundle_.newest);
  const auto bodies = lines_of(file(files_, "keys.jsonl"));
  if (keys_.size() > bodies.size() || !std::equal(keys_.rbegin(), keys_.rend(), bodies.rbegin()) ||
      (bundle_.proof.first == 0 && keys_.size() != bodies.size()))
    found("bad-rotation", "keys.jsonl", "không khớp với các bản ghi khóa trong sổ",
          "disagrees with the key records in the leaves");
  return std::move(played_);
}

}  // namespace

Played play(const Files& files, const Bundle& bundle, const std::set<std::uint64_t>& sizes, Report& report) {
  return Player(files, bundle, sizes, report).play();
}

}  // namespace commune_watch::evidence
