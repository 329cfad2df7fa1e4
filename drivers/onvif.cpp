// Envelopes are made by joining; answers are read from pugixml's tree.
#include "drivers/onvif.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include "domain/markup.hpp"
#include "drivers/wall_time.hpp"
#include "drivers/xml.hpp"

namespace commune_watch::onvif {
namespace {

constexpr std::string_view kDevice = "http://www.onvif.org/ver10/device/wsdl";
constexpr std::string_view kMedia = "http://www.onvif.org/ver10/media/wsdl";
constexpr std::string_view kMedia2 = "http://www.onvif.org/ver20/media/wsdl";
constexpr std::string_view kRecording = "http://www.onvif.org/ver10/recording/wsdl";
constexpr std::string_view kSearch = "http://www.onvif.org/ver10/search/wsdl";
constexpr std::string_view kSchema = "http://www.onvif.org/ver10/schema";
constexpr std::int64_t kMostPixels = 100'000;  // of a side

Envelope envelope(std::string_view space, std::string_view action, std::string_view inside = {}) {
  Envelope out{.text =
                   "<?xml version=\"1.0\" encoding=\"utf-8\"?>"
                   "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\">",
               .header_at = 0};
  out.header_at = out.text.size();
  out.text.append("<s:Body><").append(action).append(" xmlns=\"").append(space).append("\">");
  out.text.append(inside).append("</").append(action).append("></s:Body></s:Envelope>");
  return out;
}

std::string element(std::string_view name, std::string_view text) {
  std::string out = "<";
  out.append(name).append(">").append(markup_text(text)).append("</").append(name);
  return out.append(">");
}

// <Envelope><Body><…>, whose first element answers.
xml::Node answer(const xml::Document& document, std::string_view name) {
  const xml::Node root = document.root();
  return root.name() == "Envelope" ? root.at("Body").child(name) : xml::Node();
}

std::string token_of(const xml::Node& node) {
  const auto text = node.text();
  return text && text->size() <= kMaxToken ? *text : std::string();
}

std::string token_attribute(const xml::Node& node, std::string_view name) {
  const auto text = node.attribute(name);
  return text && text->size() <= kMaxToken ? *text : std::string();
}

std::string words_of(const xml::Node& node) { return clean_words(node.text().value_or("")); }

// Without an offset it is UTC, as the standard says that all of them are.
std::optional<Millis> time_of(const xml::Node& node) {
  const auto text = node.text();
  if (!text) return std::nullopt;
  const auto wall = wall_of(*text);
  return wall ? std::optional(*wall - offset_of(*text).value_or(0)) : std::nullopt;
}

// tt:DateTime: numbers in elements of their own.
std::optional<Millis> date_time(const xml::Node& node) {
  const auto number = [&](std::string_view path, std::int64_t least, std::int64_t most) {
    const auto value = node.at(path).integer();
    return value && *value >= least && *value <= most ? value : std::nullopt;
  };
  const auto year = number("Date/Year", 1, 9999), month = number("Date/Month", 1, 12),
             day = number("Date/Day", 1, 31), hour = number("Time/Hour", 0, 23),
             minute = number("Time/Minute", 0, 59), second = number("Time/Second", 0, 60);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d", static_cast<int>(*year),
                static_cast<int>(*month), static_cast<int>(*day), static_cast<int>(*hour),
                static_cast<int>(*minute), static_cast<int>(*second));
  return wall_of(text.data());
}

// Scheme, port (0: none written) and target of an absolute address; the rest is not looked at.
struct Parts {
  std::string scheme;
  std::uint16_t port = 0;
  std::string target;
};

std::optional<Parts> parts_of(std::string_view address) {
  const auto mark = address.find("://");
  if (mark > 8) return std::nullopt;  // so is npos
  Parts parts;
  for (const char c : address.substr(0, mark))
    parts.scheme += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  std::string_view rest = address.substr(mark + 3);
  const auto begin = std::min(rest.find_first_of("/?"), rest.size());
  std::string_view authority = rest.substr(0, begin);
  rest.remove_prefix(begin);
  // A password that holds a slash reaches into what looks like the path.
  if (rest.find('@') != std::string_view::npos && authority.find('@') == std::string_view::npos)
    return std::nullopt;
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) authority.remove_prefix(at + 1);
  const auto bracket = authority.rfind(']');
  const auto colon = authority.rfind(':');
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    const std::string_view digits = authority.substr(colon + 1);
    const auto* const end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, parts.port);
    if (read.ec != std::errc() || read.ptr != end || parts.port == 0) return std::nullopt;
  }
  parts.target = rest.starts_with('/') ? std::string(rest) : "/" + std::string(rest);
  parts.target.erase(std::min(parts.target.find('#'), parts.target.size()));
  const bool clean = std::ranges::all_of(parts.target, [](unsigned char c) { return c > 0x20 && c < 0x7F; });
  return clean && parts.target.size() <= kMaxTarget ? std::optional(std::move(parts)) : std::nullopt;
}

std::string service(const xml::Node& address) {
  return target_of(address.text(2 * kMaxTarget).value_or("")).value_or("");
}

bool light(const Profile& profile) { return profile.codec == "H264" || profile.codec == "H265"; }

Profile profile_of(const xml::Node& node) {
  const xml::Node two = node.child("Configurations");
  const xml::Node source = two ? two.child("VideoSource") : node.child("VideoSourceConfiguration");
  const xml::Node encoder = two ? two.child("VideoEncoder") : node.child("VideoEncoderConfiguration");
  Profile profile{.token = token_attribute(node, "token"),
                  .name = words_of(node.child("Name")),
                  .source = token_of(source.child("SourceToken")),
                  .codec = token_of(encoder.child("Encoding")),
                  .pixels = 0};
  const auto side = [&](std::string_view name) {
    return std::clamp<std::int64_t>(encoder.child("Resolution").child(name).integer().value_or(0), 0,
                                    kMostPixels);
  };
  profile.pixels = side("Width") * side("Height");
  return profile;
}

}  // namespace

Envelope get_system_date_and_time() { return envelope(kDevice, "GetSystemDateAndTime"); }
Envelope get_device_information() { return envelope(kDevice, "GetDeviceInformation"); }
Envelope get_services() { return envelope(kDevice, "GetServices", element("IncludeCapability", "false")); }
Envelope get_capabilities() { return envelope(kDevice, "GetCapabilities", element("Category", "All")); }

Envelope get_profiles(Media media) {
  return media == Media::one ? envelope(kMedia, "GetProfiles")
                             : envelope(kMedia2, "GetProfiles", element("Type", "All"));
}

Envelope get_stream_uri(Media media, std::string_view profile) {
  if (media == Media::two)
    return envelope(kMedia2, "GetStreamUri", element("Protocol", "RTSP") + element("ProfileToken", profile));
  std::string setup = "<StreamSetup><Stream xmlns=\"";
  setup.append(kSchema).append("\">RTP-Unicast</Stream><Transport xmlns=\"").append(kSchema);
  setup.append("\"><Protocol>RTSP</Protocol></Transport></StreamSetup>");
  return envelope(kMedia, "GetStreamUri", setup + element("ProfileToken", profile));
}

Envelope get_snapshot_uri(Media media, std::string_view profile) {
  return envelope(media == Media::one ? kMedia : kMedia2, "GetSnapshotUri", element("ProfileToken", profile));
}

Envelope get_recording_summary() { return envelope(kSearch, "GetRecordingSummary"); }
Envelope find_recordings() {
  return envelope(kSearch, "FindRecordings", "<Scope/>" + element("KeepAliveTime", "PT10S"));
}
Envelope get_recording_search_results(std::string_view search) {
  return envelope(kSearch, "GetRecordingSearchResults",
                  element("SearchToken", search) + element("WaitTime", "PT1S"));
}
Envelope end_search(std::string_view search) {
  return envelope(kSearch, "EndSearch", element("SearchToken", search));
}
Envelope get_recording_jobs() { return envelope(kRecording, "GetRecordingJobs"); }
Envelope get_recording_job_state(std::string_view job) {
  return envelope(kRecording, "GetRecordingJobState", element("JobToken", job));
}

bool is_soap(std::string_view body) {
  const xml::Document document(body);
  return document.root().name() == "Envelope" && document.root().child("Body");
}

std::optional<Fault> read_fault(std::string_view body) {
  const xml::Document document(body);
  const xml::Node fault = answer(document, "Fault");
  if (!fault) return std::nullopt;
  std::string code = fault.child("faultcode").text().value_or("");
  for (xml::Node each = fault.child("Code"); each; each = each.child("Subcode"))
    if (auto value = each.child("Value").text()) code = std::move(*value);
  const xml::Node reason = fault.child("Reason");
  std::string words = words_of(reason ? reason.child("Text") : fault.child("faultstring"));
  code = clean_words(std::string_view(code).substr(code.find(':') + 1));  // npos + 1 is 0
  return Fault{.code = std::move(code), .words = std::move(words)};
}

std::optional<Millis> read_clock(std::string_view body) {
  const xml::Document document(body);
  const xml::Node said = answer(document, "GetSystemDateAndTimeResponse").child("SystemDateAndTime");
  if (const auto utc = date_time(said.child("UTCDateTime"))) return utc;
  const auto wall = date_time(said.child("LocalDateTime"));
  const auto zone = posix_offset_of(said.at("TimeZone/TZ").text().value_or(""));
  return wall && zone ? std::optional(*wall - *zone) : std::nullopt;
}

std::optional<Identity> read_identity(std::string_view body) {
  const xml::Document document(body);
  const xml::Node said = answer(document, "GetDeviceInformationResponse");
  if (!said) return std::nullopt;
  return Identity{.maker = words_of(said.child("Manufacturer")),
                  .model = words_of(said.child("Model")),
                  .serial = words_of(said.child("SerialNumber")),
                  .mac = {},
                  .firmware = words_of(said.child("FirmwareVersion")),
                  .spki_sha256 = {}};
}

std::optional<Services> read_services(std::string_view body) {
  const xml::Document document(body);
  Services found;
  if (const xml::Node said = answer(document, "GetServicesResponse")) {
    for (const xml::Node& each : said.children("Service")) {
      const std::string space = each.child("Namespace").text().value_or("");
      std::string* const to = space == kMedia       ? &found.media
                              : space == kMedia2    ? &found.media2
                              : space == kRecording ? &found.recording
                              : space == kSearch    ? &found.search
                                                    : nullptr;
      if (to != nullptr) *to = service(each.child("XAddr"));
    }
    return found;
  }
  const xml::Node said = answer(document, "GetCapabilitiesResponse").child("Capabilities");
  if (!said) return std::nullopt;
  found.media = service(said.at("Media/XAddr"));
  found.recording = service(said.at("Extension/Recording/XAddr"));
  found.search = service(said.at("Extension/Search/XAddr"));
  return found;
}

std::optional<std::vector<Profile>> read_profiles(std::string_view body) {
  const xml::Document document(body);
  const xml::Node said = answer(document, "GetProfilesResponse");
  if (!said) return std::nullopt;
  std::vector<Profile> found;
  for (const xml::Node& each : said.children("Profiles")) {
    if (found.size() >= kMaxSightings) break;
    Profile profile = profile_of(each);
    if (!profile.token.empty()) found.push_back(std::move(profile));
  }
  return found;
}

const Profile* choose(const std::vector<Profile>& profiles, std::string_view wanted) {
  if (!wanted.empty()) {
    auto found = std::ranges::find(profiles, wanted, &Profile::token);
    if (found == profiles.end()) found = std::ranges::find(profiles, wanted, &Profile::name);
    return found == profiles.end() ? nullptr : &*found;
  }
  const Profile* best = nullptr;
  // One that does not tell its size may be anything.
  const auto better = [](const Profile& a, const Profile& b) {
    if (light(a) != light(b)) return light(a);
    if ((a.pixels == 0) != (b.pixels == 0)) return a.pixels != 0;
    return a.pixels < b.pixels;
  };
  for (const Profile& each : profiles)
    if (!each.codec.empty() && (best == nullptr || better(each, *best))) best = &each;
  return best;
}

std::optional<std::string> read_uri(std::string_view body) {
  const xml::Document document(body);
  for (const char* name : {"GetStreamUriResponse", "GetSnapshotUriResponse"})
    if (const xml::Node said = answer(document, name)) return said.find("Uri").text(2 * kMaxTarget);
  return std::nullopt;
}

std::optional<Url> stream_url(std::string_view uri, const std::string& host) {
  const auto parts = parts_of(uri);
  if (!parts || (parts->scheme != "rtsp" && parts->scheme != "rtsps")) return std::nullopt;
  const std::uint16_t usual = parts->scheme == "rtsps" ? 322 : 554;
  Url url{.scheme = std::string(parts->scheme),
          .host = host,
          .port = parts->port != 0 ? parts->port : usual,
          .target = parts->target,
          .default_port = false};
  url.default_port = url.port == usual;
  return url;
}

std::optional<Url> snapshot_url(std::string_view uri, const Url& base) {
  const auto parts = parts_of(uri);
  if (!parts || (parts->scheme != "http" && parts->scheme != "https")) return std::nullopt;
  Url url = base;
  url.target = parts->target;
  if (parts->scheme != base.scheme) return url;
  const std::uint16_t usual = base.scheme == "https" ? 443 : 80;
  url.port = parts->port != 0 ? parts->port : usual;
  url.default_port = url.port == usual;
  return url;
}

bool holds_password(std::string_view target) {
  std::string lower(target);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  for (const char* word : {"password=", "passwd=", "pwd=", "pass=", "@"})
    if (lower.find(word) != std::string::npos) return true;
  return false;
}

std::optional<std::string> target_of(std::string_view address) {
  const auto parts = parts_of(address);
  if (!parts || (parts->scheme != "http" && parts->scheme != "https")) return std::nullopt;
  return parts->target;
}

std::optional<Summary> read_summary(std::string_view body) {
  const xml::Document document(body);
  const xml::Node said = answer(document, "GetRecordingSummaryResponse").child("Summary");
  const auto many = said.child("NumberRecordings").integer();
  if (!said || !many || *many < 0) return std::nullopt;
  return Summary{.from = time_of(said.child("DataFrom")),
                 .until = time_of(said.child("DataUntil")),
                 .recordings = *many};
}

std::optional<std::string> read_search(std::string_view body) {
  const xml::Document document(body);
  std::string token = token_of(answer(document, "FindRecordingsResponse").child("SearchToken"));
  return token.empty() ? std::nullopt : std::optional(std::move(token));
}

std::optional<Recordings> read_recordings(std::string_view body) {
  const xml::Document document(body);
  const xml::Node said = answer(document, "GetRecordingSearchResultsResponse").child("ResultList");
  if (!said) return std::nullopt;
  Recordings found{.whole = said.child("SearchState").text() == "Completed", .list = {}};
  for (const xml::Node& each : said.children("RecordingInformation")) {
    if (found.list.size() >= kMaxSightings) break;
    Recording one{.token = token_of(each.child("RecordingToken")),
                  .source = words_of(each.at("Source/SourceId")),
                  .name = words_of(each.at("Source/Name")),
                  .status = token_of(each.child("RecordingStatus")),
                  .earliest = time_of(each.child("EarliestRecording")),
                  .latest = time_of(each.child("LatestRecording"))};
    for (const xml::Node& track : each.children("Track"))
      if (const auto to = time_of(track.child("DataTo")); to && (!one.latest || *one.latest < *to))
        one.latest = to;
    if (!one.token.empty()) found.list.push_back(std::move(one));
  }
  return found;
}

std::optional<std::vector<Job>> read_jobs(std::string_view body) {
  const xml::Document document(body);
  const xml::Node said = answer(document, "GetRecordingJobsResponse");
  if (!said) return std::nullopt;
  std::vector<Job> found;
  for (const xml::Node& each : said.children("JobItem")) {
    if (found.size() >= kMaxSightings) break;
    const xml::Node how = each.child("JobConfiguration");
    Job job{.token = token_of(each.child("JobToken")),
            .recording = token_of(how.child("RecordingToken")),
            .sources = {},
            .idle = how.child("Mode").text() == "Idle"};
    for (const xml::Node& source : how.children("Source"))
      if (std::string token = token_of(source.at("SourceToken/Token"));
          !token.empty() && job.sources.size() < 16)
        job.sources.push_back(std::move(token));
    if (!job.token.empty()) found.push_back(std::move(job));
  }
  return found;
}

std::optional<JobState> read_job_state(std::string_view body) {
  const xml::Document document(body);
  const xml::Node said = answer(document, "GetRecordingJobStateResponse").child("State");
  if (!said) return std::nullopt;
  JobState found{.recording = token_of(said.child("RecordingToken")),
                 .state = token_of(said.child("State")),
                 .sources = {},
                 .words = {}};
  for (const xml::Node& each : said.children("Sources")) {
    if (found.sources.size() >= 16) break;
    found.sources.push_back(
        {.token = token_of(each.at("SourceToken/Token")), .state = token_of(each.child("State"))});
    for (const xml::Node& track : each.at("Tracks").children("Track"))
      if (found.words.empty()) found.words = words_of(track.child("Error"));
  }
  return found;
}

}  // namespace commune_watch::onvif
