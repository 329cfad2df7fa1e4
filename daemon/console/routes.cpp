// What is asked is read here, answered by the desk, and written by json.cpp.
#include "console/routes.hpp"

#include <algorithm>
#include <charconv>

#include "console/json.hpp"
#include "console/overlay_answers.hpp"
#include "domain/period.hpp"
#include "domain/reading.hpp"

namespace commune_watch {
namespace {

using Answer = Result<std::string>;

constexpr std::size_t kLongestName = 64;

constexpr Seq kMostLeaves = 5'000;  // in one answer: some 20 ms of the loop

Result<Period> period_of(Desk& desk, const Asked& asked, const char* fallback) {
  const auto text = asked.has("period") ? asked.get("period") : std::string(fallback);
  return parse_period(text, desk.zone(), desk.utc_now());
}

// Who asks, as it is recorded.
std::string who(const Asked& asked) {
  const auto by = clean_words(clean_words(asked.get("by")).substr(0, kLongestName));
  return by.empty() ? "api" : by;
}

Answer backup_answer(const Result<BackupView>& view) {
  return view ? Answer(backup_json(*view)) : std::unexpected(view.error());
}
// Only what changed since then: "2h" back from now, or an instant.
Answer status_since(Desk& on, const std::string& text) {
  Millis from = 0;
  if (auto period = parse_period(text, on.zone(), on.utc_now()))
    from = period->from;
  else if (auto at = parse_instant(text, on.zone(), on.utc_now()))
    from = *at;
  else
    return std::unexpected(at.error());
  auto status = on.status();
  std::erase_if(status.devices,
                [&](const DeviceView& device) { return !device.since || *device.since < from; });
  return status_json(status);
}

class Table {
 public:
  std::vector<Route> take() { return std::move(rows_); }
  void evidence_and_backups();
  void states();
  void overlays();

 private:
  void get(const char* path, Route::Question question, const char* type = kJson) {
    rows_.push_back({Route::Method::get, path, std::move(question), type});
  }
  void post(const char* path, Route::Question question) {
    rows_.push_back({Route::Method::post, path, std::move(question), kJson});
  }
  std::vector<Route> rows_;
};

void Table::states() {
  get("/api/v1/status", [](Desk& on, const Asked& asked) -> Answer {
    if (asked.has("since")) return status_since(on, asked.get("since"));
    if (!asked.has("at")) return status_json(on.status());
    auto at = parse_instant(asked.get("at"), on.zone(), on.utc_now());
    if (!at) return std::unexpected(at.error());
    auto then = on.status_at(*at);
    if (!then) return std::unexpected(then.error());
    return status_json(*then);
  });
  get("/api/v1/outages", [](Desk& on, const Asked& asked) -> Answer {
    auto period = period_of(on, asked, "7d");
    if (!period) return std::unexpected(period.error());
    auto list = on.outages(*period, asked.get("device"));
    if (!list) return std::unexpected(list.error());
    return outages_json(*list, *period);
  });
  get(R"(/api/v1/history/([a-z0-9-]+))", [](Desk& on, const Asked& asked) -> Answer {
    auto period = period_of(on, asked, "7d");
    if (!period) return std::unexpected(period.error());
    auto history = on.history(asked.matched, *period);
    if (!history) return std::unexpected(history.error());
    return history_json(*history);
  });
  get("/api/v1/availability", [](Desk& on, const Asked& asked) -> Answer {
    auto period = period_of(on, asked, "month");
    if (!period) return std::unexpected(period.error());
    auto list = on.availability(asked.get("device"), *period);
    if (!list) return std::unexpected(list.error());
    return availability_json(*list, *period);
  });
  get("/api/v1/logins", [](Desk& on, const Asked&) -> Answer { return logins_json(on.logins()); });
  post(R"(/api/v1/logins/([a-z0-9-]+)/retry)", [](Desk& on, const Asked& asked) -> Answer {
    const auto by = who(asked);
    auto done = on.retry_login(asked.matched, by);
    if (!done) return std::unexpected(done.error());
    return std::string("{\"retried\":true}");
  });
  get("/api/v1/clock", [](Desk& on, const Asked&) -> Answer { return clock_json(on.clock()); });
  post("/api/v1/clock", [](Desk& on, const Asked& asked) -> Answer {
    std::optional<Millis> utc;
    if (asked.has("time")) {
      const auto said = parse_instant(asked.get("time"), on.zone(), on.utc_now());
      if (!said) return std::unexpected(said.error());
      utc = *said;
    }
    const auto by = who(asked);
    auto done = on.say_time(utc, by);
    if (!done) return std::unexpected(done.error());
    return clock_json(on.clock());
  });
  post("/api/v1/reload", [](Desk& on, const Asked& asked) -> Answer {
    const auto by = who(asked);
    auto warnings = on.reload(by);
    if (!warnings) return std::unexpected(warnings.error());
    return reload_json(*warnings);
  });
}

void Table::evidence_and_backups() {
  get("/api/v1/backup", [](Desk& on, const Asked&) -> Answer { return backup_answer(on.backup(false)); });
  post("/api/v1/backup", [](Desk& on, const Asked&) -> Answer { return backup_answer(on.backup(true)); });
  post("/api/v1/evidence/export", [](Desk& on, const Asked& asked) -> Answer {
    const auto by = who(asked);
    auto made = on.export_evidence(asked.get("period"), by);
    if (!made) return std::unexpected(made.error());
    return export_json(*made);
  });
  get(
      "/api/v1/evidence/leaves",
      [](Desk& on, const Asked& asked) -> Answer {
        Seq from = 0, most = kMostLeaves;
        if (!read_number(asked.get("from"), from) ||
            (asked.has("most") && !read_number(asked.get("most"), most)))
          return fail("from, most: the number of a record, and of records");
        std::string lines;
        for (const auto& line : on.leaves(from, std::min<Seq>(most, kMostLeaves))) lines += line + '\n';
        return lines;
      },
      "application/jsonl; charset=utf-8");
  get("/api/v1/evidence/key", [](Desk& on, const Asked&) -> Answer { return key_json(on.evidence_key()); });
  post("/api/v1/evidence/key/rotate", [](Desk& on, const Asked&) -> Answer {
    if (auto done = on.rotate_key(); !done) return std::unexpected(done.error());
    return key_json(on.evidence_key());
  });
  get(
      "/metrics", [](Desk& on, const Asked&) -> Answer { return on.metrics(); },
      "text/plain; version=0.0.4; charset=utf-8");
}

void Table::overlays() {
  const auto given = [](const Asked& asked) {
    return [&asked](const char* name) { return asked.get(name); };
  };
  const auto plain = [given](Answer (*answer)(Desk&, const Parameter&)) {
    return [given, answer](Desk& on, const Asked& asked) { return answer(on, given(asked)); };
  };
  const auto of = [given](Answer (*answer)(Desk&, const std::string&, const Parameter&)) {
    return [given, answer](Desk& on, const Asked& asked) { return answer(on, asked.matched, given(asked)); };
  };
  get("/api/v1/maintenance", plain(list_maintenance));
  post("/api/v1/maintenance", plain(add_maintenance));
  post(R"(/api/v1/maintenance/([0-9]+)/end)", of(end_maintenance));
  get("/api/v1/corrections", plain(list_corrections));
  post("/api/v1/corrections", plain(add_correction));
  get("/api/v1/declarations", plain(list_declarations));
  post("/api/v1/declarations", plain(add_declaration));
  post(R"(/api/v1/declarations/([a-z0-9-]+)/end)", of(end_declaration));
}

}  // namespace

bool Asked::has(const std::string& name) const { return parameters.contains(name); }

std::string Asked::get(const std::string& name) const {
  const auto found = parameters.find(name);
  return found == parameters.end() ? std::string() : found->second;
}

// The whole text, digits only.
bool read_number(std::string_view text, Seq& into) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  return error == std::errc{} && end == text.data() + text.size();
}

std::vector<Route> routes() {
  Table table;
  table.overlays();
  table.states();
  table.evidence_and_backups();
  return table.take();
}

}  // namespace commune_watch
