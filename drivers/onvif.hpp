// ONVIF's requests and answers, pure: envelopes to send, and readers of what came back, on foreign bytes.
//
// Read at: ONVIF Core, Media, Media2, Recording Control, Recording Search and Schema (onvif.org/profiles).
// Readers go by local names, whatever the prefix. Hosts that a device writes into addresses are never used:
// cameras behind NAT write what they think they are, and a login must go nowhere else.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/reading.hpp"
#include "domain/url.hpp"

namespace commune_watch::onvif {

inline constexpr std::size_t kMaxTarget = 1024;  // bytes of an address' path and query; longer is none
inline constexpr std::size_t kMaxToken = 128;    // ONVIF says 64
inline constexpr std::string_view kDeviceService = "/onvif/device_service";

struct Envelope {
  std::string text;
  std::size_t header_at = 0;  // where a Header may stand; the prefix is `s`
};
enum class Media : std::uint8_t { one, two };  // ver10 and ver20 of the media service

Envelope get_system_date_and_time();
Envelope get_device_information();
Envelope get_services();
Envelope get_capabilities();
Envelope get_profiles(Media media);
Envelope get_stream_uri(Media media, std::string_view profile);
Envelope get_snapshot_uri(Media media, std::string_view profile);
Envelope get_recording_summary();
Envelope find_recordings();
Envelope get_recording_search_results(std::string_view search);
Envelope end_search(std::string_view search);
Envelope get_recording_jobs();
Envelope get_recording_job_state(std::string_view job);

// What a SOAP answer says instead of an answer.
struct Fault {
  std::string code;   // the innermost, without prefix: "NotAuthorized", "ActionNotSupported"
  std::string words;  // its reason
};
bool is_soap(std::string_view body);
std::optional<Fault> read_fault(std::string_view body);

// GetSystemDateAndTime. From UTCDateTime; without one, from LocalDateTime and the zone. In whole seconds.
std::optional<Millis> read_clock(std::string_view body);

// GetDeviceInformation.
std::optional<Identity> read_identity(std::string_view body);

// Of GetServices, or of GetCapabilities: path and query of each service that is there.
struct Services {
  std::string media, media2, recording, search;  // empty: not there
};
std::optional<Services> read_services(std::string_view body);

struct Profile {
  std::string token, name;
  std::string source;       // token of its video source
  std::string codec;        // "H264", "H265", "JPEG", "MPEG4"; empty: no video encoder
  std::int64_t pixels = 0;  // of a frame; 0: not told
  friend bool operator==(const Profile&, const Profile&) = default;
};
// GetProfiles of either version; at most kMaxSightings of them.
std::optional<std::vector<Profile>> read_profiles(std::string_view body);
// By token, else by name; without a wish, that with the smallest picture in H.264 or H.265, else in whatever.
const Profile* choose(const std::vector<Profile>& profiles, std::string_view wanted);

// GetStreamUri and GetSnapshotUri, as the device writes it.
std::optional<std::string> read_uri(std::string_view body);
// Where the stream is: rtsp or rtsps, the answer's port and target, and this host. User name and password
// that some devices write into it are left out. Absent: not rtsp, or no such port, or a target that cannot be
// sent.
std::optional<Url> stream_url(std::string_view uri, const std::string& host);
// Where a picture is fetched: http or https as `base` has it, and its host; the answer's target, and its port
// where it names the same scheme, for a login is never taken from TLS to a port without. Absent: not HTTP.
std::optional<Url> snapshot_url(std::string_view uri, const Url& base);
// Whether a stream's path bears a login of its own, as some firmware writes it ("/user=x_password=y_…"): such
// a path is used, and never kept.
bool holds_password(std::string_view target);
// Path and query of an address of HTTP, whoever it names.
std::optional<std::string> target_of(std::string_view address);

// GetRecordingSummary.
struct Summary {
  std::optional<Millis> from, until;  // UTC
  std::int64_t recordings = 0;
};
std::optional<Summary> read_summary(std::string_view body);

// FindRecordings: the search's token.
std::optional<std::string> read_search(std::string_view body);

struct Recording {
  std::string token, source, name;         // source: the id and name that it was made with
  std::string status;                      // "Recording", "Stopped" …; empty: not told
  std::optional<Millis> earliest, latest;  // UTC
};
struct Recordings {
  bool whole = false;  // the search has ended
  std::vector<Recording> list;
};
std::optional<Recordings> read_recordings(std::string_view body);  // GetRecordingSearchResults

struct Job {
  std::string token, recording;
  std::vector<std::string> sources;  // tokens of profiles or receivers
  bool idle = false;                 // its Mode: it is not meant to record
};
std::optional<std::vector<Job>> read_jobs(std::string_view body);  // GetRecordingJobs

struct JobState {
  std::string recording;
  std::string state;  // "Idle", "Active", "PartiallyActive", "Error"
  struct Source {
    std::string token, state;
  };
  std::vector<Source> sources;
  std::string words;  // of an error
};
std::optional<JobState> read_job_state(std::string_view body);  // GetRecordingJobState

}  // namespace commune_watch::onvif
