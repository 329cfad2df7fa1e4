// A camera over ONVIF: its service and its clock without a password, then the stream that it names, visited
// as the rtsp driver does.
//
// Where the stream is, is asked with the login once and remembered; the camera is asked again once a day,
// and when the stream is not there any more. A login that ONVIF refused is not tried on the stream.
#include "drivers/camera/onvif.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>

#include "drivers/camera/rtsp.hpp"
#include "drivers/onvif_visit.hpp"

namespace commune_watch {
namespace {

constexpr std::size_t kMaxBody = 512 * 1024;  // profiles are verbose: 30 of them are 100 kB
constexpr Millis kHour = 3'600'000, kDay = 24 * kHour;
constexpr std::uint16_t kNoteVersion = 0x4F31;  // so that no other driver's note is taken for one
constexpr std::string_view kNoteBegin = "onvif 1\n";
constexpr std::string_view kStreamFollows = "note";

std::optional<std::int64_t> number(std::string_view text, std::int64_t most) {
  std::int64_t value = 0;
  const auto* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  return read.ec == std::errc() && read.ptr == end && value >= 0 && value <= most ? std::optional(value)
                                                                                  : std::nullopt;
}

// One line of the note.
bool take(OnvifMemory& memory, std::string_view key, std::string_view value) {
  const auto identity = [&](std::string Identity::*field) {
    if (!memory.identity) memory.identity.emplace();
    ((*memory.identity).*field) = clean_words(value);
    return true;
  };
  if (key == "learned") {
    const auto at = number(value, INT64_MAX);
    memory.learned = at.value_or(0);
    return at.has_value();
  }
  if (key == "port") {
    const auto port = number(value, UINT16_MAX);
    memory.port = static_cast<std::uint16_t>(port.value_or(0));
    return memory.port != 0;
  }
  if (key == "scheme") {
    memory.secure = value == "rtsps";
    return memory.secure;
  }
  if (key == "wanted") memory.wanted = value;
  if (key == "target") memory.target = value;
  if (key == "wanted" || key == "target") return value.size() <= onvif::kMaxTarget;
  if (key == "maker") return identity(&Identity::maker);
  if (key == "model") return identity(&Identity::model);
  if (key == "serial") return identity(&Identity::serial);
  if (key == "firmware") return identity(&Identity::firmware);
  if (key != kStreamFollows) return false;
  const auto version = number(value, UINT16_MAX);
  if (version) memory.stream = Note{.version = static_cast<std::uint16_t>(*version), .body = {}};
  return version.has_value();
}

}  // namespace

bool OnvifMemory::old(const std::optional<Millis>& utc_now) const {
  return utc_now && (learned == 0 || *utc_now < learned || *utc_now - learned >= kDay);
}

OnvifMemory remembered(const std::optional<Note>& note, const std::string& wanted) {
  if (!note || note->version != kNoteVersion || note->body.empty() || note->body.size() > kMaxNote) return {};
  std::string_view text(reinterpret_cast<const char*>(note->body.data()), note->body.size());
  if (!text.starts_with(kNoteBegin)) return {};
  text.remove_prefix(kNoteBegin.size());
  OnvifMemory memory;
  while (!text.empty() && !memory.stream) {
    const auto end = text.find('\n'), space = text.find(' ');
    if (end == std::string_view::npos || space >= end) return {};
    if (!take(memory, text.substr(0, space), text.substr(space + 1, end - space - 1))) return {};
    text.remove_prefix(end + 1);
  }
  if (memory.stream)
    for (const char c : text) memory.stream->body.push_back(static_cast<std::byte>(c));
  if (memory.wanted != wanted || memory.target.empty() != (memory.port == 0)) return {};
  if (!memory.target.empty() && memory.target.front() != '/') return {};
  if (!std::ranges::all_of(memory.target, [](unsigned char c) { return c > 0x20 && c < 0x7F; })) return {};
  return memory;
}

Note note_of(const OnvifMemory& memory) {
  std::string text(kNoteBegin);
  const auto line = [&](std::string_view key, std::string_view value) {
    if (!value.empty()) text.append(key).append(" ").append(value).append("\n");
  };
  line("wanted", memory.wanted);
  line("learned", std::to_string(memory.learned));
  if (!memory.target.empty()) line("port", std::to_string(memory.port));
  if (!memory.target.empty() && memory.secure) line("scheme", "rtsps");
  line("target", memory.target);
  if (memory.identity) {
    line("maker", memory.identity->maker);
    line("model", memory.identity->model);
    line("serial", memory.identity->serial);
    line("firmware", memory.identity->firmware);
  }
  Note note{.version = kNoteVersion, .body = {}};
  const bool fits = memory.stream && text.size() + memory.stream->body.size() + 16 <= kMaxNote;
  if (fits) line(kStreamFollows, std::to_string(memory.stream->version));
  for (const char c : text) note.body.push_back(static_cast<std::byte>(c));
  if (fits) note.body.insert(note.body.end(), memory.stream->body.begin(), memory.stream->body.end());
  return note;
}

void join_stream(Finding& finding, Finding stream) {
  for (Check& check : stream.checks) {
    const bool trouble = check.outcome == Outcome::failed || check.outcome == Outcome::unknown;
    if (check.rung <= Rung::answering && !trouble) {
      if (check.reason != ReasonId::none) finding.warnings.push_back(check.reason);
      continue;
    }
    if (check.outcome == Outcome::not_tested) break;
    check.rung = std::max(check.rung, Rung::active);
    finding.checks.push_back(std::move(check));
    if (trouble) break;
  }
  // Of two certificates, of the service and of the stream, one is enough to warn of.
  for (const ReasonId warning : stream.warnings)
    if (std::ranges::find(finding.warnings, warning) == finding.warnings.end())
      finding.warnings.push_back(warning);
  for (const Fact& fact : stream.facts)
    if (fact.what != FactId::certificate_days_left ||
        std::ranges::find(finding.facts, fact.what, &Fact::what) == finding.facts.end())
      finding.facts.push_back(fact);
  if (stream.identity) finding.identity = std::move(stream.identity);
  if (stream.login == LoginUse::refused || finding.login == LoginUse::none) finding.login = stream.login;
}

namespace {

using onvif::Media;

class OnvifCamera final : public Probe {
 public:
  explicit OnvifCamera(const Target& target)
      : base_(onvif::request_of(target, kMaxBody)),
        wanted_(target.options.text("profile")),
        stream_(target) {}

  asio::awaitable<Finding> run(Wire& wire, const Question& question) override {
    if (question.depth == Rung::reachable) {
      const Finding finding = co_await stream_.run(wire, question, base_.url);
      co_return finding;
    }
    onvif::Visit visit(base_, question);
    if (co_await visit.begin(wire)) {
      if (!visit.spoke_soap)
        visit.finding.checks.back() =
            bad(Rung::answering, reason_id("protocol-error"), visit.not_soap, visit.spent_us);
      else if (question.depth > Rung::answering)
        co_await look(wire, visit);
    }
    note_logins(visit);
    not_tested_up_to(visit.finding, question.depth);
    co_return std::move(visit.finding);
  }

 private:
  // The stream, and what has to be asked before or may be asked after it.
  asio::awaitable<void> look(Wire& wire, onvif::Visit& visit) {
    const Question& question = visit.question;
    const OnvifMemory before = remembered(question.note, wanted_);
    OnvifMemory memory = before;
    memory.wanted = wanted_;
    std::optional<Url> url;
    if (!memory.target.empty())
      url = Url{.scheme = memory.secure ? "rtsps" : "rtsp",
                .host = base_.url.host,
                .port = memory.port,
                .target = memory.target,
                .default_port = memory.port == (memory.secure ? 322 : 554)};
    const bool known = url.has_value();
    std::optional<Check> trouble;
    if (!known) trouble = co_await learn(wire, visit, memory, url);
    if (trouble) {
      visit.finding.checks.push_back(std::move(*trouble));
    } else {
      Question rest = question;
      rest.limit = visit.left();
      rest.note = memory.stream;
      Finding stream = co_await stream_.run(wire, rest, *url);
      if (stream.note) memory.stream = stream.note;
      stream.note.reset();
      join_stream(visit.finding, std::move(stream));
      const Check* const wrong = first_trouble(visit.finding);
      const bool gone = wrong != nullptr && wrong->reason == reason_id("wrong-path");
      if (known && (gone || (wrong == nullptr && memory.old(question.utc_now))) && !visit.hurried())
        std::ignore = co_await learn(wire, visit, memory, url);
    }
    if (memory.identity) {
      const std::string key = visit.finding.identity ? visit.finding.identity->spki_sha256 : std::string();
      visit.finding.identity = memory.identity;
      visit.finding.identity->spki_sha256 = key;
    }
    if (memory != before) visit.finding.note = note_of(memory);
  }

  // Asks the camera for its stream and who it is. A trouble: `url` and what was known stay as they were.
  asio::awaitable<std::optional<Check>> learn(Wire& wire, onvif::Visit& visit, OnvifMemory& memory,
                                              std::optional<Url>& url) {
    const Millis now = visit.question.utc_now.value_or(0) / kHour * kHour;  // a note that changes is a write
    if (url) memory.learned = now;
    Media version = Media::one;
    std::string media = base_.url.target;
    std::vector<onvif::Profile> profiles;
    auto trouble = co_await list(wire, visit, version, media, profiles);
    if (trouble) co_return trouble;
    const onvif::Profile* const profile = onvif::choose(profiles, wanted_);
    if (profile == nullptr)
      co_return wanted_.empty()
          ? bad(Rung::active, reason_id("no-video"), "no profile with video", visit.spent_us)
          : bad(Rung::active, reason_id("wrong-path"), "no profile " + wanted_, visit.spent_us);
    const HttpReply reply = co_await visit.ask(wire, media, onvif::get_stream_uri(version, profile->token));
    trouble = visit.trouble(Rung::active, reply, "protocol-error");
    if (trouble) co_return trouble;
    const auto found = onvif::stream_url(onvif::read_uri(reply.body).value_or(""), base_.url.host);
    if (!found)
      co_return bad(Rung::active, reason_id("protocol-error"), "no rtsp:// address of a stream",
                    reply.took_us);
    url = found;
    memory.learned = now;
    const bool secret = onvif::holds_password(found->target);
    memory.port = secret ? std::uint16_t{0} : found->port;
    memory.secure = !secret && found->scheme == "rtsps";
    memory.target = secret ? std::string() : found->target;
    const HttpReply device = co_await visit.ask(wire, base_.url.target, onvif::get_device_information());
    trouble = visit.trouble(Rung::active, device, "protocol-error");
    if (trouble && visit.login_over()) co_return trouble;
    if (auto identity = trouble ? std::nullopt : onvif::read_identity(device.body))
      memory.identity = std::move(identity);
    co_return std::nullopt;
  }

  // The profiles, and which service told of them. Many cameras answer everything at one address.
  asio::awaitable<std::optional<Check>> list(Wire& wire, onvif::Visit& visit, Media& version,
                                             std::string& media, std::vector<onvif::Profile>& profiles) {
    HttpReply reply = co_await visit.ask(wire, base_.url.target, onvif::get_services());
    auto services = onvif::read_services(reply.body);
    if (!services && reply.trouble == Trouble::none && !visit.login_over()) {
      reply = co_await visit.ask(wire, base_.url.target, onvif::get_capabilities());
      services = onvif::read_services(reply.body);
    }
    if (!services && (reply.trouble != Trouble::none || visit.login_over()))
      co_return visit.trouble(Rung::active, reply, "protocol-error");
    if (services && services->media.empty() && !services->media2.empty()) version = Media::two;
    const std::string said = !services               ? std::string()
                             : version == Media::two ? services->media2
                                                     : services->media;
    if (!said.empty()) media = said;
    reply = co_await visit.ask(wire, media, onvif::get_profiles(version));
    auto trouble = visit.trouble(Rung::active, reply, "protocol-error");
    if (trouble) co_return trouble;
    auto found = onvif::read_profiles(reply.body);
    if (!found) co_return bad(Rung::active, reason_id("protocol-error"), "no profiles", reply.took_us);
    profiles = std::move(*found);
    co_return std::nullopt;
  }

  // One fact for the logins of both protocols.
  static void note_logins(onvif::Visit& visit) {
    if (visit.credentialed == 0) return;
    auto& facts = visit.finding.facts;
    const auto fact = std::ranges::find(facts, FactId::credentialed_requests, &Fact::what);
    if (fact == facts.end())
      facts.push_back({FactId::credentialed_requests, visit.credentialed});
    else
      fact->value += visit.credentialed;
  }

  HttpRequest base_;
  std::string wanted_;
  RtspVisit stream_;
};

constexpr auto kFor = std::to_array({Kind::camera});
constexpr auto kOptions = std::to_array<Option>({
    {"url", OptionType::url, true, "",
     "Address of the device service, http:// or https://; without a path: /onvif/device_service."},
    {"profile", OptionType::text, false, "",
     "Token or name of the media profile; by default that with the smallest picture, the sub-stream."},
    kTransportOption,
    kPictureOption,
    kPatienceOption,
    kTlsOption,
    kPinOption,
});

std::string check(const Options& options) {
  if (auto wrong = check_http_options(options); !wrong.empty()) return wrong;
  const std::string profile = options.text("profile");
  const bool one_line = std::ranges::none_of(profile, [](unsigned char c) { return c < 0x20; });
  if (profile.size() > onvif::kMaxToken || !one_line) return "profile: must be one line of at most 128 bytes";
  return check_transport(options);
}

}  // namespace

namespace rows {
extern const Driver onvif;
constinit const Driver onvif{
    .name = "onvif",
    .summary = "Asks a camera for its clock and its stream over ONVIF, and visits that stream.",
    .proven = "capture",
    .kinds = kFor,
    .highest = Rung::useful,
    .options = kOptions,
    .takes_login = true,
    .check = &check,
    .make = [](const Target& target) -> std::unique_ptr<Probe> {
      return std::make_unique<OnvifCamera>(target);
    },
};
}  // namespace rows
}  // namespace commune_watch
