// What any recorder (NVR, VMS) says of its channels, and how that becomes sightings: the same for every
// maker's API.
//
// What it does not say stays absent and is unknown, never "offline": fields go missing with every firmware.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "drivers/driver.hpp"

namespace commune_watch {

struct RecorderChannel {
  std::string key;              // its number as people read it, from 1; or its name
  std::string address, serial;  // of the camera behind it, where the recorder tells
  std::optional<bool> online;
  ReasonId why = ReasonId::none;  // with online == false: none is offline-on-monitor
  std::string words;              // the recorder's own
  std::optional<bool> recording;
  std::optional<std::int64_t>
      recorded_ago_s;  // since the end of its newest recording, by the recorder's clock
  std::optional<std::int64_t> recorded_days;  // days that are still there, of those asked for
  std::vector<Fact> picture{};                // of the picture that it shows, if it was fetched in this visit
};

// One per channel under its key; and one under each bound key that is no channel's key but the address or
// serial of one.
std::vector<Sighting> sightings(const std::vector<RecorderChannel>& channels,
                                const std::vector<std::string>& bound_keys, std::int64_t min_retention_days);

// What an answer's status does to the rung `connected`: nothing if its body is to be read.
std::optional<Check> page_trouble(const HttpReply& reply, bool has_login, const Question& question);

// A recorder's clock against the gateway's, both UTC: facts and warning (over 60 s; a whole number of quarter
// hours off is a zone that is set wrong, and a warning too).
void note_clock(Finding& finding, Millis recorder_utc, Millis gateway_utc);

inline constexpr Option kRetentionOption{
    "min_retention_days", OptionType::integer, false, "0",
    "Days of recording that have to be there for each channel; fewer is a warning. 0: not asked."};

}  // namespace commune_watch
