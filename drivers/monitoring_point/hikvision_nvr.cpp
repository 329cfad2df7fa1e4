// A Hikvision recorder and its kin (HiLook, HiWatch, Annke …) over ISAPI: which channels it shows, and
// whether it records them.
//
// One request a visit tells of all channels. What changes slowly is asked in turn, a few requests a visit,
// and kept in between: clock and disks, the recordings of some channels, the days that are still there.
// Nothing is ever written to it: a search is a POST that only reads.
#include <algorithm>
#include <array>
#include <map>
#include <memory>

#include "drivers/http_answer.hpp"
#include "drivers/monitoring_point/channel_picture.hpp"
#include "drivers/monitoring_point/hikvision.hpp"
#include "drivers/monitoring_point/recorder_visit.hpp"

namespace commune_watch {
namespace {

using hikvision::Mode;

constexpr std::size_t kMaxBody = 4 * 1024 * 1024;  // 4,096 channels at 1,000 bytes
constexpr Millis kMinute = 60'000, kHour = 60 * kMinute, kDay = 24 * kHour;
constexpr Millis kWindow = 90 * kMinute;   // wide searches fail with 500 on some firmware
constexpr Millis kWritten = 15 * kMinute;  // an open segment's end lags by up to a file's length
constexpr unsigned kSlowly = 10;           // visits between two looks at clock and disks
constexpr unsigned kVerySlowly = 60;       // … at tracks, sources and identity
constexpr std::size_t kMostSearches = 8;   // of channels in one visit
constexpr std::size_t kSearchTurn = 15;    // visits in which every channel's turn comes
constexpr int kMostMonths = 4;             // that are looked through for the oldest recording

// What is known of one channel's recordings, from whenever its turn was.
struct Recorded {
  Mode mode = Mode::unknown;
  std::optional<bool> now;
  std::optional<std::int64_t> days;
};

struct Visit : RecorderVisit {
  std::vector<RecorderChannel> channels{};
};

class HikvisionNvr final : public Probe {
 public:
  explicit HikvisionNvr(const Target& target)
      : request_(recorder_request(target, kMaxBody)),
        keys_(target.bound_keys),
        retention_(target.options.integer("min_retention_days")),
        pictures_(target) {
    has_login_ = target.login.has_value();
  }

  asio::awaitable<Finding> run(Wire& wire, const Question& question) override {
    Visit visit{{.question = question}};
    if (co_await list(wire, visit)) {
      co_await look_slowly(wire, visit);
      co_await search(wire, visit);
      complete(visit);
      co_await look_at_picture(wire, visit);
      tell(visit);
      ++visits_;
    }
    not_tested_up_to(visit.finding, question.depth);
    co_return std::move(visit.finding);
  }

 private:
  [[nodiscard]] const char* list_path() const {
    return analogue_ ? "/ISAPI/System/Video/inputs/channels"
                     : "/ISAPI/ContentMgmt/InputProxy/channels/status";
  }

  // The ladder, and all channels. False: there is nothing more to ask.
  asio::awaitable<bool> list(Wire& wire, Visit& visit) {
    const bool deep = visit.question.depth >= Rung::connected;
    const char* const path = deep ? list_path() : "/";
    HttpReply reply = co_await get(wire, visit, path, deep);
    Finding& finding = visit.finding;
    const bool answered = visit.begin(reply);
    if (!answered || !deep) co_return false;
    const bool other_kind =
        (reply.status == 403 || reply.status == 404) && reply.login != LoginAnswer::refused;
    if (other_kind && !hikvision::locked(reply.body)) {  // "notSupport": no digital or no analogue channels
      analogue_ = !analogue_;
      const char* const other = list_path();
      reply = co_await get(wire, visit, other, true);
      if (reply.trouble != Trouble::none) {
        finding.checks.push_back(check_of(Rung::connected, reply.trouble, reply.words, reply.took_us));
        co_return false;
      }
    }
    if (const auto words = reply.status == 200 ? std::nullopt : hikvision::locked(reply.body)) {
      finding.checks.push_back(bad(Rung::connected, reason_id("locked"), *words, reply.took_us));
      co_return false;
    }
    if (auto trouble = page_trouble(reply, has_login_, visit.question)) {
      finding.checks.push_back(std::move(*trouble));
      co_return false;
    }
    auto channels = analogue_ ? hikvision::read_inputs(reply.body) : hikvision::read_status(reply.body);
    if (!channels) {
      finding.checks.push_back(
          bad(Rung::connected, reason_id("unparsable"), "channels/status", reply.took_us));
      co_return false;
    }
    visit.channels = std::move(*channels);
    finding.complete = true;
    finding.checks.push_back(good(Rung::connected, visit.spent_us));
    co_return true;
  }

  // Everything but the channels' state; what cannot be read is left as it was known.
  asio::awaitable<void> look_slowly(Wire& wire, Visit& visit) {
    if (visits_ % kVerySlowly == 0 && !visit.hurried()) {
      const HttpReply device = co_await get(wire, visit, "/ISAPI/System/deviceInfo", true);
      if (device.status == 200) identity_ = hikvision::read_device(device.body);
      if (!analogue_) {
        const HttpReply sources = co_await get(wire, visit, "/ISAPI/ContentMgmt/InputProxy/channels", true);
        if (sources.status == 200 && hikvision::read_sources(sources.body, visit.channels))
          sources_ = visit.channels;
      }
      const HttpReply tracks = co_await get(wire, visit, "/ISAPI/ContentMgmt/record/tracks", true);
      if (tracks.status == 200)
        for (const auto& [key, mode] : hikvision::read_tracks(tracks.body)) recorded_[key].mode = mode;
    }
    if (visits_ % kSlowly == 0 && !visit.hurried()) {
      const HttpReply storage = co_await get(wire, visit, "/ISAPI/ContentMgmt/Storage", true);
      if (storage.status == 200) disks_ = hikvision::read_disks(storage.body);
    }
    visit.finding.identity = identity_;
    if (disks_) visit.finding.facts.push_back({FactId::disks, disks_->good + disks_->bad});
    if (disks_ && (disks_->bad > 0 || disks_->good == 0))
      visit.finding.warnings.push_back(reason_id("storage"));
  }

  // The recordings of the channels whose turn it is, in the recorder's own time.
  asio::awaitable<void> search(Wire& wire, Visit& visit) {
    if (visit.channels.empty() || visit.hurried()) co_return;
    const HttpReply said = co_await get(wire, visit, "/ISAPI/System/time", true);
    const auto clock = said.status == 200 ? hikvision::read_clock(said.body) : std::nullopt;
    if (!clock) co_return;
    if (clock->utc && visit.question.utc_now)
      note_clock(visit.finding, *clock->utc,
                 *visit.question.utc_now + visit.spent_us / 1'000 - said.took_us / 2'000);
    const std::size_t many = std::min(kMostSearches, (visit.channels.size() + kSearchTurn - 1) / kSearchTurn);
    for (std::size_t i = 0; i < many && !visit.hurried(); ++i) {
      RecorderChannel& channel = visit.channels[turn_++ % visit.channels.size()];
      co_await search(wire, visit, channel, clock->wall);
    }
  }

  asio::awaitable<void> search(Wire& wire, Visit& visit, RecorderChannel& channel, Millis wall) {
    Recorded& known = recorded_[channel.key];
    if (known.mode == Mode::off) {
      known.now = false;
      co_return;
    }
    auto matches = co_await ask(wire, visit, channel.key, wall - kWindow, wall);
    if (!matches) co_return;
    if (matches->newest) channel.recorded_ago_s = std::max<Millis>(wall - *matches->newest, 0) / 1'000;
    const bool written = matches->newest && *matches->newest >= wall - kWritten;
    if (written || known.mode == Mode::always) {
      known.now = written;
    } else if (!visit.hurried()) {  // on events an empty hour is nothing: the day has to be empty
      matches = co_await ask(wire, visit, channel.key, wall - kDay, wall);
      known.now = matches ? std::optional(matches->newest.has_value()) : std::nullopt;
    }
    if (retention_ > 0 && !visit.hurried()) co_await count_days(wire, visit, channel.key, wall, known);
  }

  asio::awaitable<std::optional<hikvision::Matches>> ask(Wire& wire, Visit& visit, const std::string& channel,
                                                         Millis from, Millis to) {
    HttpReply reply = co_await post(wire, visit, "/ISAPI/ContentMgmt/search",
                                    hikvision::search_for(channel, from, to, old_spelling_));
    if (reply.status == 400) {
      old_spelling_ = !old_spelling_;
      reply = co_await post(wire, visit, "/ISAPI/ContentMgmt/search",
                            hikvision::search_for(channel, from, to, old_spelling_));
    }
    co_return reply.status == 200 ? hikvision::read_matches(reply.body) : std::nullopt;
  }

  // Back from today, month by month, until one has no recording or there are enough.
  asio::awaitable<void> count_days(Wire& wire, Visit& visit, const std::string& channel, Millis wall,
                                   Recorded& known) {
    std::int64_t days = 0;
    Millis month = wall;
    for (int i = 0; i < kMostMonths && days < retention_ && !visit.hurried(); ++i) {
      const HttpReply reply =
          co_await post(wire, visit, "/ISAPI/ContentMgmt/record/tracks/" + channel + "01/dailyDistribution",
                        hikvision::month_of(month));
      const auto found = reply.status == 200 ? hikvision::read_days(reply.body) : std::nullopt;
      if (!found) co_return;
      days += static_cast<std::int64_t>(found->size());
      if (found->empty() && i > 0) break;
      month = hikvision::month_before(month);
    }
    if (!visit.hurried()) known.days = days;
  }

  // Cameras behind a digital recorder, and, where firmware has no such page, as a camera's own channels
  // (hikvision_next#176).
  asio::awaitable<void> look_at_picture(Wire& wire, Visit& visit) {
    RecorderChannel* const channel =
        visit.hurried() ? nullptr : pictures_.turn(visit.question, visit.channels, visit.left());
    if (channel == nullptr) co_return;
    for (int tries = 0; tries < 2; ++tries) {
      HttpRequest request = request_;
      request.url.target = analogue_ || direct_
                               ? "/ISAPI/Streaming/channels/" + channel->key + "01/picture"
                               : "/ISAPI/ContentMgmt/StreamingProxy/channels/" + channel->key + "01/picture";
      request.max_body = ChannelPictures::kMaxBody;
      HttpReply reply = co_await visit.send(wire, std::move(request), true);
      const bool none =
          co_await pictures_.take(wire, std::move(reply), *channel, visit.left(), visit.spent_us);
      if (!none || analogue_ || visit.finding.login == LoginUse::refused) co_return;
      direct_ = !direct_;
    }
  }

  // What was learned in other visits.
  void complete(Visit& visit) {
    for (RecorderChannel& channel : visit.channels) {
      if (const auto source = std::ranges::find(sources_, channel.key, &RecorderChannel::key);
          source != sources_.end()) {
        if (channel.address.empty()) channel.address = source->address;
        channel.serial = source->serial;
      }
      if (const auto known = recorded_.find(channel.key); known != recorded_.end()) {
        channel.recording = known->second.now;
        channel.recorded_days = known->second.days;
      }
    }
  }

  void tell(Visit& visit) {
    visit.finding.sightings = sightings(visit.channels, keys_, retention_);
    visit.finding.facts.push_back({FactId::channels, static_cast<std::int64_t>(visit.channels.size())});
  }

  asio::awaitable<HttpReply> get(Wire& wire, Visit& visit, std::string target, bool with_login) {
    HttpRequest request = request_;
    request.url.target = std::move(target);
    return visit.send(wire, std::move(request), with_login);
  }

  asio::awaitable<HttpReply> post(Wire& wire, Visit& visit, std::string target, std::string body) {
    HttpRequest request = request_;
    request.method = "POST";
    request.url.target = std::move(target);
    request.headers.emplace_back("Content-Type", "application/xml");
    request.body = std::move(body);
    return visit.send(wire, std::move(request), true);
  }

  HttpRequest request_;
  std::vector<std::string> keys_;
  std::int64_t retention_;
  ChannelPictures pictures_;
  bool has_login_ = false;
  // As last read; the process may forget it at any time.
  bool analogue_ = false, old_spelling_ = false, direct_ = false;
  unsigned visits_ = 0;
  std::size_t turn_ = 0;
  std::map<std::string, Recorded> recorded_;
  std::vector<RecorderChannel> sources_;
  std::optional<Identity> identity_;
  std::optional<hikvision::Disks> disks_;
};

constexpr auto kFor = std::to_array({Kind::monitoring_point});
constexpr auto kOptions = std::to_array<Option>(
    {kUrlOption, kRetentionOption, kChannelPictureOption, kPictureEveryOption, kTlsOption, kPinOption});

std::string check(const Options& options) {
  if (auto wrong = check_http_options(options); !wrong.empty()) return wrong;
  if (parse_url(options.text("url"))->target != "/")
    return "url: the recorder's address alone, without a path: https://192.0.2.10";
  if (const auto days = options.integer("min_retention_days"); days < 0 || days > 90)
    return "min_retention_days: must be from 0 to 90";
  return check_channel_pictures(options);
}

}  // namespace

namespace rows {
extern const Driver hikvision_nvr;
constinit const Driver hikvision_nvr{
    .name = "hikvision-nvr",
    .summary = "A Hikvision recorder over ISAPI: which channels it shows, and whether it records them.",
    .proven = "own simulator",
    .kinds = kFor,
    .highest = Rung::connected,
    .options = kOptions,
    .takes_login = true,
    .check = &check,
    .make = [](const Target& target) -> std::unique_ptr<Probe> {
      return std::make_unique<HikvisionNvr>(target);
    },
};
}  // namespace rows
}  // namespace commune_watch
