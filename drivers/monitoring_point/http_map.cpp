// A list in JSON, XML or text, read by a map that is data.
#include "drivers/monitoring_point/http_map.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "drivers/json_shape.hpp"
#include "drivers/monitoring_point/recorder_visit.hpp"
#include "drivers/wall_time.hpp"
#include "drivers/xml.hpp"

namespace commune_watch {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxDepth = 32;
constexpr std::size_t kMaxRow = 4 * 1024;  // of text that one match may look at
// libstdc++'s breadth-first matcher: linear time and no recursion on hostile text (see
// drivers/generic/http.cpp).
constexpr auto kRegex = std::regex_constants::ECMAScript | std::regex_constants::__polynomial;

// Whatever it is, in words; objects and arrays have none.
std::optional<std::string> words_of(const Json& value) {
  if (value.is_string()) return clean_words(value.get_ref<const std::string&>());
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (value.is_number_integer()) return std::to_string(value.get<std::int64_t>());
  if (value.is_number()) {
    const double number = value.get<double>();
    return std::abs(number) < 1e15 ? std::to_string(std::llround(std::floor(number)))
                                   : std::optional<std::string>();
  }
  return std::nullopt;
}

std::optional<Json> parsed(std::string_view body) {
  if (!modest_json(body, kMaxDepth)) return std::nullopt;
  Json json = Json::parse(body, nullptr, false);
  return json.is_discarded() ? std::nullopt : std::optional(std::move(json));
}

const Json* at(const Json& json, const std::string& pointer) {
  const Json::json_pointer where(pointer);
  return json.contains(where) ? &json.at(where) : nullptr;
}

std::optional<std::int64_t> number_of(const std::string& text) {
  std::int64_t value = 0;
  const auto* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  return read.ec == std::errc() && read.ptr == end ? std::optional(value) : std::nullopt;
}

bool is_one_of(const std::vector<std::string>& words, const std::string& word) {
  return std::ranges::find(words, word) != words.end();
}

// One item, whatever the format: `look` gives what stands at a place.
template <class Look>
std::optional<RecorderChannel> channel_of(const HttpMap& map, std::optional<Millis> utc_now, Look look) {
  const std::optional<std::string> key = look(map.key);
  if (!key || key->empty()) return std::nullopt;
  RecorderChannel channel{.key = *key};
  if (!map.state.empty()) {
    if (const std::optional<std::string> state = look(map.state)) {
      channel.words = *state;
      if (is_one_of(map.online, *state)) channel.online = true;
      if (is_one_of(map.offline, *state)) channel.online = false;
      if (const auto number = number_of(*state); number && map.online_from)
        channel.online = *number >= *map.online_from;
    }
  }
  if (!map.seen.empty() && utc_now) {
    const std::optional<std::string> seen = look(map.seen);
    const auto when = seen ? instant_of(*seen) : std::nullopt;
    if (when && *utc_now - *when > map.seen_within) {
      channel.online = false;
      channel.words = *seen;
    } else if (when && map.state.empty()) {
      channel.online = true;
    }
  }
  if (!map.recording.empty()) {
    if (const std::optional<std::string> recording = look(map.recording)) {
      if (is_one_of(map.recording_on, *recording)) channel.recording = true;
      if (is_one_of(map.recording_off, *recording)) channel.recording = false;
    }
  }
  return channel;
}

bool add(std::vector<RecorderChannel>& channels, std::optional<RecorderChannel> channel) {
  if (channel) channels.push_back(std::move(*channel));
  return channels.size() <= kMaxSightings;
}

std::optional<std::vector<RecorderChannel>> read_json(std::string_view body, const HttpMap& map,
                                                      std::optional<Millis> utc_now) {
  const auto json = parsed(body);
  const Json* list = json ? at(*json, map.list) : nullptr;
  if (list == nullptr || !list->is_structured()) return std::nullopt;
  std::vector<RecorderChannel> channels;
  for (const auto& item : list->items()) {
    const auto look = [&](const std::string& place) -> std::optional<std::string> {
      if (place == "@name") return clean_words(item.key());
      const Json* found = at(item.value(), place);
      return found != nullptr ? words_of(*found) : std::nullopt;
    };
    if (!add(channels, channel_of(map, utc_now, look))) return std::nullopt;
  }
  return channels;
}

// "a/b/row": every row below a/b.
std::optional<std::vector<RecorderChannel>> read_xml(std::string_view body, const HttpMap& map,
                                                     std::optional<Millis> utc_now) {
  const xml::Document document(body);
  const auto slash = map.list.rfind('/');
  const auto above =
      slash == std::string::npos ? std::string_view() : std::string_view(map.list).substr(0, slash);
  const xml::Node list = document.root().at(above);
  if (!list) return std::nullopt;
  std::vector<RecorderChannel> channels;
  for (const xml::Node& row : list.children(std::string_view(map.list).substr(slash + 1))) {
    const auto look = [&](const std::string& place) -> std::optional<std::string> {
      const auto attribute = place.find('@');
      const auto found = attribute == std::string::npos
                             ? row.at(place).text()
                             : row.at(place.substr(0, attribute == 0 ? 0 : attribute - 1))
                                   .attribute(place.substr(attribute + 1));
      return found ? std::optional(clean_words(*found)) : std::nullopt;
    };
    if (!add(channels, channel_of(map, utc_now, look))) return std::nullopt;
  }
  return channels;
}

// Line by line: a match does not reach over a line's end.
std::optional<std::vector<RecorderChannel>> read_text(std::string_view body, const HttpMap& map,
                                                      std::optional<Millis> utc_now) {
  std::vector<RecorderChannel> channels;
  for (std::size_t from = 0; from < body.size();) {
    const auto end = std::min(body.find('\n', from), body.size());
    const std::string line(body.substr(from, std::min(end - from, kMaxRow)));
    from = end + 1;
    std::smatch match;
    if (!std::regex_search(line, match, *map.row, std::regex_constants::match_continuous)) continue;
    const auto look = [&](const std::string& place) -> std::optional<std::string> {
      const auto group = number_of(place).value_or(0);
      if (group < 1 || static_cast<std::size_t>(group) >= match.size() ||
          !match[static_cast<std::size_t>(group)].matched)
        return std::nullopt;
      return clean_words(match[static_cast<std::size_t>(group)].str());
    };
    if (!add(channels, channel_of(map, utc_now, look))) return std::nullopt;
  }
  return channels.empty() ? std::nullopt
                          : std::optional(std::move(channels));  // no line fits: it is something else
}

std::regex compiled(const std::string& pattern) { return std::regex("[^]*?(?:" + pattern + ")", kRegex); }

bool is_pointer(const std::string& text) {
  try {
    const Json::json_pointer parsed(text);
    return true;
  } catch (const Json::exception&) {
    return false;
  }
}

}  // namespace

HttpMap map_of(const Options& options) {
  HttpMap map;
  const std::string format = options.text("format", "json");
  if (format == "xml") map.format = HttpMap::Format::xml;
  if (format == "text") map.format = HttpMap::Format::text;
  map.list = options.text("list");
  map.key = options.text("key");
  map.state = options.text("state");
  map.seen = options.text("seen");
  map.recording = options.text("recording");
  if (map.format == HttpMap::Format::text) map.row = compiled(map.list);
  map.online = options.list("online");
  map.offline = options.list("offline");
  if (options.has("online_from")) map.online_from = options.integer("online_from");
  map.seen_within = options.integer("seen_within");
  map.recording_on = options.list("recording_on");
  map.recording_off = options.list("recording_off");
  return map;
}

std::string check_http_map(const Options& options) {
  const std::string format = options.text("format", "json");
  if (format != "json" && format != "xml" && format != "text")
    return "format: must be \"json\", \"xml\" or \"text\"";
  if (options.text("key").empty()) return "key: where an item's key stands";
  if (options.text("state").empty() && options.text("seen").empty())
    return "state: where an item says that it is online; or `seen`, when it was";
  if (!options.text("state").empty() && options.list("online").empty() && !options.has("online_from"))
    return "online: the words of `state` that mean online; or `online_from`, a number";
  if (!options.text("seen").empty() && options.integer("seen_within") <= 0)
    return "seen_within: how old `seen` may be, as \"5m\"";
  if (!options.text("recording").empty() && options.list("recording_on").empty())
    return "recording_on: the words of `recording` that mean that it records";
  for (const char* key : {"list", "key", "state", "seen", "recording"}) {
    const std::string place = options.text(key);
    if (format == "json" && place != "@name" && !is_pointer(place))
      return std::string(key) + ": must be a JSON pointer, as \"/items\" or \"/status/online\"";
    if (format == "text" && std::string_view(key) != "list" && !place.empty() && !number_of(place))
      return std::string(key) + ": must be the number of a group of `list`, as \"1\"";
  }
  if (format != "text") return {};
  try {
    const auto groups = compiled(options.text("list")).mark_count();
    for (const char* key : {"key", "state", "seen", "recording"})
      if (const auto group = number_of(options.text(key));
          group && (*group < 1 || *group > static_cast<int>(groups)))
        return std::string(key) + ": `list` has " + std::to_string(groups) + " groups";
  } catch (const std::regex_error&) {
    return "list: not a regular expression, or one with back-references";
  }
  return {};
}

std::optional<std::vector<RecorderChannel>> read_map(std::string_view body, const HttpMap& map,
                                                     std::optional<Millis> utc_now) {
  switch (map.format) {
    case HttpMap::Format::json:
      return read_json(body, map, utc_now);
    case HttpMap::Format::xml:
      return read_xml(body, map, utc_now);
    case HttpMap::Format::text:
      return read_text(body, map, utc_now);
  }
  return std::nullopt;
}

std::optional<std::string> json_text(std::string_view body, const std::string& pointer) {
  const auto json = parsed(body);
  const Json* found = json ? at(*json, pointer) : nullptr;
  return found != nullptr && found->is_string() ? std::optional(found->get<std::string>()) : std::nullopt;
}

namespace {

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
        map_(map_of(target.options)),
        keys_(target.bound_keys),
        login_path_(target.options.text("login_path")),
        login_form_(target.options.text("login_form")),
        token_(target.options.text("token")),
        token_query_(target.options.text("token_query")),
        has_login_(target.login.has_value()) {
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
    if (!known_.empty()) {
      request.url.target.append(request.url.target.find('?') == std::string::npos ? "?" : "&");
      request.url.target.append(token_query_).append("=").append(escaped(known_));
    }
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
    const auto channels = read_map(reply.body, map_, visit.question.utc_now);
    if (!channels) {
      finding.checks.push_back(bad(Rung::connected, reason_id("unparsable"), map_.list, reply.took_us));
      co_return;
    }
    finding.complete = true;
    finding.sightings = sightings(*channels, keys_, 0);
    finding.facts.push_back({FactId::channels, static_cast<std::int64_t>(channels->size())});
    finding.checks.push_back(good(Rung::connected, visit.spent_us));
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
  std::string login_path_, login_form_, token_, token_query_;
  bool has_login_;
  std::optional<Login> form_login_;
  std::string known_;  // the token, until it runs out
};

constexpr auto kFor = std::to_array({Kind::monitoring_point});
constexpr auto kOptions = std::to_array<Option>({
    {"url", OptionType::url, true, "", "Address of the list, http:// or https://, with its path."},
    {"format", OptionType::text, false, "json", "json, xml or text."},
    {"list", OptionType::text, false, "",
     "Where the items are: a JSON pointer (default the root), a path of XML names, or for text a regular "
     "expression with groups that "
     "matches one line."},
    {"key", OptionType::text, true, "",
     "Where an item's key stands: a pointer, a path, a group's number; \"@name\" is an item's own name in a "
     "JSON object."},
    {"state", OptionType::text, false, "", "Where an item says whether it is online."},
    {"online", OptionType::list, false, "", "Words of `state` that mean online."},
    {"offline", OptionType::list, false, "",
     "Words of `state` that mean offline; any other word is unknown."},
    {"online_from", OptionType::integer, false, "",
     "A number in `state` of at least this is online, less is offline."},
    {"seen", OptionType::text, false, "",
     "Where an item says when it was last seen: RFC 3339, or seconds or milliseconds since 1970."},
    {"seen_within", OptionType::duration, false, "", "Seen longer ago than this is offline."},
    {"recording", OptionType::text, false, "", "Where an item says whether it is recorded."},
    {"recording_on", OptionType::list, false, "", "Words of `recording` that mean that it is."},
    {"recording_off", OptionType::list, false, "", "Words of `recording` that mean that it is not."},
    {"login_path", OptionType::text, false, "",
     "Path that takes the login as a form and answers with a token; needs auth = \"basic\"."},
    {"login_form", OptionType::text, false, "user={username}&pass={password}", "That form."},
    {"token", OptionType::text, false, "/access_token", "JSON pointer to the token in its answer."},
    {"token_query", OptionType::text, false, "token",
     "Name under which the token goes into the list's query."},
    kTlsOption,
    kPinOption,
});

std::string check(const Options& options) {
  if (auto wrong = check_http_options(options); !wrong.empty()) return wrong;
  if (!options.text("login_path").empty() && !options.text("login_path").starts_with('/'))
    return "login_path: begins with a slash, as \"/zm/api/host/login.json\"";
  if (!is_pointer(options.text("token"))) return "token: must be a JSON pointer, as \"/access_token\"";
  return check_http_map(options);
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
