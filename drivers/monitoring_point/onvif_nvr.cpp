// A recorder over ONVIF (Profile G), whoever made it: its channels, whether its jobs record them, and its
// clock.
//
// Each visit asks for clock, profiles and the states of some jobs; what changes slowly is asked in turn. A
// search makes an object on the recorder, which is ended again; nothing else is made, and nothing is written.
#include "drivers/monitoring_point/onvif_nvr.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include "drivers/monitoring_point/channel_picture.hpp"
#include "drivers/onvif_visit.hpp"

namespace commune_watch {
namespace {

using onvif::Media;

constexpr std::size_t kMaxBody = 4 * 1024 * 1024;
constexpr Millis kDay = 86'400'000;
constexpr Millis kWritten = 15 * 60'000;  // an open segment's end lags by up to a file's length
constexpr unsigned kSlowly = 10;          // visits between two looks at jobs and recordings
constexpr unsigned kVerySlowly = 60;      // … at services and identity
constexpr std::size_t kMostStates = 64;   // of jobs in one visit
constexpr int kMostResults = 8;           // answers of one search

bool contains(const std::vector<std::string>& list, const std::string& item) {
  return std::ranges::find(list, item) != list.end();
}

bool flows(const std::string& state) { return state == "Active" || state == "PartiallyActive"; }

// What the job says of this channel: its source's state, else its own where it has but one source.
std::string state_for(const OnvifChannel& channel, const onvif::JobState& state) {
  for (const onvif::JobState::Source& each : state.sources)
    if (each.token == channel.source || contains(channel.profiles, each.token)) return each.state;
  return state.sources.size() <= 1 ? state.state : std::string();
}

void hear_job(RecorderChannel& told, const OnvifChannel& channel, const onvif::Job& job,
              const onvif::JobState* state) {
  const std::string said = state != nullptr ? state_for(channel, *state) : std::string();
  if (flows(said)) {
    told.online = told.recording = true;
  } else if (said == "Error" || job.idle) {
    if (!told.recording) told.recording = false;
    if (told.words.empty())
      told.words = said == "Error" && !state->words.empty() ? state->words
                   : said == "Error"                        ? "recording job: Error"
                                                            : "recording job: Idle";
  }
}

void hear_recording(RecorderChannel& told, const onvif::Recording& recording,
                    const std::optional<Millis>& at) {
  if (at && recording.latest) {
    const std::int64_t ago = std::max<Millis>(*at - *recording.latest, 0) / 1'000;
    told.recorded_ago_s = std::min(told.recorded_ago_s.value_or(ago), ago);
  }
  if (at && recording.earliest) {
    const std::int64_t days = std::max<Millis>(*at - *recording.earliest, 0) / kDay;
    told.recorded_days = std::max(told.recorded_days.value_or(days), days);
  }
  if (told.recording) return;
  if (recording.status == "Recording" && at && recording.latest)
    told.recording = *at - *recording.latest <= kWritten;
  else if (recording.status == "Stopped" || recording.status == "Removing" || recording.status == "Removed")
    told.recording = false;
}

}  // namespace

std::vector<OnvifChannel> channels_of(const std::vector<onvif::Profile>& profiles) {
  std::vector<OnvifChannel> channels;
  for (const onvif::Profile& profile : profiles) {
    if (profile.source.empty()) continue;
    auto found = std::ranges::find(channels, profile.source, &OnvifChannel::source);
    if (found == channels.end()) {
      channels.push_back(
          {.number = std::to_string(channels.size() + 1), .source = profile.source, .profiles = {}});
      found = channels.end() - 1;
    }
    found->profiles.push_back(profile.token);
  }
  return channels;
}

RecorderChannel judge(const OnvifChannel& channel, const OnvifRecorded& recorded) {
  RecorderChannel told{.key = channel.number, .serial = channel.source};
  std::vector<std::string> recordings;
  for (const onvif::Job& job : recorded.jobs) {
    const bool own = std::ranges::any_of(job.sources, [&](const std::string& token) {
      return token == channel.source || contains(channel.profiles, token);
    });
    if (!own) continue;
    const auto state = recorded.states.find(job.token);
    hear_job(told, channel, job, state == recorded.states.end() ? nullptr : &state->second);
    recordings.push_back(job.recording);
  }
  for (const onvif::Recording& each : recorded.recordings)
    if (contains(recordings, each.token) || each.source == channel.source ||
        contains(channel.profiles, each.source))
      hear_recording(told, each, recorded.at);
  return told;
}

namespace {

class OnvifNvr final : public Probe {
 public:
  explicit OnvifNvr(const Target& target)
      : base_(onvif::request_of(target, kMaxBody)),
        keys_(target.bound_keys),
        retention_(target.options.integer("min_retention_days")),
        pictures_(target) {
    base_.keep_alive = true;
  }

  asio::awaitable<Finding> run(Wire& wire, const Question& question) override {
    onvif::Visit visit(base_, question);
    if (co_await visit.begin(wire) && question.depth >= Rung::connected) {
      std::optional<Check> trouble;
      if (visit.spoke_soap)
        trouble = co_await list(wire, visit);
      else
        trouble = bad(Rung::connected, reason_id("unparsable"), visit.not_soap, visit.spent_us);
      if (trouble) {
        visit.finding.checks.push_back(std::move(*trouble));
      } else {
        co_await look_slowly(wire, visit);
        co_await look_at_jobs(wire, visit);
        std::vector<RecorderChannel> told;
        for (const OnvifChannel& each : channels_) told.push_back(judge(each, recorded_));
        co_await look_at_picture(wire, visit, told);
        tell(visit, told);
        ++visits_;
      }
    }
    if (visit.credentialed > 0)
      visit.finding.facts.push_back({FactId::credentialed_requests, visit.credentialed});
    not_tested_up_to(visit.finding, question.depth);
    co_return std::move(visit.finding);
  }

 private:
  // Every channel there is. A trouble: there is nothing more to ask.
  asio::awaitable<std::optional<Check>> list(Wire& wire, onvif::Visit& visit) {
    std::optional<Check> trouble;
    if (visits_ % kVerySlowly == 0) trouble = co_await find_services(wire, visit);
    if (trouble) co_return trouble;
    const bool two = services_.media.empty() && !services_.media2.empty();
    const Media version = two ? Media::two : Media::one;
    const std::string path = two ? services_.media2 : at(services_.media);
    const HttpReply reply = co_await visit.ask(wire, path, onvif::get_profiles(version));
    const bool its_own = reply.status >= 500 && !onvif::is_soap(reply.body);
    trouble = visit.trouble(Rung::connected, reply, its_own ? "http-server-error" : "unparsable");
    if (trouble) co_return trouble;
    const auto profiles = onvif::read_profiles(reply.body);
    if (!profiles) co_return bad(Rung::connected, reason_id("unparsable"), "GetProfiles", reply.took_us);
    channels_ = channels_of(*profiles);
    visit.finding.complete = true;
    visit.finding.checks.push_back(good(Rung::connected, visit.spent_us));
    co_return std::nullopt;
  }

  // A trouble only where the login did not hold: without a list everything is asked at the one address.
  asio::awaitable<std::optional<Check>> find_services(Wire& wire, onvif::Visit& visit) {
    HttpReply reply = co_await visit.ask(wire, base_.url.target, onvif::get_services());
    auto found = onvif::read_services(reply.body);
    if (!found && reply.trouble == Trouble::none && !visit.login_over()) {
      reply = co_await visit.ask(wire, base_.url.target, onvif::get_capabilities());
      found = onvif::read_services(reply.body);
    }
    if (found) services_ = std::move(*found);
    co_return visit.login_over() ? visit.trouble(Rung::connected, reply, "unparsable") : std::nullopt;
  }

  // Some recorders answer everything at one address.
  [[nodiscard]] const std::string& at(const std::string& service) const {
    return service.empty() ? base_.url.target : service;
  }

  // Who it is, its jobs and its recordings; what cannot be read is left as it was known.
  asio::awaitable<void> look_slowly(Wire& wire, onvif::Visit& visit) {
    if (visits_ % kVerySlowly == 0 && may_go_on(visit)) {
      const HttpReply device = co_await visit.ask(wire, base_.url.target, onvif::get_device_information());
      if (auto identity = onvif::read_identity(device.body)) identity_ = std::move(identity);
    }
    visit.finding.identity = identity_;
    if (visits_ % kSlowly != 0) co_return;
    if (!services_.recording.empty() && may_go_on(visit)) {
      const HttpReply reply = co_await visit.ask(wire, services_.recording, onvif::get_recording_jobs());
      if (auto jobs = onvif::read_jobs(reply.body)) recorded_.jobs = std::move(*jobs);
    }
    if (services_.search.empty() || !may_go_on(visit)) co_return;
    const HttpReply reply = co_await visit.ask(wire, services_.search, onvif::get_recording_summary());
    if (const auto summary = onvif::read_summary(reply.body)) summary_ = summary;
    co_await search(wire, visit);
  }

  asio::awaitable<void> search(Wire& wire, onvif::Visit& visit) {
    if (!may_go_on(visit)) co_return;
    const HttpReply begun = co_await visit.ask(wire, services_.search, onvif::find_recordings());
    const auto token = onvif::read_search(begun.body);
    if (!token) co_return;
    std::vector<onvif::Recording> found;
    bool whole = false;
    for (int i = 0; i < kMostResults && !whole && may_go_on(visit); ++i) {
      const HttpReply reply =
          co_await visit.ask(wire, services_.search, onvif::get_recording_search_results(*token));
      auto results = onvif::read_recordings(reply.body);
      if (!results) break;
      whole = results->whole;
      std::ranges::move(results->list, std::back_inserter(found));
      if (found.size() > kMaxSightings) break;
    }
    std::ignore = co_await visit.ask(wire, services_.search, onvif::end_search(*token));
    if (!whole) co_return;
    recorded_.recordings = std::move(found);
    recorded_.at = visit.device_utc();
  }

  // The states of as many jobs as fit, in turn; what a job said in an earlier visit is no news.
  asio::awaitable<void> look_at_jobs(Wire& wire, onvif::Visit& visit) {
    recorded_.states.clear();
    for (std::size_t i = 0; i < std::min(kMostStates, recorded_.jobs.size()) && may_go_on(visit); ++i) {
      const onvif::Job& job = recorded_.jobs[turn_++ % recorded_.jobs.size()];
      const HttpReply reply =
          co_await visit.ask(wire, services_.recording, onvif::get_recording_job_state(job.token));
      if (auto state = onvif::read_job_state(reply.body)) recorded_.states[job.token] = std::move(*state);
    }
  }

  // Where a channel's picture is, is asked once.
  asio::awaitable<void> look_at_picture(Wire& wire, onvif::Visit& visit, std::vector<RecorderChannel>& told) {
    RecorderChannel* const channel =
        may_go_on(visit) ? pictures_.turn(visit.question, told, visit.left()) : nullptr;
    if (channel == nullptr) co_return;
    auto known = snapshots_.find(channel->key);
    if (known == snapshots_.end()) {
      const auto of = std::ranges::find(channels_, channel->key, &OnvifChannel::number);
      const bool two = services_.media.empty() && !services_.media2.empty();
      const Media version = two ? Media::two : Media::one;
      const std::string path = two ? services_.media2 : at(services_.media);
      const HttpReply said =
          co_await visit.ask(wire, path, onvif::get_snapshot_uri(version, of->profiles.front()));
      const auto uri = onvif::read_uri(said.body);
      const auto url = uri ? onvif::snapshot_url(*uri, base_.url) : std::nullopt;
      if (!url) {
        pictures_.has_none(*channel);
        co_return;
      }
      known = snapshots_.emplace(channel->key, *url).first;
    }
    if (!may_go_on(visit)) co_return;
    HttpReply reply = co_await visit.fetch(wire, known->second, ChannelPictures::kMaxBody);
    const bool none = co_await pictures_.take(wire, std::move(reply), *channel, visit.left(), visit.spent_us);
    if (none) snapshots_.erase(channel->key);
  }

  static bool may_go_on(const onvif::Visit& visit) { return !visit.hurried() && !visit.login_over(); }

  void tell(onvif::Visit& visit, const std::vector<RecorderChannel>& told) {
    visit.finding.sightings = sightings(told, keys_, retention_);
    visit.finding.facts.push_back({FactId::channels, static_cast<std::int64_t>(channels_.size())});
    const auto now = visit.device_utc();
    if (summary_ && summary_->from && now)
      visit.finding.facts.push_back(
          {FactId::recorded_days, std::max<Millis>(*now - *summary_->from, 0) / kDay});
  }

  HttpRequest base_;
  std::vector<std::string> keys_;
  std::int64_t retention_;
  ChannelPictures pictures_;
  // As last read; the process may forget it at any time.
  unsigned visits_ = 0;
  std::size_t turn_ = 0;
  onvif::Services services_;
  std::vector<OnvifChannel> channels_;
  OnvifRecorded recorded_;
  std::optional<onvif::Summary> summary_;
  std::optional<Identity> identity_;
  std::map<std::string, Url> snapshots_;  // by channel; may hold a login, so it is never kept
};

constexpr auto kFor = std::to_array({Kind::monitoring_point});
constexpr auto kOptions = std::to_array<Option>({
    {"url", OptionType::url, true, "",
     "Address of the device service, http:// or https://; without a path: /onvif/device_service."},
    kRetentionOption,
    kChannelPictureOption,
    kPictureEveryOption,
    kTlsOption,
    kPinOption,
});

std::string check(const Options& options) {
  if (auto wrong = check_http_options(options); !wrong.empty()) return wrong;
  if (const auto days = options.integer("min_retention_days"); days < 0 || days > 90)
    return "min_retention_days: must be from 0 to 90";
  return check_channel_pictures(options);
}

}  // namespace

namespace rows {
extern const Driver onvif_nvr;
constinit const Driver onvif_nvr{
    .name = "onvif-nvr",
    .summary = "A recorder over ONVIF: its channels, and whether its recording jobs really record them.",
    .proven = "own simulator",
    .kinds = kFor,
    .highest = Rung::connected,
    .options = kOptions,
    .takes_login = true,
    .check = &check,
    .make = [](const Target& target) -> std::unique_ptr<Probe> { return std::make_unique<OnvifNvr>(target); },
};
}  // namespace rows
}  // namespace commune_watch
