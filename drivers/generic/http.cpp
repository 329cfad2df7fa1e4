// A page over HTTP(S): does it answer, with a good status, with the right content, under a certificate that
// lasts?
#include "drivers/generic/http.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <regex>
#include <string>
#include <tuple>

namespace commune_watch {
namespace {

// libstdc++'s breadth-first matcher in one pass from the start: time grows with the length of the text, and
// the stack not at all, whatever a hostile page holds. (Its depth-first one overflows the stack; regex_search
// alone starts anew at every byte.)
constexpr auto kRegex =
    std::regex_constants::ECMAScript | std::regex_constants::nosubs | std::regex_constants::__polynomial;
constexpr std::size_t kRegexLooksAt = 32 * 1024;
constexpr std::size_t kBodyWanted = 128 * 1024;  // where a rule looks at it
constexpr std::size_t kBodyUnwanted = 1024;

std::optional<int> status_of(std::string_view text) {
  int value = 0;
  const auto end = text.data() + text.size();
  if (text.size() != 3 || std::from_chars(text.data(), end, value).ptr != end || value < 100 || value > 599)
    return std::nullopt;
  return value;
}

std::optional<StatusRange> range_of(std::string_view text) {
  const auto dash = text.find('-');
  const auto low = status_of(text.substr(0, dash));
  const auto high = dash == std::string_view::npos ? low : status_of(text.substr(dash + 1));
  if (!low || !high || *low > *high) return std::nullopt;
  return StatusRange{*low, *high};
}

std::regex compiled(const std::string& pattern) { return std::regex("[^]*?(?:" + pattern + ")", kRegex); }

bool matches(const std::string& body, const std::regex& pattern) {
  const auto end = body.begin() + static_cast<std::ptrdiff_t>(std::min(body.size(), kRegexLooksAt));
  return std::regex_search(body.begin(), end, pattern, std::regex_constants::match_continuous);
}

bool has_body_rule(const Options& options) {
  return options.has("body_contains") || options.has("body_match");
}

// The first line of a page, as its own words where the content is wrong.
std::string_view first_words(std::string_view body) {
  return body.substr(0, std::min<std::size_t>(body.find('\n'), kMaxWords));
}

}  // namespace

HttpRules http_rules(const Target& target) {
  HttpRules rules;
  if (target.options.has("status")) {
    rules.good.clear();
    for (const std::string& each : target.options.list("status"))
      if (const auto range = range_of(each)) rules.good.push_back(*range);
  }
  rules.body_contains = target.options.text("body_contains");
  if (target.options.has("body_match")) rules.body_match = compiled(target.options.text("body_match"));
  rules.warn_days = target.options.integer("certificate_warn_days", 14);
  rules.has_login = target.login.has_value();
  return rules;
}

Finding judge(const HttpReply& reply, const HttpRules& rules, const Question& question) {
  Finding finding;
  finding.login = login_use(reply);
  HttpLadder ladder = http_ladder(reply, question);
  finding.checks = std::move(ladder.checks);
  note_certificate(finding, reply, rules.warn_days, question);
  if (!ladder.answered) return finding;
  finding.facts.push_back({FactId::status_code, reply.status});
  finding.facts.push_back({FactId::connect_us, reply.connect_us});

  const std::string words = "HTTP " + std::to_string(reply.status);
  const bool challenge_is_an_answer = reply.status == 401 && !rules.has_login;
  if (!challenge_is_an_answer) {
    if (const auto trouble = login_trouble(Rung::answering, reply, rules.has_login, question)) {
      finding.checks.back() = *trouble;
      return finding;
    }
    const auto is_good = [&](const StatusRange& range) {
      return reply.status >= range.low && reply.status <= range.high;
    };
    if (std::ranges::none_of(rules.good, is_good)) {
      finding.checks.back() = bad(Rung::answering, reason_id("http-status"), words, reply.took_us);
      return finding;
    }
  }
  if (rules.body_contains.empty() && !rules.body_match) return finding;
  if (challenge_is_an_answer) {
    finding.checks.push_back(bad(Rung::active, reason_id("login-needed"), words, reply.took_us));
    return finding;
  }
  finding.checks.push_back(
      good(Rung::active, reply.took_us));  // the page was delivered; the next rung is what it says
  finding.facts.push_back({FactId::body_bytes, static_cast<std::int64_t>(reply.body.size())});
  const bool is_right =
      (rules.body_contains.empty() || reply.body.find(rules.body_contains) != std::string::npos) &&
      (!rules.body_match || matches(reply.body, *rules.body_match));
  finding.checks.push_back(
      is_right ? good(Rung::useful, reply.took_us)
               : bad(Rung::useful, reason_id("body-mismatch"), first_words(reply.body), reply.took_us));
  return finding;
}

namespace {

class Http final : public Probe {
 public:
  explicit Http(const Target& target) : rules_(http_rules(target)) {
    request_.url = parse_url(target.options.text("url")).value();
    request_.login = target.login;
    request_.tls = tls_policy(target);
    request_.max_body = has_body_rule(target.options) ? kBodyWanted : kBodyUnwanted;
    request_.cut_body = true;
  }

  asio::awaitable<Finding> run(Wire& wire, const Question& question) override {
    HttpRequest request = request_;
    request.limit = question.limit;
    request.connect_limit = std::min(request.connect_limit, question.limit);
    if (!question.may_log_in) request.login.reset();
    const HttpReply reply = co_await wire.http(std::move(request));
    Finding finding = judge(reply, rules_, question);
    not_tested_up_to(finding, question.depth);
    co_return finding;
  }

 private:
  HttpRequest request_;
  HttpRules rules_;
};

constexpr auto kFor = std::to_array({Kind::access_point, Kind::speaker_cluster, Kind::camera, Kind::website,
                                     Kind::uplink, Kind::network_switch});
constexpr auto kOptions = std::to_array<Option>({
    kUrlOption,
    {"status", OptionType::list, false, "",
     "Good statuses and ranges, as \"200\" or \"200-299\"; default 200-399, and 401 where no login is set."},
    {"body_contains", OptionType::text, false, "",
     "Text that the first 128 KiB of the page must contain, byte for byte."},
    {"body_match", OptionType::regex, false, "",
     "Regular expression (ECMAScript, no back-references) that must match somewhere in the first 32 KiB."},
    {"certificate_warn_days", OptionType::integer, false, "14",
     "Days before a certificate's end from which on it is a warning."},
    kTlsOption,
    kPinOption,
});

std::string check(const Options& options) {
  if (auto wrong = check_http_options(options); !wrong.empty()) return wrong;
  for (const std::string& each : options.list("status"))
    if (!range_of(each))
      return "status: each must be a status or a range from 100 to 599, as \"200\" or \"200-299\"";
  const auto days = options.integer("certificate_warn_days", 14);
  if (days < 0 || days > 365) return "certificate_warn_days: must be between 0 and 365";
  try {
    if (options.has("body_match")) std::ignore = compiled(options.text("body_match"));
  } catch (const std::regex_error&) {
    return "body_match: not a regular expression, or one with back-references";
  }
  return {};
}

}  // namespace

namespace rows {
extern const Driver http;
constinit const Driver http{
    .name = "http",
    .summary = "Fetches a page: status, content, certificate.",
    .proven = "independent server",
    .kinds = kFor,
    .highest = Rung::useful,
    .options = kOptions,
    .takes_login = true,
    .reach = [](const Options& options) { return has_body_rule(options) ? Rung::useful : Rung::answering; },
    .check = &check,
    .make = [](const Target& target) -> std::unique_ptr<Probe> { return std::make_unique<Http>(target); },
};
}  // namespace rows
}  // namespace commune_watch
