// What an ONVIF recorder's answers say of its channels: pure.
//
// ONVIF has no word for "this channel shows a picture": profiles and stream addresses of a camera that is
// gone stay as they were. Only a recording job tells that data really flows (ONVIF Recording Control, on
// RecordingJobState: a client shall use it to determine if data transfer is really taking place). Where none
// tells, a channel is unknown.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "drivers/monitoring_point/recorder.hpp"
#include "drivers/onvif.hpp"

namespace commune_watch {

struct OnvifChannel {
  std::string number;                 // from 1, in the order of the profiles
  std::string source;                 // token of its video source
  std::vector<std::string> profiles;  // tokens
};
std::vector<OnvifChannel> channels_of(const std::vector<onvif::Profile>& profiles);

// What was last heard of the recordings.
struct OnvifRecorded {
  std::vector<onvif::Job> jobs;
  std::map<std::string, onvif::JobState> states;  // by the job's token
  std::vector<onvif::Recording> recordings;
  std::optional<Millis> at;  // UTC by the recorder's clock, when `recordings` were read
};
RecorderChannel judge(const OnvifChannel& channel, const OnvifRecorded& recorded);

}  // namespace commune_watch
