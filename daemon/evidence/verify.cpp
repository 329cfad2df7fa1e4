// The order of checks is that of docs/evidence.md §9; each step leaves what the next ones need, or a finding.
#include "evidence/verify.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "domain/period.hpp"
#include "evidence/figures.hpp"
#include "evidence/verify_playing.hpp"
#include "evidence/verify_reading.hpp"

namespace commune_watch::evidence {
namespace {

constexpr std::size_t kMostAlike = 20;  // findings of one code: the rest says no more

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

// What was read and played, held against signatures, what the user knows, the period and the figures.
class Judge {
 public:
  Judge(const Files& files, const VerifyOptions& options, const Bundle& bundle, Played played, Report& report)
      : files_(files), options_(options), bundle_(bundle), played_(std::move(played)), report_(report) {}

  void judge() {
    check_signatures();
    check_seen();
    if (!played_.began) return;
    check_coverage();
    check_figures();
    find_witnesses();
  }

 private:
  void found(std::string code, std::string where, std::string vi, std::string en) {
    report_.found(std::move(code), std::move(where), std::move(vi), std::move(en));
  }
  void check_signature(const Signed& of, const std::string& vkey);
  void check_signatures();
  void check_seen();
  [[nodiscard]] std::optional<Hash> root_at(std::uint64_t size) const;
  [[nodiscard]] std::uint64_t previous_size() const;
  void check_coverage();
  void check_figures();
  void find_witnesses();

  const Files& files_;
  const VerifyOptions& options_;
  const Bundle& bundle_;
  Played played_;
  Report& report_;
};

void Judge::check_signature(const Signed& of, const std::string& vkey) {
  const auto key = PublicKey::of(vkey);
  if (of.checkpoint.origin != bundle_.proof.origin || !key || key->name != bundle_.proof.origin ||
      key->use != KeyUse::log || !holds(of.note, *key))
    found("bad-signature", of.where, "không có chữ ký đúng của bộ giám sát này",
          "is not signed by this gateway's key");
  for (const auto& witness : bundle_.witnesses) {
    if (const auto when = cosigned(of.note, witness); !when)
      found("bad-cosignature", of.where, "chữ ký của nhân chứng " + witness.name + " không đúng",
            when.error().why);
  }
}

void Judge::check_signatures() {
  check_signature(bundle_.newest, played_.replay.vkey());
  if (played_.replay.vkey() != report_.vkey)
    found("bad-rotation", "public-key", "không phải khóa đang dùng theo sổ",
          "is not the key that the records say is in force");
  for (std::size_t i = 0; i < bundle_.earlier.size(); ++i)
    check_signature(bundle_.earlier[i], played_.vkey_at[i]);
  for (const auto& witness : bundle_.asked) {
    const auto when = cosigned(bundle_.newest.note, witness);
    if (when && *when) report_.newest = "cosigned";
    if (when && !*when)
      found("not-cosigned", "checkpoint", "nhân chứng " + witness.name + " không ký xác nhận điểm kiểm này",
            "the witness " + witness.name + " has not cosigned this checkpoint");
  }
  if (!bundle_.previous) {
    if (!bundle_.proof.consistency.empty())
      found("bad-consistency", "proof.json", "chứng minh thừa", "a proof of nothing");
    return;
  }
  const bool known = std::ranges::any_of(bundle_.keys, [&](const KeyEntry& entry) {
    const auto key = PublicKey::of(entry.vkey);
    return key && holds(bundle_.previous->note, *key);
  });
  if (!known || bundle_.previous->checkpoint.origin != bundle_.proof.origin)
    found("bad-signature", bundle_.previous->where, "không có chữ ký đúng của bộ giám sát này",
          "is not signed by this gateway's key");
  if (bundle_.previous->checkpoint.size > bundle_.proof.first ||
      !consistent(bundle_.previous->checkpoint.size, bundle_.previous->checkpoint.root,
                  bundle_.newest.checkpoint.size, bundle_.newest.checkpoint.root, bundle_.proof.consistency))
    found("bad-consistency", "proof.json", "điểm kiểm trước không phải là phần đầu của sổ này",
          "the previous checkpoint is not a part of this log");
}

void Judge::check_seen() {
  for (std::size_t i = 0; i < options_.seen.size(); ++i) {
    const auto where = "--seen:" + std::to_string(i + 1);
    const auto one = read_seen(options_.seen[i]);
    if (!one) {
      found("bad-format", where, "không phải điểm kiểm", "is no checkpoint");
      continue;
    }
    const auto root =
        one->size == previous_size() ? std::optional(bundle_.previous->checkpoint.root) : root_at(one->size);
    if (one->origin != bundle_.proof.origin) {
      found("bad-signature", where, "điểm kiểm đã thấy là của sổ khác",
            "the checkpoint that was seen is of another log");
    } else if (one->size > bundle_.newest.checkpoint.size) {
      found("older", where, "đã thấy điểm kiểm mới hơn gói này: hãy yêu cầu gói mới nhất",
            "a newer checkpoint than this bundle's was seen: ask for the newest");
    } else if (root && *root != one->root) {
      found("fork", where, "sổ đã bị viết lại: cùng độ dài, khác nội dung",
            "the log was rewritten: same length, other content");
    } else if (!root) {
      report_.not_compared.push_back(one->size);
    } else if (one->size == bundle_.newest.checkpoint.size) {
      report_.newest = "seen";
    }
  }
}

std::optional<Hash> Judge::root_at(std::uint64_t size) const {
  const auto found = played_.root_at.find(size);
  return found == played_.root_at.end() ? std::nullopt : std::optional(found->second);
}

std::uint64_t Judge::previous_size() const {
  return bundle_.previous ? bundle_.previous->checkpoint.size : UINT64_MAX;
}

void Judge::check_coverage() {
  report_.until = played_.replay.utc_now();
  report_.zone = played_.replay.zone();
  if (played_.opened && *played_.opened > bundle_.proof.from)
    found("not-covered", "entries.jsonl", "gói bắt đầu sau khi kỳ bắt đầu",
          "the bundle begins after its period does");
  if (played_.last != bundle_.proof.period)
    found("bad-format", "proof.json", "dòng cuối của sổ không phải là lần xuất của kỳ này",
          "the last leaf is not the export of this period");
  const auto period = is_calendar(bundle_.proof.period)
                          ? parse_period(bundle_.proof.period, report_.zone, bundle_.proof.to)
                          : fail("");
  if (!period || period->from != bundle_.proof.from || period->to != bundle_.proof.to)
    found("bad-format", "proof.json", "from, to không phải là đầu và cuối của kỳ " + bundle_.proof.period,
          "from and to are not where " + bundle_.proof.period + " begins and ends");
  for (const auto& window : played_.replay.windows()) {
    const Maintenance& m = window.entry.maintenance;
    if (m.period.from >= bundle_.proof.to || m.period.to <= bundle_.proof.from) continue;
    report_.notes.push_back({window.declared, window.entry, window.declared > m.period.from});
  }
}

void Judge::check_figures() {
  report_.figures = figures_csv(played_.replay, {bundle_.proof.from, bundle_.proof.to}, bundle_.proof.period);
  const std::string_view own = report_.figures;
  const auto told = file(files_, "so-lieu.csv");
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

void Judge::find_witnesses() {
  const Zone zone = played_.replay.zone();
  const Millis now = report_.until.value_or(bundle_.proof.to);
  auto days = local_days(
      zone, {bundle_.proof.from, std::max(bundle_.proof.from, std::min(bundle_.proof.to, now + 1))});
  if (days.size() > 40'000) return;
  // One past the last leaf that speaks of a time before the day's end.
  std::vector<std::uint64_t> needed(days.size(), 0);
  for (std::size_t i = 0; i < played_.moments.size(); ++i) {
    const auto utc = played_.replay.utc(played_.moments[i]);
    if (!utc) continue;
    const auto day =
        std::ranges::partition_point(days, [&](const Period& d) { return d.to <= *utc; }) - days.begin();
    if (static_cast<std::size_t>(day) < days.size())
      needed[static_cast<std::size_t>(day)] = bundle_.proof.first + i + 1;
  }
  // By each witness's name, what it has cosigned: size, and the first word on that or anything larger.
  struct Word {
    std::uint64_t size = 0;
    Millis at = 0;
  };
  std::map<std::string, std::vector<Word>> words;
  const auto hear = [&](const Signed& one) {
    for (const auto& witness : bundle_.witnesses) {
      const auto when = cosigned(one.note, witness);
      if (!when || !*when) continue;
      const Millis at = (*when)->utc_seconds * 1'000;
      if (at / 1'000 == (*when)->utc_seconds) words[witness.name].push_back({one.checkpoint.size, at});
    }
  };
  for (const auto& one : bundle_.earlier) hear(one);
  hear(bundle_.newest);
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

void Report::found(std::string code, std::string where, std::string vi, std::string en) {
  const auto alike = std::ranges::count(findings, code, &Finding::code);
  if (static_cast<std::size_t>(alike) >= kMostAlike) return;
  findings.push_back({std::move(code), std::move(where), std::move(vi), std::move(en)});
}

bool Report::valid() const {
  return std::ranges::all_of(findings, [](const Finding& finding) { return finding.code == "extra-file"; });
}

Report verify(const Files& files, const VerifyOptions& options) {
  Report report;
  const auto bundle = read_bundle(files, options, report);
  if (!bundle) return report;
  std::set<std::uint64_t> sizes;
  for (const auto& text : options.seen) {
    if (const auto checkpoint = read_seen(text)) sizes.insert(checkpoint->size);
  }
  Judge(files, options, *bundle, play(files, *bundle, sizes, report), report).judge();
  return report;
}

}  // namespace commune_watch::evidence
