// The order of checks is that of docs/evidence.md §9; each step leaves what the next ones need, or a finding.
#include "evidence/verify.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "domain/period.hpp"
#include "domain/replay.hpp"
#include "evidence/figures.hpp"
#include "evidence/leaf.hpp"

namespace commune_watch::evidence {
namespace {

constexpr std::array<std::string_view, 11> kFiles{
    "HUONG_DAN.txt", "SHA256SUMS", "checkpoint", "checkpoints.jsonl", "entries.jsonl", "keys.jsonl",
    "ma-qr.svg",     "proof.json", "public-key", "so-lieu.csv",       "witnesses"};
constexpr std::size_t kMostAlike = 20;  // findings of one code: the rest says no more

struct Signed {
  std::string where;
  Note note;
  Checkpoint checkpoint;
};

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

bool same_times(const Totals& a, const Totals& b) {
  return a.up == b.up && a.down == b.down && a.down_upstream == b.down_upstream &&
         a.down_mains == b.down_mains && a.down_monitoring_point == b.down_monitoring_point &&
         a.maintenance == b.maintenance && a.unknown == b.unknown && a.blips == b.blips;
}

// What the user vouches for: a checkpoint's text, with or without its signatures (a QR code may have lost the
// last line end).
std::optional<Checkpoint> read_seen(std::string_view text) {
  if (const auto empty = text.find("\n\n"); empty != std::string_view::npos) text = text.substr(0, empty + 1);
  auto checkpoint = read_checkpoint(text.ends_with('\n') ? std::string(text) : std::string(text) + '\n');
  return checkpoint ? std::optional(*checkpoint) : std::nullopt;
}

// "2026", "2026-Q4", "2026-11", "2026-11-14", "2026-11-01..2026-11-15", and no other way to name a period.
bool is_calendar(std::string_view period) {
  return !period.empty() && period.front() >= '0' && period.front() <= '9' &&
         std::ranges::all_of(
             period, [](char c) { return (c >= '0' && c <= '9') || c == '-' || c == '.' || c == 'Q'; });
}

class Verifier {
 public:
  Verifier(const Files& files, const VerifyOptions& options) : files_(files), options_(options) {}

  Report run() {
    check_files();
    read_options();
    if (read_small_files()) {
      read_keys();
      play();
      check_signatures();
      check_seen();
      if (began_) {
        check_coverage();
        check_figures();
        find_witnesses();
      }
    }
    return std::move(report_);
  }

 private:
  void found(std::string code, std::string where, std::string vi, std::string en) {
    const auto alike = std::ranges::count(report_.findings, code, &Finding::code);
    if (static_cast<std::size_t>(alike) >= kMostAlike) return;
    report_.findings.push_back({std::move(code), std::move(where), std::move(vi), std::move(en)});
  }
  std::string_view file(std::string_view name) const {
    const auto found = files_.find(name);
    return found == files_.end() ? std::string_view() : std::string_view(found->second);
  }

  void check_files();
  void read_options();
  bool read_small_files();
  std::optional<Signed> read_signed(const std::string& where, std::string_view whole);
  void read_keys();
  void play();
  void play(const Record& record, const std::optional<Entry>& readable, const std::string& where);
  void check_day(const DayEntry& day, const std::string& where);
  void check_opening(const OpeningEntry& opening, const std::string& where);
  void check_declared(const Record& record, Millis declared, const std::string& where);
  void check_root(const Signed& of);
  void check_signatures();
  void check_signature(const Signed& of, const std::string& vkey);
  void check_seen();
  [[nodiscard]] std::optional<Hash> root_at(std::uint64_t size) const;
  [[nodiscard]] std::uint64_t previous_size() const;
  void check_coverage();
  void check_figures();
  void find_witnesses();

  const Files& files_;
  const VerifyOptions& options_;
  Report report_;
  std::optional<Proof> proof_;
  std::optional<Signed> newest_, previous_;
  std::vector<Signed> earlier_;
  std::vector<PublicKey> witnesses_;  // the bundle's and the user's
  std::vector<PublicKey> asked_;      // the user's
  std::vector<KeyEntry> keys_;
  std::vector<std::string> keys_played_;  // bodies of key records in the leaves
  Frontier frontier_;
  Replay replay_;
  bool began_ = false;                     // the first leaf was a genesis or an opening
  std::vector<std::string> vkey_at_;       // in force at each of earlier_, then at newest_
  std::map<std::uint64_t, Hash> root_at_;  // at sizes that somebody asks about
  std::vector<Moment> moments_;            // of the leaves
  std::optional<Millis> opened_;           // UTC: the horizon of the opening that the bundle begins with
  std::string epoch_;
  std::string last_;  // period of the last leaf, where that is an export
};

void Verifier::check_files() {
  for (const auto name : kFiles) {
    if (!files_.contains(name))
      found("missing-file", std::string(name), "thiếu tệp này", "this file is missing");
  }
  std::set<std::string, std::less<>> listed;
  for (const auto line : lines_of(file("SHA256SUMS"))) {
    const auto parted = line.find("  ");
    const auto name = parted == std::string_view::npos ? std::string_view() : line.substr(parted + 2);
    const auto sum = parted == std::string_view::npos ? std::nullopt : hash_of_hex(line.substr(0, parted));
    if (!sum || name.empty()) {
      found("checksum", "SHA256SUMS", "có dòng không đọc được", "a line cannot be read");
      continue;
    }
    listed.emplace(name);
    if (files_.contains(name) && sha256(file(name)) != *sum)
      found("checksum", std::string(name), "tệp đã bị thay đổi so với SHA256SUMS",
            "the file differs from SHA256SUMS");
  }
  for (const auto& [name, bytes] : files_) {
    const bool ours = std::ranges::find(kFiles, name) != kFiles.end();
    if (!ours) {
      found("extra-file", name, "tệp này không thuộc gói bằng chứng, không được kiểm tra",
            "this file is none of the bundle's and was not checked");
    } else if (name != "SHA256SUMS" && !listed.contains(name) && files_.contains("SHA256SUMS")) {
      found("checksum", name, "SHA256SUMS không nhắc đến tệp này", "SHA256SUMS does not list this file");
    }
  }
}

void Verifier::read_options() {
  for (const auto& vkey : options_.witnesses) {
    auto key = PublicKey::of(vkey);
    if (key && key->use == KeyUse::witness) {
      asked_.push_back(*key);
    } else {
      found("not-cosigned", "--witness", "khóa nhân chứng không đọc được: " + vkey,
            "the witness's key cannot be read: " + vkey);
    }
  }
}

std::optional<Signed> Verifier::read_signed(const std::string& where, std::string_view whole) {
  auto note = read_note(whole);
  if (!note) {
    found("bad-format", where, "không phải điểm kiểm: " + note.error().why,
          "is no checkpoint: " + note.error().why);
    return std::nullopt;
  }
  auto checkpoint = read_checkpoint(note->text);
  if (!checkpoint) {
    found("bad-format", where, "không phải điểm kiểm: " + checkpoint.error().why,
          "is no checkpoint: " + checkpoint.error().why);
    return std::nullopt;
  }
  return Signed{where, std::move(*note), std::move(*checkpoint)};
}

bool Verifier::read_small_files() {
  auto proof = read_proof(file("proof.json"));
  if (!proof) {
    found("bad-format", "proof.json", "không đọc được: " + proof.error().why,
          "cannot be read: " + proof.error().why);
    return false;
  }
  proof_ = std::move(*proof);
  report_.origin = proof_->origin;
  report_.period = proof_->period;
  newest_ = read_signed("checkpoint", file("checkpoint"));
  if (!newest_) return false;
  report_.size = newest_->checkpoint.size;
  report_.root = hex(newest_->checkpoint.root);
  if (!proof_->previous.empty()) previous_ = read_signed("proof.json:previous", proof_->previous);

  const auto notes = read_lines(file("checkpoints.jsonl"));
  if (!notes) {
    found("bad-format", "checkpoints.jsonl", "không đọc được: " + notes.error().why,
          "cannot be read: " + notes.error().why);
  } else {
    for (std::size_t i = 0; i < notes->size(); ++i) {
      auto one = read_signed("checkpoints.jsonl:" + std::to_string(i + 1), (*notes)[i]);
      if (!one) continue;
      const auto size = one->checkpoint.size;
      if (size < proof_->first || size > newest_->checkpoint.size ||
          (!earlier_.empty() && size <= earlier_.back().checkpoint.size)) {
        found("bad-format", one->where, "điểm kiểm không theo thứ tự hoặc nằm ngoài gói",
              "the checkpoint is out of order or outside the bundle");
        continue;
      }
      earlier_.push_back(std::move(*one));
    }
  }
  for (const auto line : lines_of(file("witnesses"))) {
    auto key = PublicKey::of(line);
    if (key && key->use == KeyUse::witness) {
      witnesses_.push_back(*key);
    } else {
      found("bad-format", "witnesses", "có khóa không đọc được", "a key cannot be read");
    }
  }
  for (const auto& key : asked_) {
    if (std::ranges::find(witnesses_, key) == witnesses_.end()) witnesses_.push_back(key);
  }
  for (const auto& key : witnesses_)
    report_.witnesses.push_back({key.vkey(), std::ranges::find(asked_, key) != asked_.end()});
  auto frontier = Frontier::of(proof_->first, proof_->base);
  if (!frontier) {
    found("bad-format", "proof.json", "base không khớp với first", "base does not go with first");
    return false;
  }
  frontier_ = std::move(*frontier);
  epoch_ = proof_->epoch;
  if (proof_->first == 0 && !proof_->previous.empty())
    found("bad-format", "proof.json", "previous thừa", "a previous checkpoint of nothing");
  if (proof_->first >= newest_->checkpoint.size)
    found("bad-format", "proof.json", "first không nhỏ hơn độ dài của sổ", "first is not below the size");
  return true;
}

// keys.jsonl is a chain: each key is proven by itself and by the one before it.
void Verifier::read_keys() {
  std::string before;
  std::size_t number = 0;
  for (const auto line : lines_of(file("keys.jsonl"))) {
    const std::string where = "keys.jsonl:" + std::to_string(++number);
    const auto entry = decode_loosely(LogKind::key, line);
    if (!entry) {
      found("bad-format", where, "không đọc được: " + entry.error().why,
            "cannot be read: " + entry.error().why);
      continue;
    }
    const auto& key = std::get<KeyEntry>(**entry);
    const auto text = rotation_text(proof_->origin, epoch_, key.previous, key.vkey);
    const auto proves = [&](const std::string& vkey, const std::string& signature) {
      const auto by = PublicKey::of(vkey);
      const auto bytes = bytes_of_base64(signature);
      return by && bytes && by->use == KeyUse::log && by->name == proof_->origin &&
             signed_by(by->key, text, *bytes);
    };
    if (key.previous != before || !proves(key.vkey, key.by_new) ||
        (key.previous.empty() ? !key.by_old.empty() : !proves(key.previous, key.by_old))) {
      found("bad-rotation", where, "việc đổi khóa không có đủ chữ ký của khóa cũ và khóa mới",
            "the change of key is not signed by the old and the new key");
    }
    before = key.vkey;
    keys_.push_back(key);
  }
  auto own = std::string(file("public-key"));
  if (own.ends_with('\n')) own.pop_back();
  report_.vkey = own;
  if (keys_.empty() || keys_.back().vkey != own)
    found("bad-rotation", "public-key", "không phải khóa cuối cùng trong keys.jsonl",
          "is not the last key of keys.jsonl");
  if (options_.key.empty()) return;
  report_.confirmed = std::ranges::find(keys_, options_.key, &KeyEntry::vkey) != keys_.end();
  if (!report_.confirmed)
    found("unknown-key", "public-key",
          "khóa của gói không phải khóa trên nhãn máy, cũng không được đổi từ khóa đó",
          "the bundle's key is not the label's and was not changed from it");
}

void Verifier::check_declared(const Record& record, Millis declared, const std::string& where) {
  const auto recorded = replay_.utc(record.at);
  if (recorded && declared < *recorded - Replay::kDeclaredSlack)
    found("bad-declared", where, "thời điểm khai báo sớm hơn thời điểm ghi sổ",
          "it claims to have been declared before it was recorded");
}

void Verifier::check_day(const DayEntry& day, const std::string& where) {
  const Zone zone = replay_.zone();
  const Millis from = zone.midnight(day.date / 10'000, day.date / 100 % 100, day.date % 100);
  if (opened_ && from < *opened_) return;  // the bundle does not hold all of it
  const Date next = next_day(local_date(zone, from));
  const Period period{from, zone.midnight(next.year, next.month, next.day)};
  const auto now = replay_.utc_now();
  const auto input = replay_.figures({day.device, day.kind}, period);
  if (!now || !same_times(availability(input, period, *now, zone).totals, day.totals))
    found("bad-day", where, "số liệu ngày của thiết bị " + day.device + " không khớp với sổ",
          "the day's totals of " + day.device + " are not what the records give");
}

// Lists in any order; instants that a later anchor may move, within 5 s of each other.
void Verifier::check_opening(const OpeningEntry& told, const std::string& where) {
  OpeningEntry ours = replay_.opening(), theirs = told;
  ours.epoch = epoch_;
  if (theirs.zone.empty()) theirs.zone = Zone().changes();
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

void Verifier::play(const Record& record, const std::optional<Entry>& readable, const std::string& where) {
  // What nothing rests on is a sign of life all the same.
  static const Entry kNothing = HeartbeatEntry{};
  const Entry& entry = readable ? *readable : kNothing;
  const bool first = record.seq == proof_->first;
  if (first && std::holds_alternative<GenesisEntry>(entry)) {
    if (record.seq != 0)
      return found("bad-record", where, "bản ghi khai sinh không ở đầu sổ", "a genesis that is not record 0");
    epoch_ = hex(sha256(record.body)).substr(0, 8);
    if (epoch_ != proof_->epoch)
      found("bad-record", where, "epoch trong proof.json không phải của sổ này",
            "proof.json has the epoch of another log");
  }
  const auto* const window = std::get_if<MaintenanceEntry>(&entry);
  const bool only_ends = window != nullptr && replay_.knows(*window);
  if (const auto fed = replay_.feed(record, entry); !fed) {
    found("bad-record", where, "không thể đứng ở đây: " + fed.error().why,
          "cannot stand here: " + fed.error().why);
    return;
  }
  last_ = entry.index() == Entry(ExportEntry{}).index() ? std::get<ExportEntry>(entry).period : std::string();
  if (first) {
    began_ = true;
    if (const auto* opening = std::get_if<OpeningEntry>(&entry)) {
      opened_ = replay_.utc(record.at).value_or(0);
      for (const Period& claim : opening->claims) opened_ = std::max(*opened_, claim.to);
      if (!vkey_at_.empty())
        vkey_at_.front() = opening->vkey;  // of a checkpoint of just the leaves before this one
      if (record.seq == 0 || opening->epoch != proof_->epoch)
        found("bad-opening", where, "bản mở đầu không thuộc sổ này", "the opening is not of this log");
    }
    if (origin_of(replay_.commune(), replay_.gateway()) != proof_->origin)
      found("bad-record", where, "sổ của xã hoặc bộ giám sát khác", "the log of another commune or gateway");
    if (replay_.simulated())
      found("simulated", where, "DỮ LIỆU MÔ PHỎNG – KHÔNG CÓ GIÁ TRỊ",
            "this is a simulation and is evidence of nothing");
    return;
  }
  if (std::holds_alternative<GenesisEntry>(entry))
    found("bad-record", where, "bản ghi khai sinh không ở đầu sổ", "a genesis that is not record 0");
  if (const auto* day = std::get_if<DayEntry>(&entry)) check_day(*day, where);
  if (const auto* opening = std::get_if<OpeningEntry>(&entry); opening != nullptr && proof_->first == 0)
    check_opening(*opening, where);
  if (std::holds_alternative<KeyEntry>(entry)) keys_played_.push_back(record.body);
  if (const auto* one = std::get_if<CorrectionEntry>(&entry))
    check_declared(record, one->correction.declared, where);
  if (window != nullptr && !only_ends) check_declared(record, window->maintenance.declared, where);
  if (std::holds_alternative<CorrectionEntry>(entry) || std::holds_alternative<RestoreEntry>(entry) ||
      std::holds_alternative<KeyEntry>(entry) || std::holds_alternative<MustHaveEntry>(entry) ||
      std::holds_alternative<DeclarationEntry>(entry))
    report_.notes.push_back({replay_.utc(record.at).value_or(0), entry});
}

void Verifier::check_root(const Signed& of) {
  if (frontier_.root() != of.checkpoint.root)
    found("bad-root", of.where, "các dòng sổ trong gói không cho ra giá trị băm của điểm kiểm này",
          "the leaves do not hash to this checkpoint's root");
}

void Verifier::play() {
  std::set<std::uint64_t> asked;
  for (const auto& text : options_.seen) {
    if (const auto checkpoint = read_seen(text)) asked.insert(checkpoint->size);
  }
  auto next = earlier_.begin();
  const auto at_size = [&] {
    if (asked.contains(frontier_.size())) root_at_[frontier_.size()] = frontier_.root();
    if (next != earlier_.end() && next->checkpoint.size == frontier_.size()) {
      check_root(*next);
      vkey_at_.push_back(replay_.vkey());
      ++next;
    }
  };
  std::string_view rest = file("entries.jsonl");
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
    moments_.push_back(record ? record->at : Moment{});
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
  vkey_at_.resize(earlier_.size(), replay_.vkey());
  if (frontier_.size() != newest_->checkpoint.size)
    found("bad-root", "entries.jsonl", "số dòng không khớp với điểm kiểm",
          "the number of leaves is not the checkpoint's");
  check_root(*newest_);
  const auto bodies = lines_of(file("keys.jsonl"));
  if (keys_played_.size() > bodies.size() ||
      !std::equal(keys_played_.rbegin(), keys_played_.rend(), bodies.rbegin()) ||
      (proof_->first == 0 && keys_played_.size() != bodies.size()))
    found("bad-rotation", "keys.jsonl", "không khớp với các bản ghi khóa trong sổ",
          "disagrees with the key records in the leaves");
}

void Verifier::check_signature(const Signed& of, const std::string& vkey) {
  const auto key = PublicKey::of(vkey);
  if (of.checkpoint.origin != proof_->origin || !key || key->name != proof_->origin ||
      key->use != KeyUse::log || !holds(of.note, *key))
    found("bad-signature", of.where, "không có chữ ký đúng của bộ giám sát này",
          "is not signed by this gateway's key");
  for (const auto& witness : witnesses_) {
    if (const auto when = cosigned(of.note, witness); !when)
      found("bad-cosignature", of.where, "chữ ký của nhân chứng " + witness.name + " không đúng",
            when.error().why);
  }
}

void Verifier::check_signatures() {
  check_signature(*newest_, replay_.vkey());
  if (replay_.vkey() != report_.vkey)
    found("bad-rotation", "public-key", "không phải khóa đang dùng theo sổ",
          "is not the key that the records say is in force");
  for (std::size_t i = 0; i < earlier_.size(); ++i) check_signature(earlier_[i], vkey_at_[i]);
  for (const auto& witness : asked_) {
    const auto when = cosigned(newest_->note, witness);
    if (when && *when) report_.newest = "cosigned";
    if (when && !*when)
      found("not-cosigned", "checkpoint", "nhân chứng " + witness.name + " không ký xác nhận điểm kiểm này",
            "the witness " + witness.name + " has not cosigned this checkpoint");
  }
  if (!previous_) {
    if (!proof_->consistency.empty())
      found("bad-consistency", "proof.json", "chứng minh thừa", "a proof of nothing");
    return;
  }
  const bool known = std::ranges::any_of(keys_, [&](const KeyEntry& entry) {
    const auto key = PublicKey::of(entry.vkey);
    return key && holds(previous_->note, *key);
  });
  if (!known || previous_->checkpoint.origin != proof_->origin)
    found("bad-signature", previous_->where, "không có chữ ký đúng của bộ giám sát này",
          "is not signed by this gateway's key");
  if (previous_->checkpoint.size > proof_->first ||
      !consistent(previous_->checkpoint.size, previous_->checkpoint.root, newest_->checkpoint.size,
                  newest_->checkpoint.root, proof_->consistency))
    found("bad-consistency", "proof.json", "điểm kiểm trước không phải là phần đầu của sổ này",
          "the previous checkpoint is not a part of this log");
}

void Verifier::check_seen() {
  for (std::size_t i = 0; i < options_.seen.size(); ++i) {
    const auto where = "--seen:" + std::to_string(i + 1);
    const auto one = read_seen(options_.seen[i]);
    if (!one) {
      found("bad-format", where, "không phải điểm kiểm", "is no checkpoint");
      continue;
    }
    const auto root =
        one->size == previous_size() ? std::optional(previous_->checkpoint.root) : root_at(one->size);
    if (one->origin != proof_->origin) {
      found("bad-signature", where, "điểm kiểm đã thấy là của sổ khác",
            "the checkpoint that was seen is of another log");
    } else if (one->size > newest_->checkpoint.size) {
      found("older", where, "đã thấy điểm kiểm mới hơn gói này: hãy yêu cầu gói mới nhất",
            "a newer checkpoint than this bundle's was seen: ask for the newest");
    } else if (root && *root != one->root) {
      found("fork", where, "sổ đã bị viết lại: cùng độ dài, khác nội dung",
            "the log was rewritten: same length, other content");
    } else if (!root) {
      report_.not_compared.push_back(one->size);
    } else if (one->size == newest_->checkpoint.size) {
      report_.newest = "seen";
    }
  }
}

std::optional<Hash> Verifier::root_at(std::uint64_t size) const {
  const auto found = root_at_.find(size);
  return found == root_at_.end() ? std::nullopt : std::optional(found->second);
}

std::uint64_t Verifier::previous_size() const { return previous_ ? previous_->checkpoint.size : UINT64_MAX; }

void Verifier::check_coverage() {
  report_.until = replay_.utc_now();
  report_.zone = replay_.zone();
  if (opened_ && *opened_ > proof_->from)
    found("not-covered", "entries.jsonl", "gói bắt đầu sau khi kỳ bắt đầu",
          "the bundle begins after its period does");
  if (last_ != proof_->period)
    found("bad-format", "proof.json", "dòng cuối của sổ không phải là lần xuất của kỳ này",
          "the last leaf is not the export of this period");
  const auto period =
      is_calendar(proof_->period) ? parse_period(proof_->period, report_.zone, proof_->to) : fail("");
  if (!period || period->from != proof_->from || period->to != proof_->to)
    found("bad-format", "proof.json", "from, to không phải là đầu và cuối của kỳ " + proof_->period,
          "from and to are not where " + proof_->period + " begins and ends");
  for (const auto& window : replay_.windows()) {
    const Maintenance& m = window.entry.maintenance;
    if (m.period.from >= proof_->to || m.period.to <= proof_->from) continue;
    report_.notes.push_back({window.declared, window.entry, window.declared > m.period.from});
  }
}

void Verifier::check_figures() {
  report_.figures = figures_csv(replay_, {proof_->from, proof_->to}, proof_->period);
  const std::string_view own = report_.figures;
  const auto told = file("so-lieu.csv");
  if (own == told) return;
  const auto ours = lines_of(own), theirs = lines_of(told);
  std::size_t line = 0;
  while (line < ours.size() && line < theirs.size() && ours[line] == theirs[line]) ++line;
  found("bad-figure", "so-lieu.csv:" + std::to_string(line + 1),
        "số liệu không khớp với sổ; tính lại: " +
            (line < ours.size() ? std::string(ours[line]) : "(không có dòng này)"),
        "not what the leaves give; recomputed: " +
            (line < ours.size() ? std::string(ours[line]) : "(no such line)"));
}

void Verifier::find_witnesses() {
  const Zone zone = replay_.zone();
  const Millis now = report_.until.value_or(proof_->to);
  auto days = local_days(zone, {proof_->from, std::max(proof_->from, std::min(proof_->to, now + 1))});
  if (days.size() > 40'000) return;
  // One past the last leaf that speaks of a time before the day's end.
  std::vector<std::uint64_t> needed(days.size(), 0);
  for (std::size_t i = 0; i < moments_.size(); ++i) {
    const auto utc = replay_.utc(moments_[i]);
    if (!utc) continue;
    const auto day =
        std::ranges::partition_point(days, [&](const Period& d) { return d.to <= *utc; }) - days.begin();
    if (static_cast<std::size_t>(day) < days.size())
      needed[static_cast<std::size_t>(day)] = proof_->first + i + 1;
  }
  // By each witness's name, what it has cosigned: size, and the first word on that or anything larger.
  struct Word {
    std::uint64_t size = 0;
    Millis at = 0;
  };
  std::map<std::string, std::vector<Word>> words;
  const auto hear = [&](const Signed& one) {
    for (const auto& witness : witnesses_) {
      const auto when = cosigned(one.note, witness);
      if (!when || !*when) continue;
      const Millis at = (*when)->utc_seconds * 1'000;
      if (at / 1'000 == (*when)->utc_seconds) words[witness.name].push_back({one.checkpoint.size, at});
    }
  };
  for (const auto& one : earlier_) hear(one);
  hear(*newest_);
  for (auto& [name, said] : words)
    for (std::size_t i = said.size() - 1; i > 0; --i) said[i - 1].at = std::min(said[i - 1].at, said[i].at);
  std::uint64_t need = 1;
  for (std::size_t i = 0; i < days.size(); ++i) {
    need = std::max(need, needed[i]);
    const auto date = local_date(zone, days[i].from).yyyymmdd();
    const auto before = report_.witnessed.size();
    for (const auto& [name, said] : words) {
      const auto first = std::ranges::lower_bound(said, need, {}, &Word::size);
      if (first != said.end()) report_.witnessed.push_back({date, name, first->at});
    }
    if (report_.witnessed.size() == before) report_.unwitnessed.push_back(date);
  }
}

}  // namespace

bool Report::valid() const {
  return std::ranges::all_of(findings, [](const Finding& finding) { return finding.code == "extra-file"; });
}

Report verify(const Files& files, const VerifyOptions& options) { return Verifier(files, options).run(); }

}  // namespace commune_watch::evidence
