// The API's JSON: views in, one line of text out. Pure; docs/openapi.yaml describes the shapes.
//
// Instants stand twice where people read them: `…` as UTC ISO-8601 text and `…_ms` as integer milliseconds.
// Codes are those of configuration and catalogue; every reason brings its words in both languages.
#pragma once
#include <string>
#include <string_view>

#include "console/desk.hpp"

namespace commune_watch {

inline constexpr std::string_view kSimulatedNote = "DỮ LIỆU MÔ PHỎNG – KHÔNG CÓ GIÁ TRỊ";
// An answer (one object) that says so before everything else.
std::string simulated_json(std::string_view answer);

std::string status_json(const StatusView& status);
std::string outages_json(const std::vector<OutageView>& outages, Period period);
std::string history_json(const HistoryView& history);
std::string availability_json(const std::vector<AvailabilityView>& list, Period period);
std::string probe_json(const ProbeView& probe);
std::string logins_json(const std::vector<LoginView>& logins);
std::string backup_json(const BackupView& backup);
std::string clock_json(const ClockView& clock);
std::string reload_json(const std::vector<std::string>& warnings);
std::string export_json(const ExportView& made);
std::string key_json(const KeyView& key);
std::string event_json(const EventView& event);
std::string error_json(std::string_view code, std::string_view why);

}  // namespace commune_watch
