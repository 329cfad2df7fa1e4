// A table that a platform exports into a file on this machine, over and over: what it says of each device,
// while it is fresh.
//
// A file that is not there, is old or cannot be read tells nothing: the devices are unknown, nobody is down.
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "drivers/monitoring_point/http_map.hpp"

namespace commune_watch {
namespace {

constexpr Millis kFuture = 5 * 60'000;  // a file from there: one of two clocks is wrong
constexpr std::string_view kDefaultAge = "15min";

class CsvDrop final : public Probe {
 public:
  explicit CsvDrop(const Target& target)
      : path_(target.options.text("file")),
        max_age_(target.options.integer("max_age")),
        map_(map_of(target.options, "csv")),
        keys_(target.bound_keys) {}

  asio::awaitable<Finding> run(Wire& wire, const Question& question) override {
    FileRequest request;
    request.path = path_;
    FileReply reply = co_await wire.file(std::move(request));
    // While it is being written, what was read before holds, for as long as it would have.
    if (reply.trouble == Trouble::closed && last_.trouble == Trouble::none && !last_.text.empty())
      reply = last_;
    else if (reply.trouble == Trouble::none)
      last_ = reply;
    Finding finding = judge(reply, question.utc_now);
    not_tested_up_to(finding, question.depth);
    co_return finding;
  }

 private:
  [[nodiscard]] Finding judge(const FileReply& reply, std::optional<Millis> utc_now) const {
    Finding finding;
    const auto add = [&](Rung rung, std::string_view code, std::string_view words) {
      finding.checks.push_back(bad(rung, reason_id(code), words, reply.took_us));
    };
    if (reply.trouble == Trouble::local || reply.trouble == Trouble::closed) {
      add(Rung::reachable, "monitoring-point-silent", path_ + ": " + reply.words);
      return finding;
    }
    if (reply.trouble != Trouble::none) {
      add(Rung::reachable, reply.trouble == Trouble::too_large ? "answer-too-large" : "gateway-limit",
          path_ + ": " + reply.words);
      return finding;
    }
    finding.checks.push_back(good(Rung::reachable, reply.took_us));
    if (!utc_now || reply.modified > *utc_now + kFuture) {
      add(Rung::answering, "clock-unsure", "of what time " + path_ + " is, cannot be told");
      return finding;
    }
    if (const Millis age = *utc_now - reply.modified; age > max_age_) {
      add(Rung::answering, "monitoring-point-silent",
          path_ + ": " + std::to_string(age / 60'000) + " min old");
      return finding;
    }
    finding.checks.push_back(good(Rung::answering, reply.took_us));
    const auto channels = read_map(reply.text, map_, utc_now);
    if (!channels) {
      add(Rung::connected, "unparsable", path_);
      return finding;
    }
    // Never complete: an export that was cut between two rows looks like one that lists fewer devices.
    finding.sightings = sightings(*channels, keys_, 0);
    finding.facts.push_back({FactId::channels, static_cast<std::int64_t>(channels->size())});
    finding.checks.push_back(good(Rung::connected, reply.took_us));
    return finding;
  }

  std::string path_;
  Millis max_age_;
  HttpMap map_;
  std::vector<std::string> keys_;
  FileReply last_{};  // that was whole
};

constexpr auto kFor = std::to_array({Kind::monitoring_point});
constexpr auto kOptions = std::to_array<Option>({
    {"file", OptionType::text, true, "",
     "Absolute path of the file: csv in UTF-8 with a row of names first, separated by comma, semicolon or "
     "tab. "
     "It is best renamed into place."},
    {"max_age", OptionType::duration, false, kDefaultAge, "An older file says nothing any more."},
    kKeyOption,
    kStateOption,
    kOnlineOption,
    kOfflineOption,
    kOnlineFromOption,
    kSeenOption,
    kSeenWithinOption,
    kZoneOption,
    kRecordingOption,
    kRecordingOnOption,
    kRecordingOffOption,
});

std::string check(const Options& options) {
  const std::string path = options.text("file");
  if (!path.starts_with('/') || path.find('\0') != std::string::npos || path.size() > 4095)
    return "file: must be an absolute path, as \"/srv/vms/cameras.csv\"";
  if (options.integer("max_age") <= 0) return "max_age: how old the file may be, as \"15min\"";
  return check_http_map(options, "csv");
}

}  // namespace

namespace rows {
extern const Driver csv_drop;
constinit const Driver csv_drop{
    .name = "csv-drop",
    .summary = "A table of devices that a platform exports into a file on this machine.",
    .proven = "own simulator",
    .kinds = kFor,
    .highest = Rung::connected,
    .options = kOptions,
    .takes_login = false,
    .check = &check,
    .make = [](const Target& target) -> std::unique_ptr<Probe> { return std::make_unique<CsvDrop>(target); },
};
}  // namespace rows
}  // namespace commune_watch
