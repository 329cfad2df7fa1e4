// The judgement of the dahua-nvr driver, apart from its coroutine: CGI answers, pure, on foreign bytes.
//
// Read at: Dahua HTTP API for DSS/NVR (LogicDeviceManager, configManager, mediaFileFind, storageDevice,
// global); what KBVision, Imou, Intelbras and Amcrest answer in rroller/dahua and DahuaBridge. The API counts
// channels from 0; people, and so the keys here, from 1. Its times are the recorder's wall clock
// (drivers/wall_time.hpp).
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/monitoring_point/recorder.hpp"

namespace commune_watch::dahua {

// "list.info[0].State=Success" a line. Absent: an error word, not such lines, or more than 65,536.
using Values = std::map<std::string, std::string, std::less<>>;
std::optional<Values> read_values(std::string_view body);

// api/LogicDeviceManager/getCameraState: JSON, or the same as lines. Absent: not such an answer.
std::optional<std::vector<RecorderChannel>> read_states(std::string_view body);
// Recorders that do not know it: the channels' titles, and eventManager's VideoLoss with the channels that
// have no picture
// ("Error: No Events": none).
std::optional<std::vector<RecorderChannel>> read_titles(std::string_view titles, std::string_view lost);

// LogicDeviceManager.cgi?action=getCameraAll: who stands behind each channel.
void read_cameras(const Values& values, std::vector<RecorderChannel>& channels);

// configManager.cgi?action=getConfig&name=RecordMode: keys of channels that are set to record never.
std::vector<std::string> read_never(const Values& values);

struct Disks {
  int good = 0, bad = 0;
};
Disks read_disks(const Values& values);  // storageDevice.cgi?action=getDeviceAllInfo

std::optional<Millis> read_clock(const Values& values);  // global.cgi?action=getCurrentTime: a wall

// One answer of mediaFileFind.cgi?action=findNextFile.
struct Files {
  std::optional<Millis> first, last;  // walls: earliest start, latest end
};
Files read_files(const Values& values);

std::optional<Identity> read_identity(const Values& values);  // magicBox.cgi?action=getSystemInfo

}  // namespace commune_watch::dahua
