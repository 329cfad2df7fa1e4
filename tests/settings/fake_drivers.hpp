// A small table of drivers for settings' tests: every type of option, no code behind it.
#pragma once
#include <array>

#include "drivers/driver.hpp"

namespace commune_watch::fake {

inline constexpr std::array kThings{Kind::access_point, Kind::speaker_cluster, Kind::camera,
                                    Kind::website,      Kind::uplink,          Kind::network_switch};
inline constexpr std::array kWeb{Kind::access_point, Kind::speaker_cluster, Kind::website, Kind::uplink};
inline constexpr std::array kCamera{Kind::camera};
inline constexpr std::array kPoint{Kind::monitoring_point};

inline constexpr std::array<Option, 2> kPingOptions{
    {{"host", OptionType::host, true, "", "the address to ping"},
     {"port", OptionType::port, false, "", "to try by TCP where ICMP is not permitted"}}};
inline constexpr std::array<Option, 7> kHttpOptions{
    {{"url", OptionType::url, true, "", "the page to fetch"},
     {"status", OptionType::integer, false, "200", "the status that is good"},
     {"match", OptionType::regex, false, "", "must be in the body"},
     {"verify", OptionType::boolean, false, "true", "check the certificate"},
     {"patience", OptionType::duration, false, "5s", "how long a page may take"},
     {"headers", OptionType::list, false, "", "to send"},
     {"agent", OptionType::text, false, "", "User-Agent to send"}}};
inline constexpr std::array<Option, 3> kRtspOptions{
    {{"url", OptionType::url, true, "", "the stream"},
     {"picture", OptionType::boolean, false, "true", "look at it"},
     {"transport", OptionType::text, false, "", "tcp or udp"}}};
inline constexpr std::array<Option, 2> kRecorderOptions{
    {{"url", OptionType::url, false, "", "the recorder's page"},
     {"host", OptionType::host, false, "", "the recorder's address"}}};

inline std::string check_rtsp(const Options& options) {
  const auto url = options.all().find("url");
  if (url != options.all().end() && !url->second.starts_with("rtsp")) return "url: must begin with rtsp://";
  return {};
}

inline constexpr Driver kPing{.name = "ping",
                              .summary = "Echo",
                              .proven = "fake",
                              .kinds = kThings,
                              .highest = Rung::reachable,
                              .options = kPingOptions};
inline constexpr Driver kHttp{.name = "http",
                              .summary = "A page",
                              .proven = "fake",
                              .kinds = kWeb,
                              .highest = Rung::useful,
                              .options = kHttpOptions,
                              .takes_login = true};
inline constexpr Driver kRtsp{.name = "rtsp",
                              .summary = "A stream",
                              .proven = "fake",
                              .kinds = kCamera,
                              .highest = Rung::useful,
                              .options = kRtspOptions,
                              .takes_login = true,
                              .check = check_rtsp};
inline constexpr Driver kRecorder{.name = "recorder",
                                  .summary = "A recorder",
                                  .proven = "fake",
                                  .kinds = kPoint,
                                  .highest = Rung::connected,
                                  .options = kRecorderOptions,
                                  .takes_login = true};
inline constexpr Driver kIcecast{.name = "icecast",
                                 .summary = "A broadcast server",
                                 .proven = "fake",
                                 .kinds = kPoint,
                                 .highest = Rung::connected,
                                 .options = kRecorderOptions,
                                 .takes_login = true,
                                 .basic_only = true};

inline constexpr std::array<const Driver*, 5> kDrivers{&kPing, &kHttp, &kRtsp, &kRecorder, &kIcecast};

}  // namespace commune_watch::fake
