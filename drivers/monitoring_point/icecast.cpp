// A broadcast server of the icecast family: which speaker clusters listen now, by its administration pages.
#include "drivers/monitoring_point/icecast.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <memory>
#include <pugixml.hpp>
#include <set>

#include "drivers/http_answer.hpp"
#include "drivers/monitoring_point/recorder.hpp"

namespace commune_watch {
namespace {

constexpr std::size_t kMaxMounts = 32;
constexpr std::size_t kMaxBody = 1024 * 1024;  // 4,096 listeners at 250 bytes
constexpr std::size_t kMaxName = 256;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

// 2.4 writes <UserAgent>, 2.5 and kh <useragent>.
std::string text_of(const pugi::xml_node& node, std::string_view name) {
  for (const pugi::xml_node& child : node.children())
    if (same_word(child.name(), name))
      return std::string(std::string_view(child.text().get()).substr(0, kMaxName));
  return {};
}

std::int64_t number_of(const std::string& text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return std::clamp<std::int64_t>(value, 0, 100LL * 366 * 86'400);
}

// <icestats><source mount="/xa.mp3">…</source>…</icestats>; anything else is not icecast. No document type:
// nothing is expanded.
std::optional<std::vector<pugi::xml_node>> sources(pugi::xml_document& document, std::string_view body) {
  if (!document.load_buffer(body.data(), body.size(), pugi::parse_default & ~pugi::parse_eol))
    return std::nullopt;
  const pugi::xml_node root = document.document_element();
  if (!same_word(root.name(), "icestats")) return std::nullopt;
  std::vector<pugi::xml_node> found;
  for (const pugi::xml_node& child : root.children())
    if (same_word(child.name(), "source")) found.push_back(child);
  return found;
}

bool is_word_character(char c) { return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9'); }

bool is_word_in(std::string_view word, std::string_view text) {
  if (word.empty()) return false;
  for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const bool begins = at == 0 || !is_word_character(text[at - 1]);
    const bool ends = at + word.size() == text.size() || !is_word_character(text[at + word.size()]);
    if (begins && ends) return true;
  }
  return false;
}

}  // namespace

std::optional<std::vector<IcecastMount>> read_mounts(std::string_view body) {
  pugi::xml_document document;
  const auto found = sources(document, body);
  if (!found) return std::nullopt;
  std::vector<IcecastMount> mounts;
  for (const pugi::xml_node& source : *found) {
    const std::string name = source.attribute("mount").value();
    if (name.empty() || name.size() > kMaxName) return std::nullopt;
    mounts.push_back({.name = name, .fallback = text_of(source, "fallback")});
  }
  return mounts;
}

std::optional<std::vector<IcecastListener>> read_listeners(std::string_view body) {
  pugi::xml_document document;
  const auto found = sources(document, body);
  if (!found || found->empty()) return std::nullopt;
  std::vector<IcecastListener> listeners;
  for (const pugi::xml_node& source : *found) {
    for (const pugi::xml_node& child : source.children()) {
      if (!same_word(child.name(), "listener")) continue;
      if (listeners.size() >= kMaxSightings) return std::nullopt;
      listeners.push_back({.username = text_of(child, "username"),
                           .user_agent = text_of(child, "useragent"),
                           .address = text_of(child, "ip"),
                           .connected_seconds = number_of(text_of(child, "connected"))});
    }
  }
  return listeners;
}

bool means(std::string_view key, const IcecastListener& listener, IcecastMatch match) {
  const bool by_name = key == listener.username;
  const bool by_agent = key == listener.user_agent || is_word_in(key, listener.user_agent);
  const bool by_address = key == listener.address;
  switch (match) {
    case IcecastMatch::username:
      return by_name;
    case IcecastMatch::user_agent:
      return by_agent;
    case IcecastMatch::address:
      return by_address;
    case IcecastMatch::automatic:
      return by_name || by_agent || by_address;
  }
  return false;
}

std::vector<Sighting> sightings(const std::vector<IcecastListener>& listeners,
                                const std::vector<std::string>& keys, IcecastMatch match) {
  // In the order of trust: who logged in under a name is not somebody else by his address.
  constexpr auto kOrder =
      std::to_array({IcecastMatch::username, IcecastMatch::user_agent, IcecastMatch::address});
  std::map<std::string, std::int64_t> seconds;
  for (const IcecastListener& listener : listeners) {
    const std::string* bound = nullptr;
    for (const IcecastMatch way : kOrder) {
      if (bound != nullptr) break;
      if (match != IcecastMatch::automatic && match != way) continue;
      const auto found =
          std::ranges::find_if(keys, [&](const std::string& key) { return means(key, listener, way); });
      if (found != keys.end()) bound = &*found;
    }
    const std::string key = bound != nullptr             ? *bound
                            : !listener.username.empty() ? clean_words(listener.username)
                                                         : clean_words(listener.address);
    if (bound == nullptr && (key.empty() || std::ranges::find(keys, key) != keys.end())) continue;
    auto& longest = seconds[key];
    longest = std::max(longest, listener.connected_seconds);
  }
  std::vector<Sighting> result;
  for (const auto& [key, connected] : seconds) {
    if (result.size() >= kMaxSightings) break;
    result.push_back({.key = key,
                      .checks = {good(Rung::connected, 0)},
                      .facts = {{FactId::connected_seconds, connected}}});
  }
  return result;
}

IcecastPlan plan(const std::vector<IcecastMount>& listed, const std::vector<std::string>& asked_for,
                 const std::map<std::string, std::string>& fallbacks) {
  const auto is_listed = [&](const std::string& name) {
    return std::ranges::find(listed, name, &IcecastMount::name) != listed.end();
  };
  IcecastPlan result;
  result.source_missing = asked_for.empty() ? listed.empty() : !std::ranges::all_of(asked_for, is_listed);
  for (const auto& [mount, fallback] : fallbacks) {
    const bool matters = asked_for.empty() || std::ranges::find(asked_for, mount) != asked_for.end();
    if (matters && !fallback.empty() && !is_listed(mount) && !is_listed(fallback))
      result.listeners_hidden = true;
  }
  if (asked_for.empty() || result.source_missing) {
    for (const IcecastMount& mount : listed) result.mounts.push_back(mount.name);
    return result;
  }
  std::set<std::string> known;
  std::vector<std::string> open = asked_for;
  while (!open.empty()) {
    const std::string name = std::move(open.back());
    open.pop_back();
    const auto mount = std::ranges::find(listed, name, &IcecastMount::name);
    if (mount == listed.end() || !known.insert(name).second) continue;
    result.mounts.push_back(name);
    if (!mount->fallback.empty()) open.push_back(mount->fallback);
  }
  std::ranges::sort(result.mounts);
  return result;
}

std::string query_value(std::string_view text) {
  constexpr std::string_view kPlain = "-._~/";
  std::string result;
  for (const char c : text) {
    if (is_word_character(c) || kPlain.find(c) != std::string_view::npos) {
      result.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      result.push_back('%');
      result.push_back("0123456789ABCDEF"[byte >> 4U]);
      result.push_back("0123456789ABCDEF"[byte & 0xfU]);
    }
  }
  return result;
}

namespace {

IcecastMatch match_of(const Options& options) {
  const std::string text = options.text("match");
  if (text == "username") return IcecastMatch::username;
  if (text == "user-agent") return IcecastMatch::user_agent;
  if (text == "address") return IcecastMatch::address;
  return IcecastMatch::automatic;
}

// How one visit went on: what was found, and how much of the question's time is left.
struct Visit {
  const Question& question;
  Finding finding{};
  std::int64_t spent_us = 0;
  std::vector<IcecastListener> listeners{};
  [[nodiscard]] Millis left() const { return std::max<Millis>(question.limit - spent_us / 1'000, 1); }
};

class Icecast final : public Probe {
 public:
  explicit Icecast(const Target& target)
      : keys_(target.bound_keys), mounts_(target.options.list("mounts")), match_(match_of(target.options)) {
    request_.url = parse_url(target.options.text("url")).value();
    request_.login = target.login;
    request_.tls = tls_policy(target);
    request_.keep_alive = true;
    request_.max_body = kMaxBody;
    has_login_ = target.login.has_value();
  }

  asio::awaitable<Finding> run(Wire& wire, const Question& question) override {
    Visit visit{.question = question};
    co_await look(wire, visit);
    not_tested_up_to(visit.finding, question.depth);
    co_return std::move(visit.finding);
  }

 private:
  // The ladder's lower rungs are the first page's; the others add to `connected` only.
  asio::awaitable<void> look(Wire& wire, Visit& visit) {
    const bool deep = visit.question.depth >= Rung::connected;
    const char* const page = deep ? "/admin/listmounts" : "/status-json.xsl";
    const HttpReply first = co_await get(wire, visit, page, deep);
    Finding& finding = visit.finding;
    HttpLadder ladder = http_ladder(first, visit.question);
    finding.checks = std::move(ladder.checks);
    note_certificate(finding, first, kWarnDays, visit.question);
    if (!ladder.answered || !deep) co_return;
    if (auto trouble = page_trouble(first, has_login_, visit.question)) {
      finding.checks.push_back(std::move(*trouble));
      co_return;
    }
    const auto listed = read_mounts(first.body);
    if (!listed) {
      finding.checks.push_back(bad(Rung::connected, reason_id("unparsable"), "listmounts", first.took_us));
      co_return;
    }
    for (const IcecastMount& mount : *listed)
      if (fallbacks_.size() < kMaxMounts || fallbacks_.contains(mount.name))
        fallbacks_[mount.name] = mount.fallback;
    IcecastPlan steps = plan(*listed, mounts_, fallbacks_);
    finding.complete = steps.mounts.size() <= kMaxMounts && !steps.listeners_hidden;
    if (steps.mounts.size() > kMaxMounts) steps.mounts.resize(kMaxMounts);
    for (const std::string& mount : steps.mounts)
      if (co_await read(wire, visit, mount)) steps.source_missing = true;
    finding.sightings = sightings(visit.listeners, keys_, match_);
    finding.facts.push_back({FactId::listeners, static_cast<std::int64_t>(visit.listeners.size())});
    if (steps.source_missing) finding.warnings.push_back(reason_id("no-source"));
    if (finding.checks.back().rung != Rung::connected)
      finding.checks.push_back(good(Rung::connected, visit.spent_us));
  }

  // One mount's listeners into the visit. A list that cannot be read whole leaves the finding incomplete: who
  // is seen elsewhere is still seen. True: the mount has lost its source since it was listed.
  asio::awaitable<bool> read(Wire& wire, Visit& visit, const std::string& mount) const {
    const std::string target = "/admin/listclients?mount=" + query_value(mount);
    const HttpReply reply = co_await get(wire, visit, target, true);
    if (reply.trouble == Trouble::none && (reply.status == 400 || reply.status == 404)) co_return true;
    const bool whole = reply.trouble == Trouble::none && !page_trouble(reply, has_login_, visit.question);
    const auto listeners = whole ? read_listeners(reply.body) : std::nullopt;
    if (listeners)
      visit.listeners.insert(visit.listeners.end(), listeners->begin(), listeners->end());
    else
      visit.finding.complete = false;
    co_return false;
  }

  asio::awaitable<HttpReply> get(Wire& wire, Visit& visit, std::string target, bool with_login) const {
    HttpRequest request = request_;
    request.url.target = std::move(target);
    request.limit = visit.left();
    request.connect_limit = std::min(request.connect_limit, request.limit);
    if (!with_login || !visit.question.may_log_in || visit.finding.login == LoginUse::refused)
      request.login.reset();
    HttpReply reply = co_await wire.http(std::move(request));
    visit.spent_us += reply.took_us;
    if (const LoginUse use = login_use(reply); use != LoginUse::none) visit.finding.login = use;
    co_return reply;
  }

  static constexpr std::int64_t kWarnDays = 14;
  HttpRequest request_;
  std::vector<std::string> keys_, mounts_;
  std::map<std::string, std::string> fallbacks_;  // as last listed
  IcecastMatch match_;
  bool has_login_ = false;
};

constexpr auto kFor = std::to_array({Kind::monitoring_point});
constexpr auto kOptions = std::to_array<Option>({
    kUrlOption,
    {"mounts", OptionType::list, false, "",
     "Mounts that speakers listen to, as \"/xa.mp3\"; default all that the server lists. Fallback mounts are "
     "counted in."},
    {"match", OptionType::text, false, "",
     "What `key` of a speaker's monitor row is: \"username\", \"user-agent\" or \"address\"; default "
     "whichever fits first, in that order."},
    kTlsOption,
    kPinOption,
});

std::string check(const Options& options) {
  if (auto wrong = check_http_options(options); !wrong.empty()) return wrong;
  if (parse_url(options.text("url"))->target != "/")
    return "url: the server's address alone, without a path: http://192.0.2.30:8000";
  const std::string match = options.text("match");
  if (!match.empty() && match != "username" && match != "user-agent" && match != "address")
    return "match: must be \"username\", \"user-agent\" or \"address\"";
  for (const std::string& mount : options.list("mounts"))
    if (!mount.starts_with('/')) return "mounts: each begins with a slash, as \"/xa.mp3\"";
  return {};
}

}  // namespace

namespace rows {
extern const Driver icecast;
constinit const Driver icecast{
    .name = "icecast",
    .summary = "A broadcast server of the icecast family: which speaker clusters listen now.",
    .proven = "independent server",
    .kinds = kFor,
    .highest = Rung::connected,
    .options = kOptions,
    .takes_login = true,
    .basic_only = true,
    .check = &check,
    .make = [](const Target& target) -> std::unique_ptr<Probe> { return std::make_unique<Icecast>(target); },
};
}  // namespace rows
}  // namespace commune_watch
