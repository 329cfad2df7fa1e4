// The judgement of the hikvision-nvr driver, apart from its coroutine: ISAPI answers, pure, on foreign bytes.
//
// Read at: ISAPI 2.0 (September 2019) §16.2.172 for chanDetectResult; answers of DS-7608/7616/7708 recorders;
// pyHik, hikvision_next. Times that a recorder calls "…Z" are its own wall clock: `wall` below is such a
// time, as milliseconds of a day count that knows no zone.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/monitoring_point/recorder.hpp"

namespace commune_watch::hikvision {

// /ISAPI/ContentMgmt/InputProxy/channels/status: every channel, online or not. Absent: not such a list, or
// more than kMaxSightings.
std::optional<std::vector<RecorderChannel>> read_status(std::string_view body);
// /ISAPI/System/Video/inputs/channels of analogue recorders: "NO VIDEO" is offline.
std::optional<std::vector<RecorderChannel>> read_inputs(std::string_view body);

// /ISAPI/ContentMgmt/InputProxy/channels: who stands behind each channel, into those of the same key.
bool read_sources(std::string_view body, std::vector<RecorderChannel>& channels);

// /ISAPI/System/time.
struct Clock {
  Millis wall = 0;
  std::optional<Millis> utc;  // absent where neither the time nor the zone can be read
};
std::optional<Clock> read_clock(std::string_view body);

// /ISAPI/ContentMgmt/Storage. Rows that do not exist are ghosts; free space of 0 is healthy (it overwrites).
struct Disks {
  int good = 0, bad = 0;
  std::string words;  // of the first bad one
};
std::optional<Disks> read_disks(std::string_view body);

// /ISAPI/ContentMgmt/search between two walls, and the wall at which the newest match ends.
// `old`: as firmware of before 2017 spells it, which refuses the right spelling with 400.
std::string search_for(const std::string& channel, Millis from, Millis to, bool old);
struct Matches {
  std::optional<Millis> newest;  // absent: none in that time
};
std::optional<Matches> read_matches(std::string_view body);

// /ISAPI/ContentMgmt/record/tracks/{channel}01/dailyDistribution of one month: its recorded days, 1…31,
// ascending.
std::string month_of(Millis wall);
Millis month_before(Millis wall);  // a wall in the month before that one
std::optional<std::vector<int>> read_days(std::string_view body);

// How a channel is meant to record, of /ISAPI/ContentMgmt/record/tracks: by channel. <Enable> lies; the
// schedule does not.
enum class Mode : std::uint8_t { unknown, off, always, on_event };
std::vector<std::pair<std::string, Mode>> read_tracks(std::string_view body);

// Identity of /ISAPI/System/deviceInfo.
std::optional<Identity> read_device(std::string_view body);

// A 401 or 403 whose body says that the account is locked: the words to show.
std::optional<std::string> locked(std::string_view body);

}  // namespace commune_watch::hikvision
