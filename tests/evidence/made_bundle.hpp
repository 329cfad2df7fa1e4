// A log of two days that an honest gateway could have written, and a bundle of it: good until somebody edits
// either.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "domain/replay.hpp"
#include "evidence/bundle.hpp"
#include "evidence/figures.hpp"
#include "evidence/leaf.hpp"

namespace commune_watch::evidence {

inline constexpr std::int64_t kMonday = 1'793'552'400'000;  // 2026-11-02 00:00 in UTC+7
inline constexpr Millis kSecond = 1'000, kMinute = 60'000, kHour = 3'600'000;
inline const std::string kOrigin = "commune-watch/tan-phu/gw1";

inline SigningKey key_named(std::string_view name) { return std::move(*SigningKey::of(sha256(name))); }
inline PublicKey gateway_key(std::string_view name, const std::string& origin = kOrigin) {
  return key_named(name).public_key(origin, KeyUse::log);
}
inline PublicKey witness_key(const std::string& name) {
  return key_named(name).public_key(name, KeyUse::witness);
}

struct Over {  // a checkpoint of that size: whose signature, whose cosignatures and when (UTC seconds)
  std::uint64_t size = 0;
  std::string key;
  std::vector<std::pair<std::string, std::int64_t>> cosigned;
};

class Draft {
 public:
  Draft();

  // What is signed; to be edited at will. `seq`: where the leaves of the honest log are.
  std::vector<std::string> leaves;
  std::map<std::string, std::uint64_t> seq;
  std::string origin = kOrigin, period = "2026-11-02..2026-11-03";
  Millis from = kMonday, to = kMonday + 48 * kHour;
  std::uint64_t first = 0;
  std::vector<Over> earlier;
  Over newest;  // its size is that of the log
  std::optional<Over> previous;
  std::vector<std::string> witnesses{witness_key("w1").vkey(), witness_key("w2").vkey()};

  static Moment at(Millis since_monday) { return {1, 1'000 + since_monday}; }
  void insert(std::uint64_t where, Millis when, const Entry& entry) {
    leaves.insert(leaves.begin() + static_cast<std::ptrdiff_t>(where), leaf_of(when, entry));
  }
  template <class E>
  void change(const std::string& what, const std::function<void(E&)>& edit) {
    auto record = *read_leaf(leaves.at(seq.at(what)));
    auto entry = std::get<E>(*decode(record.kind, record.body));
    edit(entry);
    record.body = encode(entry);
    leaves.at(seq.at(what)) = leaf(record);
  }
  // Another beginning of the same: keys are signed and the opening written for it.
  void begin_as(const std::function<void(GenesisEntry&)>& edit);
  // The second day alone, from the opening on.
  void begin_at_opening();
  [[nodiscard]] std::string epoch() const;
  [[nodiscard]] std::string note(const Over& over) const;
  [[nodiscard]] Files files() const;

 private:
  static std::string leaf_of(Millis when, const Entry& entry) {
    return leaf(Record{0, at(when), kind_of(entry), {}, encode(entry)});
  }
  void add(const std::string& name, Millis when, const Entry& entry) {
    seq[name] = leaves.size();
    leaves.push_back(leaf_of(when, entry));
  }
  [[nodiscard]] Replay replay(std::uint64_t begin = 0) const;
  [[nodiscard]] Hash node(Node at) const;
  [[nodiscard]] KeyEntry key_entry(const std::string& old, const std::string& fresh) const;
};

inline Draft::Draft() {
  const Standing up{.state = State::up, .cause = Cause::none, .recorded = Recorded::yes};
  const Standing down{State::down, Cause::device, reason_id("host-unreachable")};
  add("genesis", 0, GenesisEntry{"tan-phu", "gw1", "0.2", false, "00000000000000000000000000000000"});
  add("run", 0, RunEntry{"0.2", "boot", {}, {}});
  add("anchor", 0, AnchorEntry{{at(0), kMonday, 10, AnchorSource::ntp}, ""});
  add("key", 0, key_entry("", "first key"));
  add("config", 0, ConfigEntry{"aa", "start", {}, "Asia/Ho_Chi_Minh", Zone().changes(), {}});
  Terms terms;
  terms.place = "cho";
  terms.key = "k";
  terms.driver = "tcp";
  add("terms", 0, TermsEntry{"cam-1", terms});
  const auto change_to = [&](Millis when, const Standing& before, const Standing& after) {
    return ChangeEntry{.device = "cam-1",
                       .at = at(when),
                       .since = at(when),
                       .from = before,
                       .to = after,
                       .root = "",
                       .words = ""};
  };
  add("up", 10 * kSecond, change_to(10 * kSecond, down, up));
  add("down", 10 * kHour, change_to(10 * kHour, up, down));
  add("up again", 11 * kHour, change_to(11 * kHour, down, up));
  add("blip", 13 * kHour,
      BlipEntry{"cam-1", at(13 * kHour - kSecond), at(13 * kHour), reason_id("host-unreachable"), 1});
  add("maintenance", 14 * kHour,
      MaintenanceEntry{"cam-1",
                       {{kMonday + 20 * kHour, kMonday + 21 * kHour}, kMonday + 14 * kHour, 0, "an", "x"}});
  add("correction", 15 * kHour,
      CorrectionEntry{"cam-1",
                      {{kMonday + 10 * kHour, kMonday + 10 * kHour + kMinute},
                       Class::up,
                       kMonday + 15 * kHour,
                       "an",
                       "x"}});
  earlier.push_back({leaves.size(), "first key", {{"w1", kMonday / 1'000 + 55'000}}});
  auto until_then = replay();
  until_then.alive(at(23 * kHour));
  auto opening = until_then.opening();
  opening.epoch = epoch();
  add("opening", 23 * kHour, opening);
  auto known = replay();
  const Millis when = 24 * kHour + 5 * kMinute;
  known.alive(at(when));
  const Period monday{kMonday, kMonday + 24 * kHour};
  add("day", when,
      DayEntry{"cam-1", Kind::camera, 20261102,
               availability(known.figures({"cam-1", Kind::camera}, monday), monday, kMonday + when, Zone())
                   .totals});
  earlier.push_back(
      {leaves.size(), "first key", {{"w2", kMonday / 1'000 + 87'000}, {"w1", kMonday / 1'000 + 88'000}}});
  add("rotation", 25 * kHour, key_entry("first key", "second key"));
  add("heartbeat", 30 * kHour, HeartbeatEntry{kMonday + 29 * kHour, 1, 1, 1, 1});
  add("export", 50 * kHour, ExportEntry{period, "an"});
  newest = {0, "second key", {{"w1", kMonday / 1'000 + 181'000}}};
}

inline std::string Draft::epoch() const { return hex(sha256(read_leaf(leaves.front())->body)).substr(0, 8); }

inline KeyEntry Draft::key_entry(const std::string& old, const std::string& fresh) const {
  const auto before = old.empty() ? std::string() : gateway_key(old, origin).vkey();
  const auto text = rotation_text(origin, epoch(), before, gateway_key(fresh, origin).vkey());
  return {gateway_key(fresh, origin).vkey(), before, old.empty() ? "" : base64(key_named(old).sign(text)),
          base64(key_named(fresh).sign(text))};
}

inline Replay Draft::replay(std::uint64_t begin) const {
  Replay replay;
  for (auto i = begin; i < leaves.size(); ++i) {
    auto record = read_leaf(leaves[i]);
    if (!record) continue;
    record->seq = i;
    if (const auto entry = decode_loosely(record->kind, record->body); entry && *entry)
      (void)replay.feed(*record, **entry);
  }
  return replay;
}

inline void Draft::begin_as(const std::function<void(GenesisEntry&)>& edit) {
  change<GenesisEntry>("genesis", edit);
  const auto genesis = std::get<GenesisEntry>(*decode(LogKind::genesis, read_leaf(leaves[0])->body));
  change<KeyEntry>("key", [&](KeyEntry& entry) { entry = key_entry("", "first key"); });
  change<KeyEntry>("rotation", [&](KeyEntry& entry) { entry = key_entry("first key", "second key"); });
  change<OpeningEntry>("opening", [&](OpeningEntry& entry) {
    entry.epoch = epoch();
    entry.commune = genesis.commune;
    entry.simulated = genesis.simulated;
  });
}

inline void Draft::begin_at_opening() {
  first = seq.at("opening");
  previous = earlier.front();
  earlier.erase(earlier.begin());
  period = "2026-11-03";
  from = kMonday + 24 * kHour;
  change<ExportEntry>("export", [](ExportEntry& entry) { entry.period = "2026-11-03"; });
}

inline Hash Draft::node(Node at) const {
  return at.level == 0 ? leaf_hash(leaves.at(at.pos))
                       : node_hash(node({at.level - 1, 2 * at.pos}), node({at.level - 1, 2 * at.pos + 1}));
}

inline std::string Draft::note(const Over& over) const {
  Frontier tree;
  for (std::uint64_t i = 0; i < over.size; ++i) tree.add(leaf_hash(leaves.at(i)));
  Note note{Checkpoint{origin, over.size, tree.root()}.text(), {}};
  note.signatures.push_back(sign(key_named(over.key), gateway_key(over.key, origin), note.text));
  for (const auto& [name, seconds] : over.cosigned)
    note.signatures.push_back(cosign(key_named(name), witness_key(name), note.text, seconds));
  return note.whole();
}

inline Files Draft::files() const {
  Files files;
  Over whole = newest;
  whole.size = leaves.size();
  files["checkpoint"] = note(whole);
  Proof proof{origin, epoch(), period, from, to, first, {}, {}, {}};
  const auto hash = [this](Node at) { return node(at); };
  for (const auto at : base_nodes(first)) proof.base.push_back(hash(at));
  if (previous) {
    proof.previous = note(*previous);
    proof.consistency = consistency_proof(previous->size, whole.size, hash);
  }
  files["proof.json"] = write(proof);
  std::vector<std::string> notes;
  for (const auto& over : earlier) notes.push_back(note(over));
  files["checkpoints.jsonl"] = write_lines(notes);
  std::string key;
  for (std::uint64_t i = 0; i < leaves.size(); ++i) {
    if (i >= first) files["entries.jsonl"] += leaves[i] + '\n';
    const auto record = read_leaf(leaves[i]);
    if (!record || record->kind != LogKind::key) continue;
    files["keys.jsonl"] += record->body + '\n';
    key = std::get<KeyEntry>(*decode(LogKind::key, record->body)).vkey;
  }
  files["public-key"] = key + '\n';
  files["witnesses"];
  for (const auto& vkey : witnesses) files["witnesses"] += vkey + '\n';
  files["HUONG_DAN.txt"] = files["ma-qr.svg"] = "";
  auto played = replay(first);
  files["so-lieu.csv"] = figures_csv(played, {from, to}, period);
  files["SHA256SUMS"] = write_checksums(files);
  return files;
}

}  // namespace commune_watch::evidence
