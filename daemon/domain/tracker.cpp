// How probes become pieces: confirmation, back-dating, blips, recovery, expiry.
#include "domain/tracker.hpp"

#include <algorithm>

#include "domain/known_reasons.hpp"

namespace commune_watch::ledger {
namespace {

std::unique_ptr<Remarks> remarks_of(const Word& word) {
  const bool words = word.outcome != Outcome::ok && !word.words.empty();  // of a good probe nobody reads them
  if (!words && word.warnings.empty() && word.recorded == Recorded::unknown) return nullptr;
  auto remarks = std::make_unique<Remarks>();
  if (words) remarks->words = word.words;
  remarks->warnings.assign(word.warnings.begin(), word.warnings.end());
  remarks->recorded = word.recorded;
  return remarks;
}

// After a refusal each further probe is blocked: people have to read what began it, the wrong password.
bool says_less(const Piece& now, const Word& word) {
  return now.outcome == Outcome::unknown && now.reason == known().bad_password &&
         word.reason == known().login_blocked;
}

std::span<const ReasonId> warnings_of(const std::unique_ptr<Remarks>& remarks) {
  return remarks ? std::span<const ReasonId>(remarks->warnings) : std::span<const ReasonId>();
}

Recorded recorded_of(const std::unique_ptr<Remarks>& remarks) {
  return remarks ? remarks->recorded : Recorded::unknown;
}

}  // namespace

Tracker::Tracker(Millis from, ReasonId reason) {
  pieces_.emplace_back();
  pieces_.back().from = from;
  pieces_.back().reason = reason;
}

Heard Tracker::feed(const Word& word, Millis hold) {
  Heard heard;
  if (word.outcome == Outcome::not_tested || (last_ != kNever && word.at <= last_) || word.at < now().from)
    return heard;
  heard.spoke = true;
  heard.changed = expire(word.at, hold);
  last_ = word.at;
  held_ = true;
  switch (word.outcome) {
    case Outcome::ok:
      good(word, heard);
      clear_ = word.at;
      break;
    case Outcome::failed:
      bad(word, heard);
      break;
    case Outcome::unknown:
      heard.changed |= cut();
      if (!says_less(now(), word))
        heard.changed |= push(word.at, Outcome::unknown, word.reason, remarks_of(word));
      clear_ = word.at;
      break;
    case Outcome::not_tested:
      break;
  }
  tidy();
  return heard;
}

void Tracker::good(const Word& word, Heard& heard) {
  const auto outcome = now().outcome;
  if (outcome != Outcome::failed) {
    if (provisional()) {
      const Streak& streak = *more_->streak;
      if (outcome == Outcome::ok)  // out of the unknown nothing was interrupted
        more_->slips.push_back(
            {streak.first, word.at, streak.steps.front().reason, static_cast<std::uint32_t>(streak.count)});
      more_->streak.reset();
      heard.changed = true;
    }
    heard.changed |= push(word.at, Outcome::ok, ReasonId::none, remarks_of(word));
    return;
  }
  if (!provisional()) more().streak = Streak{false, 0, word.at, {}};
  Streak& streak = *more_->streak;
  streak.steps.push_back({word.at, ReasonId::none, remarks_of(word)});
  if (++streak.count < kConfirmRecovery) return;
  std::vector<Step> steps = std::move(streak.steps);
  heard.since = streak.first;
  more_->streak.reset();
  for (auto& step : steps) push(step.at, Outcome::ok, ReasonId::none, std::move(step.remarks));
  heard.changed = heard.recovered = true;
}

void Tracker::bad(const Word& word, Heard& heard) {
  more().fails.push_back(word.at);
  if (now().outcome == Outcome::failed) {
    heard.changed |= more_->streak.has_value();
    more_->streak.reset();
    heard.changed |= push(word.at, Outcome::failed, word.reason, remarks_of(word));
    return;
  }
  if (!more_->streak) {
    more_->streak = Streak{true, 0, word.at, {}};
    heard.doubted = true;
  }
  Streak& streak = *more_->streak;
  streak.steps.push_back({word.at, word.reason, remarks_of(word)});
  if (++streak.count < kConfirmFailure) return;
  std::vector<Step> steps = std::move(streak.steps);
  heard.since = streak.first;
  more_->streak.reset();
  for (auto& step : steps) push(step.at, Outcome::failed, step.reason, std::move(step.remarks), clear_);
  heard.changed = heard.confirmed = true;
}

bool Tracker::expire(Millis settled, Millis hold) {
  if (!held_ || last_ + hold > settled) return false;
  held_ = false;
  cut();
  push(last_ + hold, Outcome::unknown, known().overrun);
  tidy();
  return true;
}

bool Tracker::cut() {
  if (!provisional()) return false;
  const Streak streak = std::move(*more_->streak);
  more_->streak.reset();
  if (streak.failing) {
    push(streak.first, Outcome::unknown, known().unconfirmed);
    clear_ = std::max(clear_, last_);
  }
  tidy();
  return true;
}

void Tracker::blind(Millis from, ReasonId reason, Millis hold) {
  expire(from, hold);
  if (provisional() && first() < from) cut();
  if (more_) {
    more_->streak.reset();
    std::erase_if(more_->slips, [from](const Slip& slip) { return slip.to > from; });
    std::erase_if(more_->fails, [from](Millis at) { return at >= from; });
  }
  while (pieces_.size() > 1 && pieces_.back().from >= from) pieces_.pop_back();
  push(std::max(from, pieces_.back().from), Outcome::unknown, reason);
  last_ = std::max(last_, from);
  clear_ = std::max(clear_, from);
  held_ = false;
  tidy();
}

Millis Tracker::settled(Millis open) const {
  if (provisional()) return first();
  return last_ == kNever ? open : std::max(last_ + 1, open);
}

const Piece& Tracker::at(Millis instant) const {
  auto after = std::upper_bound(pieces_.begin(), pieces_.end(), instant,
                                [](Millis value, const Piece& piece) { return value < piece.from; });
  return after == pieces_.begin() ? *after : *(after - 1);
}

const std::vector<Slip>& Tracker::slips() const {
  static const std::vector<Slip> kNone;
  return more_ ? more_->slips : kNone;
}

Millis Tracker::boundary_after(Millis instant) const {
  Millis found = kEver;
  for (auto piece = pieces_.rbegin(); piece != pieces_.rend() && piece->from > instant; ++piece)
    found = piece->from;
  for (const auto& slip : slips())
    if (slip.from > instant) found = std::min(found, slip.from);
  return found;
}

Millis Tracker::failing_probe_from(Millis instant) const {
  if (!more_) return kEver;
  auto found = std::lower_bound(more_->fails.begin(), more_->fails.end(), instant);
  return found == more_->fails.end() ? kEver : *found;
}

void Tracker::prune(Millis told, Millis old) {
  const Millis before = std::min(told, old);
  std::size_t ended = 0;
  while (ended + 1 < pieces_.size() && pieces_[ended + 1].from <= before) ++ended;
  if (ended > 0) pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(ended));
  if (pieces_.size() == 1 && pieces_.capacity() > 4) pieces_.shrink_to_fit();
  if (!more_) return;
  std::erase_if(more_->slips, [told](const Slip& slip) { return slip.from <= told; });
  std::erase_if(more_->fails, [old](Millis at) { return at < old; });
  tidy();
}

Tracker::More& Tracker::more() {
  if (!more_) more_ = std::make_unique<More>();
  return *more_;
}

void Tracker::tidy() {
  if (more_ && !more_->streak && more_->slips.empty() && more_->fails.empty()) more_.reset();
}

// One that begins where the last one began replaces it; one that says what is said already is none (the first
// words stay).
bool Tracker::push(Millis from, Outcome outcome, ReasonId reason, std::unique_ptr<Remarks> remarks,
                   Millis clear) {
  const auto says_it = [&](const Piece& piece) {
    return piece.outcome == outcome && piece.reason == reason &&
           recorded_of(piece.remarks) == recorded_of(remarks) &&
           std::ranges::equal(warnings_of(piece.remarks), warnings_of(remarks));
  };
  const bool replaces = pieces_.back().from == from && !says_it(pieces_.back());
  if (replaces && pieces_.size() > 1) pieces_.pop_back();
  Piece& back = pieces_.back();
  if (says_it(back)) {
    if (remarks && !back.remarks) back.remarks = std::move(remarks);
    return replaces;
  }
  Piece piece;
  piece.from = from;
  piece.outcome = outcome;
  piece.reason = reason;
  piece.remarks = std::move(remarks);
  if (outcome == Outcome::failed) {
    const bool goes_on = back.outcome == Outcome::failed;
    piece.run = goes_on ? back.run : from;
    piece.clear = goes_on ? back.clear : clear;
  }
  if (back.from == from) pieces_.pop_back();
  pieces_.push_back(std::move(piece));
  return true;
}

}  // namespace commune_watch::ledger
