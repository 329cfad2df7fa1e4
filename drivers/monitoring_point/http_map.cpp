// A platform's list over HTTP: a login by form where it wants one, then one request.
#include "drivers/monitoring_point/http_map.hpp"

#include <array>
#include <memory>
#include <utility>

#include "drivers/monitoring_point/channel_picture.hpp"
#include "drivers/monitoring_point/recorder_visit.hpp"

namespace commune_watch {
namespace {

constexpr std::string_view kDefaultFormat = "json";
constexpr std::size_t kMaxBody = 4 * 1024 * 1024;

// A value in a form or a query.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_';
    const auto byte = static_cast<unsigned char>(c);
    if (plain) {
      result.push_back(c);
    } else {
      result.append({'%', "0123456789ABCDEF"[byte >> 4U], "0123456789ABCDEF"[byte & 0xfU]});
    }
  }
  return result;
}

std::string filled(std::string text, std::string_view place, std::string_view value) {
  if (const auto at = text.find(place); at != std::string::npos)
    text.replace(at, place.size(), escaped(value));
  return text;
}

class HttpMapProbe final : public Probe {
 public:
  explicit HttpMapProbe(const Target& target)
      : request_(recorder_request(target, kMaxBody)),
        map_(map_of(target.options, target.options.text("format", kDefaultFormat))),
        keys_(target.bound_keys),
        login_path_(target.options.text("login_path")),
        login_form_(target.options.text("login_form")),
        token_(target.options.text("token")),
        token_query_(target.options.text("token_query")),
        snapshot_(target.options.text("snapshot")),
        has_login_(target.login.has_value()),
        pictures_(target) {
    if (!login_path_.empty()) form_login_ = std::exchange(request_.login, std::nullopt);
  }

  asio::awaitable<Finding> run(Wire& wire, const Question& question) override {
    RecorderVisit visit{.question = question};
    co_await look(wire, visit);
    not_tested_up_to(visit.finding, question.depth);
    co_return std::move(visit.finding);
  }

 private:
  asio::awaitable<void> look(Wire& wire, RecorderVisit& visit) {
    const bool deep = visit.question.depth >= Rung::connected;
    Finding& finding = visit.finding;
    if (deep && form_login_ && known_.empty() && !co_await log_in(wire, visit)) co_return;
    HttpRequest request = request_;
    if (!deep) request.url.target = "/";
    add_token(request);
    const HttpReply reply = co_await visit.send(wire, std::move(request), deep);
    const bool answered = visit.begin(reply);
    if (!answered || !deep) co_return;
    if (form_login_ && reply.status == 401) known_.clear();  // it has run out: the next visit gets another
    const bool token_ran_out = form_login_ && reply.status == 401;
    auto trouble = token_ran_out ? std::optional(bad(Rung::connected, reason_id("monitoring-point-silent"),
                                                     "HTTP 401", reply.took_us))
                                 : page_trouble(reply, has_login_, visit.question);
    if (trouble) {
      finding.checks.push_back(std::move(*trouble));
      co_return;
    }
    auto channels = read_map(reply.body, map_, visit.question.utc_now);
    if (!channels) {
      finding.checks.push_back(bad(Rung::connected, reason_id("unparsable"), map_.list, reply.took_us));
      co_return;
    }
    co_await look_at_picture(wire, visit, *channels);
    finding.complete = true;
    finding.sightings = sightings(*channels, keys_, 0);
    finding.facts.push_back({FactId::channels, static_cast<std::int64_t>(channels->size())});
    finding.checks.push_back(good(Rung::connected, visit.spent_us));
  }

  void add_token(HttpRequest& request) const {
    if (known_.empty()) return;
    request.url.target.append(request.url.target.find('?') == std::string::npos ? "?" : "&");
    request.url.target.append(token_query_).append("=").append(escaped(known_));
  }

  asio::awaitable<void> look_at_picture(Wire& wire, RecorderVisit& visit,
                                        std::vector<RecorderChannel>& channels) {
    RecorderChannel* const channel = snapshot_.empty() || visit.hurried()
                                         ? nullptr
                                         : pictures_.turn(visit.question, channels, visit.left());
    if (channel == nullptr) co_return;
    HttpRequest request = request_;
    request.url.target = filled(snapshot_, "{key}", channel->key);
    request.max_body = ChannelPictures::kMaxBody;
    add_token(request);
    HttpReply reply = co_await visit.send(wire, std::move(request), true);
    // Frigate hands out the last frame that it had.
    if (const auto* offline = reply.header("x-frigate-offline"); offline != nullptr && *offline == "true")
      co_return;
    std::ignore = co_await pictures_.take(wire, std::move(reply), *channel, visit.left(), visit.spent_us);
  }

  // A form with the password in it is as readable as Basic: only where the login says so. Once; what is
  // refused is reported.
  asio::awaitable<bool> log_in(Wire& wire, RecorderVisit& visit) {
    Finding& finding = visit.finding;
    const char* const not_sent = !visit.question.may_log_in  ? "login-blocked"
                                 : !form_login_->allow_basic ? "basic-refused"
                                                             : nullptr;
    HttpRequest request = request_;
    if (not_sent != nullptr) {
      request.url.target = "/";
    } else {
      request.method = "POST";
      request.url.target = login_path_;
      request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
      request.body = filled(filled(login_form_, "{username}", form_login_->username), "{password}",
                            form_login_->password);
    }
    const HttpReply reply = co_await visit.send(wire, std::move(request), false);
    const bool answered = visit.begin(reply);
    if (!answered) co_return false;
    const auto because = [&](std::string_view code) {
      finding.checks.push_back(
          bad(Rung::connected, reason_id(code), "HTTP " + std::to_string(reply.status), reply.took_us));
    };
    if (not_sent != nullptr) {
      because(not_sent);
      co_return false;
    }
    if (reply.status == 401 || reply.status == 403) {
      finding.login = LoginUse::refused;
      because("bad-password");
      co_return false;
    }
    finding.login = LoginUse::unsettled;
    if (auto trouble = page_trouble(reply, true, visit.question)) {
      finding.checks.push_back(std::move(*trouble));
      co_return false;
    }
    known_ = json_text(reply.body, token_).value_or("");
    if (known_.empty()) {
      because("unparsable");
      co_return false;
    }
    finding.login = LoginUse::accepted;
    co_return true;
  }

  HttpRequest request_;
  HttpMap map_;
  std::vector<std::string> keys_;
  std::string login_path_, login_form_, token_, token_query_, snapshot_;
  bool has_login_;
  ChannelPictures pictures_;
  std::optional<Login> form_login_;
  std::string known_;  // the token, until it runs out
};

constexpr auto kFor = std::to_array({Kind::monitoring_point});
constexpr auto kOptions = std::to_array<Option>({
    {"url", OptionType::url, true, "", "Address of the list, http:// or https://, with its path."},
    {"format", OptionType::text, false, kDefaultFormat, "json, xml, csv or text."},
    {"list", OptionType::text, false, "",
     "Where the items are: a JSON pointer (default the root), a path of XML names, or for text a regular "
     "expression with groups that matches one line; csv needs none."},
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
    {"login_path", OptionType::text, false, "",
     "Path that takes the login as a form and answers with a token; needs auth = \"basic\"."},
    {"login_form", OptionType::text, false, "user={username}&pass={password}", "That form."},
    {"token", OptionType::text, false, "/access_token", "JSON pointer to the token in its answer."},
    {"token_query", OptionType::text, false, "token",
     "Name under which the token goes into the list's query."},
    {"snapshot", OptionType::text, false, "",
     "Path of what it shows of an item, as JPEG, with {key} where the item's key goes; empty: not fetched."},
    kChannelPictureOption,
    kPictureEveryOption,
    kTlsOption,
    kPinOption,
});

std::string check(const Options& options) {
  if (auto wrong = check_http_options(options); !wrong.empty()) return wrong;
  if (!options.text("login_path").empty() && !options.text("login_path").starts_with('/'))
    return "login_path: begins with a slash, as \"/zm/api/host/login.json\"";
  if (const auto path = options.text("snapshot");
      !path.empty() && (!path.starts_with('/') || path.find("{key}") == std::string::npos))
    return "snapshot: begins with a slash and holds {key}, as \"/api/{key}/latest.jpg\"";
  if (auto wrong = check_channel_pictures(options); !wrong.empty()) return wrong;
  if (!is_json_pointer(options.text("token"))) return "token: must be a JSON pointer, as \"/access_token\"";
  return check_http_map(options, options.text("format", kDefaultFormat));
}

}  // namespace

namespace rows {
extern const Driver http_map;
constinit const Driver http_map{
    .name = "http-map",
    .summary = "Any platform's list of devices over HTTP, read by a map that is data.",
    .proven = "independent server",
    .kinds = kFor,
    .highest = Rung::connected,
    .options = kOptions,
    .takes_login = true,
    .check = &check,
    .make = [](const Target& target) -> std::unique_ptr<Probe> {
      return std::make_unique<HttpMapProbe>(target);
    },
};
}  // namespace rows
}  // namespace commune_watch
