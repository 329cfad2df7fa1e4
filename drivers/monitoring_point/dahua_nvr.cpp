// A Dahua recorder and its kin (KBVision, Imou, Intelbras, Amcrest …) over its CGI: which channels it shows,
// and whether it records them.
//
// One request a visit tells of all channels, in whichever of three ways the firmware knows; the way that
// worked is kept. What changes slowly is asked in turn. A search makes an object on the recorder, which is
// always destroyed again; nothing else is ever made, and nothing is written.
#include <algorithm>
#include <array>
#include <map>
#include <memory>

#include "drivers/monitoring_point/channel_picture.hpp"
#include "drivers/monitoring_point/dahua.hpp"
#include "drivers/monitoring_point/recorder_visit.hpp"
#include "drivers/wall_time.hpp"

namespace commune_watch {
namespace {

constexpr std::size_t kMaxBody = 2 * 1024 * 1024;
constexpr Millis kHour = 3'600'000, kDay = 24 * kHour;
constexpr unsigned kSlowly = 10;      // visits between two looks at clock, disks and recording modes
constexpr unsigned kVerySlowly = 60;  // … at cameras behind the channels and identity
constexpr Millis kFarBack = 400 * kDay;

enum class Way : std::uint8_t { api, cgi, titles };  // of asking for the channels' state

struct Recorded {
  bool never = false;
  std::optional<bool> now;
  std::optional<std::int64_t> days;
};

struct Visit : RecorderVisit {
  std::vector<RecorderChannel> channels{};
};

std::string escaped(const std::string& wall) {  // "2026-11-22 14:00:00" in a query
  std::string text = wall.substr(0, 10);
  return text.append("%20").append(wall.substr(11, 8));
}

class DahuaNvr final : public Probe {
 public:
  explicit DahuaNvr(const Target& target)
      : request_(recorder_request(target, kMaxBody)),
        keys_(target.bound_keys),
        retention_(target.options.integer("min_retention_days")),
        zone_(target.options.integer("utc_offset_minutes", 420) * 60'000),
        has_login_(target.login.has_value()),
        pictures_(target) {}

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
  // The ladder, and all channels. False: there is nothing more to ask.
  asio::awaitable<bool> list(Wire& wire, Visit& visit) {
    const bool deep = visit.question.depth >= Rung::connected;
    HttpRequest first = request_;
    if (deep) first = state_request();
    HttpReply reply = co_await visit.send(wire, std::move(first), deep);
    const bool answered = visit.begin(reply);
    if (!answered || !deep) co_return false;
    for (int tries = 0; tries < 2 && unknown_here(reply); ++tries) {
      way_ = way_ == Way::api ? Way::cgi : way_ == Way::cgi ? Way::titles : Way::api;
      HttpRequest other = state_request();
      reply = co_await visit.send(wire, std::move(other), true);
      if (reply.trouble == Trouble::none) continue;
      visit.finding.checks.push_back(check_of(Rung::connected, reply.trouble, reply.words, reply.took_us));
      co_return false;
    }
    if (auto trouble = page_trouble(reply, has_login_, visit.question)) {
      visit.finding.checks.push_back(std::move(*trouble));
      co_return false;
    }
    auto channels = dahua::read_states(reply.body);
    if (way_ == Way::titles) {
      const HttpReply lost =
          co_await get(wire, visit, "/cgi-bin/eventManager.cgi?action=getEventIndexes&code=VideoLoss");
      channels = dahua::read_titles(reply.body, lost.body);
    }
    if (!channels) {
      visit.finding.checks.push_back(
          bad(Rung::connected, reason_id("unparsable"), "getCameraState", reply.took_us));
      co_return false;
    }
    visit.channels = std::move(*channels);
    visit.finding.complete = true;
    visit.finding.checks.push_back(good(Rung::connected, visit.spent_us));
    co_return true;
  }

  // What firmware says of a page that it does not have.
  static bool unknown_here(const HttpReply& reply) {
    return reply.trouble == Trouble::none &&
           (reply.status == 400 || reply.status == 404 || reply.status == 501);
  }

  [[nodiscard]] HttpRequest state_request() const {
    HttpRequest request = request_;
    if (way_ == Way::api) {
      request.method = "POST";
      request.url.target = "/cgi-bin/api/LogicDeviceManager/getCameraState";
      request.headers.emplace_back("Content-Type", "application/json");
      request.body = R"({"uniqueChannels":[-1]})";
    } else if (way_ == Way::cgi) {
      request.url.target = "/cgi-bin/LogicDeviceManager.cgi?action=getCameraState&uniqueChannels%5B0%5D=-1";
    } else {
      request.url.target = "/cgi-bin/configManager.cgi?action=getConfig&name=ChannelTitle";
    }
    return request;
  }

  // Everything but the channels' state; what cannot be read is left as it was known.
  asio::awaitable<void> look_slowly(Wire& wire, Visit& visit) {
    if (visits_ % kVerySlowly == 0 && !visit.hurried()) {
      if (const auto info = co_await values(wire, visit, "/cgi-bin/magicBox.cgi?action=getSystemInfo"))
        identity_ = dahua::read_identity(*info);
      if (const auto cameras =
              co_await values(wire, visit, "/cgi-bin/LogicDeviceManager.cgi?action=getCameraAll")) {
        sources_ = visit.channels;
        dahua::read_cameras(*cameras, sources_);
      }
    }
    if (visits_ % kSlowly == 0 && !visit.hurried()) {
      if (const auto disks =
              co_await values(wire, visit, "/cgi-bin/storageDevice.cgi?action=getDeviceAllInfo"))
        disks_ = dahua::read_disks(*disks);
      if (const auto modes =
              co_await values(wire, visit, "/cgi-bin/configManager.cgi?action=getConfig&name=RecordMode")) {
        for (auto& [key, known] : recorded_) known.never = false;
        for (const std::string& key : dahua::read_never(*modes)) recorded_[key].never = true;
      }
    }
    visit.finding.identity = identity_;
    if (disks_) visit.finding.facts.push_back({FactId::disks, disks_->good + disks_->bad});
    if (disks_ && (disks_->bad > 0 || disks_->good == 0))
      visit.finding.warnings.push_back(reason_id("storage"));
  }

  // The newest recording of the channel whose turn it is, in the recorder's own time.
  asio::awaitable<void> search(Wire& wire, Visit& visit) {
    if (visit.channels.empty() || visit.hurried()) co_return;
    const auto said = co_await values(wire, visit, "/cgi-bin/global.cgi?action=getCurrentTime");
    const auto wall = said ? dahua::read_clock(*said) : std::nullopt;
    if (!wall) co_return;
    if (visit.question.utc_now)
      note_clock(visit.finding, *wall - zone_, *visit.question.utc_now + visit.spent_us / 1'000);
    RecorderChannel& channel = visit.channels[turn_++ % visit.channels.size()];
    Recorded& known = recorded_[channel.key];
    if (known.never) {
      known.now = false;
      co_return;
    }
    const auto files = co_await find(wire, visit, channel.key, *wall - kDay, *wall + kHour);
    if (!files) co_return;
    known.now = files->last.has_value();
    if (files->last) channel.recorded_ago_s = std::max<Millis>(*wall - *files->last, 0) / 1'000;
    if (retention_ == 0 || visit.hurried()) co_return;
    const auto oldest = co_await find(wire, visit, channel.key, *wall - kFarBack, *wall);
    if (oldest && oldest->first) known.days = (*wall - *oldest->first) / kDay;
  }

  // Five calls of one session: make, find, read, close, destroy. Absent: it cannot be known.
  asio::awaitable<std::optional<dahua::Files>> find(Wire& wire, Visit& visit, const std::string& key,
                                                    Millis from, Millis to) {
    const std::string begin = "/cgi-bin/mediaFileFind.cgi?action=";
    const auto made = co_await values(wire, visit, begin + "factory.create");
    const auto object = made ? made->find("result") : dahua::Values::const_iterator();
    if (!made || object == made->end() || object->second.empty() ||
        object->second.find_first_not_of("0123456789") != std::string::npos)
      co_return std::nullopt;
    const std::string of = "&object=" + object->second;
    std::string condition = begin + "findFile" + of + "&condition.Channel=" + key + "&condition.StartTime=";
    condition.append(escaped(wall_text(from))).append("&condition.EndTime=").append(escaped(wall_text(to)));
    condition.append("&condition.Types%5B0%5D=dav");
    const HttpReply found = co_await get(wire, visit, condition);
    std::optional<dahua::Files> files;
    if (found.status == 200) {
      const HttpReply next = co_await get(wire, visit, begin + "findNextFile" + of + "&count=100");
      const auto read = next.status == 200 ? dahua::read_values(next.body) : std::nullopt;
      if (read) files = dahua::read_files(*read);
    } else if (found.status == 400) {
      files.emplace();  // how most firmware says that there are none
    }
    std::ignore = co_await get(wire, visit, begin + "close" + of);
    std::ignore = co_await get(wire, visit, begin + "destroy" + of);
    co_return files;
  }

  asio::awaitable<void> look_at_picture(Wire& wire, Visit& visit) {
    RecorderChannel* const channel =
        visit.hurried() ? nullptr : pictures_.turn(visit.question, visit.channels, visit.left());
    if (channel == nullptr) co_return;
    HttpRequest request = request_;
    request.url.target = "/cgi-bin/snapshot.cgi?channel=" + channel->key;
    request.max_body = ChannelPictures::kMaxBody;
    HttpReply reply = co_await visit.send(wire, std::move(request), true);
    std::ignore = co_await pictures_.take(wire, std::move(reply), *channel, visit.left(), visit.spent_us);
  }

  // What was learned in other visits.
  void complete(Visit& visit) {
    for (RecorderChannel& channel : visit.channels) {
      if (const auto source = std::ranges::find(sources_, channel.key, &RecorderChannel::key);
          source != sources_.end()) {
        channel.address = source->address;
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

  asio::awaitable<HttpReply> get(Wire& wire, Visit& visit, std::string target) {
    HttpRequest request = request_;
    request.url.target = std::move(target);
    return visit.send(wire, std::move(request), true);
  }

  asio::awaitable<std::optional<dahua::Values>> values(Wire& wire, Visit& visit, std::string target) {
    const HttpReply reply = co_await get(wire, visit, std::move(target));
    co_return reply.trouble == Trouble::none&& reply.status == 200 ? dahua::read_values(reply.body)
                                                                   : std::nullopt;
  }

  HttpRequest request_;
  std::vector<std::string> keys_;
  std::int64_t retention_;
  Millis zone_;
  bool has_login_;
  ChannelPictures pictures_;
  // As last read; the process may forget it at any time.
  Way way_ = Way::api;
  unsigned visits_ = 0;
  std::size_t turn_ = 0;
  std::map<std::string, Recorded> recorded_;
  std::vector<RecorderChannel> sources_;
  std::optional<Identity> identity_;
  std::optional<dahua::Disks> disks_;
};

constexpr auto kFor = std::to_array({Kind::monitoring_point});
constexpr auto kOptions = std::to_array<Option>({
    kUrlOption,
    kRetentionOption,
    {"utc_offset_minutes", OptionType::integer, false, "420",
     "The zone that the recorder's clock is set to, in minutes east of Greenwich: its API does not tell."},
    kChannelPictureOption,
    kPictureEveryOption,
    kTlsOption,
    kPinOption,
});

std::string check(const Options& options) {
  if (auto wrong = check_http_options(options); !wrong.empty()) return wrong;
  if (parse_url(options.text("url"))->target != "/")
    return "url: the recorder's address alone, without a path: http://192.0.2.10";
  if (const auto days = options.integer("min_retention_days"); days < 0 || days > 90)
    return "min_retention_days: must be from 0 to 90";
  if (const auto offset = options.integer("utc_offset_minutes", 420); offset < -840 || offset > 840)
    return "utc_offset_minutes: must be from -840 to 840";
  return check_channel_pictures(options);
}

}  // namespace

namespace rows {
extern const Driver dahua_nvr;
constinit const Driver dahua_nvr{
    .name = "dahua-nvr",
    .summary = "A Dahua recorder over its CGI: which channels it shows, and whether it records them.",
    .proven = "own simulator",
    .kinds = kFor,
    .highest = Rung::connected,
    .options = kOptions,
    .takes_login = true,
    .check = &check,
    .make = [](const Target& target) -> std::unique_ptr<Probe> { return std::make_unique<DahuaNvr>(target); },
};
}  // namespace rows
}  // namespace commune_watch
