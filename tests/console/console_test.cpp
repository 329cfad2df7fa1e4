// The API on a real Unix socket, with a desk of literals behind it.
#include "console/console.hpp"

#include <gmock/gmock.h>
#include <httplib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

namespace commune_watch {
namespace {

using nlohmann::json;

// Takes every word but that of "nobody", and remembers it.
class LiteralOverlays : public Overlays {
 public:
  static constexpr Period kHour{1'795'316'400'000, 1'795'320'000'000};
  std::vector<WindowView> maintenance(std::optional<Period> period) override {
    listed = period;
    Maintenance whole{kHour, kHour.from - 5, 0, "an", "thay nguồn"};
    auto late = whole;
    late.declared = kHour.from + 1;
    late.ended = kHour.from;
    return {{7, "cam-1", "Camera", whole, false}, {8, "*", "", late, true}};
  }
  Result<std::vector<WindowView>> add_maintenance(const MaintenanceAsk& ask) override {
    asked = ask;
    if (ask.by == "nobody") return fail("not he");
    return std::vector<WindowView>{{9, ask.scope, "", {ask.period, 1, 0, ask.by, ask.reason}, false}};
  }
  Result<WindowView> end_maintenance(Seq id, const std::string& by) override {
    if (by == "nobody") return fail("not he");
    return WindowView{id, "cam-1", "", {kHour, 1, kHour.from + 2, by, ""}, false};
  }
  std::vector<CorrectionView> corrections() override { return {}; }
  Result<CorrectionView> correct(const CorrectionEntry& entry) override {
    return CorrectionView{4, 5, "Camera", entry};
  }
  std::vector<DeclarationView> declarations() override { return {}; }
  Result<DeclarationView> declare(const DeclarationEntry& entry) override {
    DeclarationView view{"Chợ", "", entry};
    view.entry.id = "kk-1";
    return view;
  }
  Result<DeclarationView> end_declaration(const std::string& id, const std::string& by) override {
    DeclarationView view{"Chợ", by, {.id = id}};
    view.entry.ended = 77;
    return view;
  }
  std::optional<Period> listed;
  std::optional<MaintenanceAsk> asked;
};

// Answers every question the same way; events are what the test puts in.
class LiteralDesk : public Desk {
 public:
  const Zone& zone() override { return zone_; }
  Language language() override { return Language::en; }
  bool simulated() override { return simulation; }
  Millis utc_now() override { return 1'795'320'000'000; }
  StatusView status() override {
    StatusView status;
    status.commune = "tan-phu-28765";
    DeviceView old, fresh;
    old.id = "cam-old";
    old.since = utc_now() - 7'200'000;
    fresh.id = "cam-new";
    fresh.since = utc_now() - 60'000;
    status.devices = {old, fresh};
    return status;
  }
  Result<StatusView> status_at(Millis at) override {
    StatusView status;
    status.now = at;
    return status;
  }
  Result<std::vector<OutageView>> outages(Period period, const std::string& device) override {
    if (device == "cam-9") return fail("no device 'cam-9'");
    return std::vector<OutageView>{
        {device, "Camera", Kind::camera, period, true, Cause::device, reason_id("no-media"), ""}};
  }
  Result<HistoryView> history(const std::string& device, Period period) override {
    if (device != "cam-1") return fail("no device '" + device + "'");
    return HistoryView{device, "Camera", period, {}, {}};
  }
  Result<std::vector<AvailabilityView>> availability(const std::string&, Period) override {
    return std::vector<AvailabilityView>{};
  }
  void probe(const std::string& device, std::function<void(Result<ProbeView>)> done) override {
    ProbeView view;
    view.id = device;
    done(view);
  }
  std::vector<LoginView> logins() override { return {}; }
  Result<void> retry_login(const std::string&, const std::string& by) override {
    retried_by = by;
    return {};
  }
  ClockView clock() override { return {.now = utc_now(), .wall = utc_now() - 5'000}; }
  Result<void> say_time(std::optional<Millis> utc, const std::string& by) override {
    time_said = utc;
    time_said_by = by;
    return {};
  }
  Overlays& overlays() override { return said; }
  Result<std::vector<std::string>> reload(const std::string& by) override {
    reloaded_by = by;
    if (!simulation) return fail("gateway.toml:3:1: id: bad");
    return std::vector<std::string>{};
  }
  Result<BackupView> backup(bool begin) override { return BackupView{.under_way = begin, .file = "/b/a.db"}; }
  Result<ExportView> export_evidence(const std::string& period, const std::string& by) override {
    if (period != "2026-10") return fail(period + ": no such period");
    ExportView made;
    made.proof = "{\"by\":\"" + by + "\"}";
    made.size = 3;
    made.keys = {"{}"};
    return made;
  }
  std::vector<std::string> leaves(Seq from, std::size_t most) override {
    return {std::to_string(from), std::to_string(most)};
  }
  KeyView evidence_key() override { return {"gw+00+AA", "gw", "note", 3}; }
  Result<void> rotate_key() override { return fail("the key is a credential"); }
  std::vector<EventView> events(Seq from, std::size_t) override {
    std::vector<EventView> list;
    for (const auto& record : records)
      if (record.seq >= from) list.push_back({record, "gw1-0-" + std::to_string(record.seq), std::nullopt});
    return list;
  }
  Seq next_event() override { return records.empty() ? 0 : records.back().seq + 1; }
  std::string metrics() override { return "commune_watch_up 1\n"; }

  std::vector<Record> records;
  std::string retried_by, time_said_by, reloaded_by;
  LiteralOverlays said;
  std::optional<Millis> time_said;
  bool simulation = false;

 private:
  Zone zone_;
};

// The gateway's loop: a thread that runs what is posted to it.
class Loop {
 public:
  Loop() : thread_([this] { run(); }) {}
  ~Loop() {
    post([this] { ending_ = true; });
    thread_.join();
  }
  void post(std::function<void()> task) {
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    wake_.notify_one();
  }

 private:
  void run() {
    while (!ending_) {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return !tasks_.empty(); });
      auto task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
    }
  }
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;
  bool ending_ = false;
  std::thread thread_;
};

class ConsoleTest : public testing::Test {
 protected:
  ConsoleTest() : path_(testing::TempDir() + "cw-console-" + std::to_string(::getpid()) + ".sock") {}

  httplib::Client client() const {
    httplib::Client client(path_);
    client.set_address_family(AF_UNIX);
    client.set_read_timeout(30);
    return client;
  }
  json get(const std::string& where, int status = 200) {
    auto answer = client().Get(where);
    EXPECT_TRUE(answer) << httplib::to_string(answer.error());
    if (!answer) return {};
    EXPECT_EQ(answer->status, status) << answer->body;
    return json::parse(answer->body);
  }

  std::string path_;
  LiteralDesk desk_;
  Loop loop_;
  Console console_{{path_}, desk_, [this](std::function<void()> task) { loop_.post(std::move(task)); }};
};

TEST_F(ConsoleTest, MaintenanceIsListedWithWhatIsLateAndHowItStands) {
  ASSERT_TRUE(console_.start());
  const auto windows = get("/api/v1/maintenance").at("windows");
  ASSERT_EQ(windows.size(), 2U);
  EXPECT_EQ(windows[0].at("id"), 7);
  EXPECT_EQ(windows[0].at("state"), "over");
  EXPECT_EQ(windows[0].at("late"), false);
  EXPECT_EQ(windows[0].at("from_ms"), LiteralOverlays::kHour.from);
  EXPECT_FALSE(windows[0].contains("ended_ms"));
  EXPECT_EQ(windows[1].at("scope"), "all");
  EXPECT_EQ(windows[1].at("state"), "cancelled");
  EXPECT_EQ(windows[1].at("late"), true);
  EXPECT_FALSE(desk_.said.listed);
  get("/api/v1/maintenance?period=2026-11-14");
  ASSERT_TRUE(desk_.said.listed);
  EXPECT_EQ(desk_.said.listed->length(), 86'400'000);
  get("/api/v1/maintenance?period=soon", 400);
}

TEST_F(ConsoleTest, MaintenanceIsDeclaredInTheCommunesTime) {
  ASSERT_TRUE(console_.start());
  const auto post = [&](const std::string& more, int status = 200) {
    auto answer = client().Post(
        "/api/v1/maintenance?scope=hamlet/ap-1&from=2026-11-20T08:00&to=2026-11-20T09:00" + more);
    EXPECT_TRUE(answer);
    EXPECT_EQ(answer->status, status) << answer->body;
    return json::parse(answer->body);
  };
  EXPECT_EQ(post("&author=an&reason=x&every=week&until=2026-12-31").at("windows")[0].at("id"), 9);
  const auto asked = desk_.said.asked;
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->scope, "hamlet/ap-1");
  EXPECT_EQ(asked->period, (Period{1'795'136'400'000, 1'795'140'000'000}));
  EXPECT_EQ(asked->every_days, 7);
  EXPECT_EQ(asked->until, 1'798'736'400'000);
  EXPECT_FALSE(asked->count);
  EXPECT_EQ(post("&author=nobody", 400).at("why"), "not he");
  post("&every=month", 400);
  post("&every=day&count=0", 400);
  post("&every=day&until=never", 400);
  auto bad = client().Post("/api/v1/maintenance?scope=all&from=then&to=2026-11-20T09:00");
  ASSERT_TRUE(bad);
  EXPECT_EQ(bad->status, 400);
  EXPECT_NE(bad->body.find("from: "), std::string::npos);
}

TEST_F(ConsoleTest, WindowsAndDeclarationsEndByTheirIds) {
  ASSERT_TRUE(console_.start());
  auto ended = client().Post("/api/v1/maintenance/7/end?author=binh");
  ASSERT_TRUE(ended);
  EXPECT_EQ(json::parse(ended->body).at("windows")[0].at("ended_ms"), LiteralOverlays::kHour.from + 2);
  ended = client().Post("/api/v1/maintenance/seven/end?author=binh");
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->status, 404);
  ended = client().Post("/api/v1/declarations/kk-3/end?author=binh");
  ASSERT_TRUE(ended);
  const auto one = json::parse(ended->body).at("declarations")[0];
  EXPECT_EQ(one.at("id"), "kk-3");
  EXPECT_EQ(one.at("ended_by"), "binh");
}

TEST_F(ConsoleTest, ACorrectionCanOnlyBeToAClassOfWatchedTime) {
  ASSERT_TRUE(console_.start());
  const std::string to =
      "/api/v1/corrections?device=cam-1&from=2026-11-20T08:00&to=2026-11-20T09:00&author=an&reason=x&as=";
  auto answer = client().Post(to + "up");
  ASSERT_TRUE(answer);
  EXPECT_EQ(json::parse(answer->body).at("corrections")[0].at("as"), "up");
  for (const auto* word : {"not-enrolled", "out-of-hours", "good", ""}) {
    answer = client().Post(to + word);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 400) << word;
  }
  EXPECT_EQ(get("/api/v1/corrections").at("corrections").size(), 0U);
}

TEST_F(ConsoleTest, AReloadSaysWhoAskedForIt) {
  ASSERT_TRUE(console_.start());
  client().Post("/api/v1/reload?by=an");
  EXPECT_EQ(desk_.reloaded_by, "an");
  client().Post("/api/v1/reload");
  EXPECT_EQ(desk_.reloaded_by, "api");
}

TEST_F(ConsoleTest, TheSocketIsForOwnerAndGroupOnly) {
  ASSERT_TRUE(console_.start());
  struct stat facts {};
  ASSERT_EQ(::stat(path_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0660U);
}

TEST_F(ConsoleTest, StatusIsAnsweredWithTheCommunesLanguageAndClock) {
  ASSERT_TRUE(console_.start());
  auto answer = client().Get("/api/v1/status");
  ASSERT_TRUE(answer);
  EXPECT_EQ(json::parse(answer->body)["commune"], "tan-phu-28765");
  EXPECT_EQ(answer->get_header_value("Commune-Language"), "en");
  EXPECT_EQ(answer->get_header_value("Commune-Utc-Offset"), "25200000");
}

TEST_F(ConsoleTest, StatusSinceShowsOnlyWhatChanged) {
  ASSERT_TRUE(console_.start());
  const auto devices = get("/api/v1/status?since=1h")["devices"];
  ASSERT_EQ(devices.size(), 1U);
  EXPECT_EQ(devices[0]["id"], "cam-new");
}

TEST_F(ConsoleTest, AMomentIsReadInTheCommunesZone) {
  ASSERT_TRUE(console_.start());
  EXPECT_EQ(get("/api/v1/status?at=2026-11-14%2021:30")["now"], "2026-11-14T14:30:00.000Z");
  EXPECT_EQ(get("/api/v1/status?at=soon", 400)["error"], "refused");
}

TEST_F(ConsoleTest, WhatTheDeskRefusesComesBackInItsWords) {
  ASSERT_TRUE(console_.start());
  EXPECT_EQ(get("/api/v1/history/cam-9", 400)["why"], "no device 'cam-9'");
  EXPECT_EQ(get("/api/v1/outages?device=cam-9", 400)["why"], "no device 'cam-9'");
  auto reload = client().Post("/api/v1/reload");
  ASSERT_TRUE(reload);
  EXPECT_EQ(reload->status, 400);
  EXPECT_EQ(json::parse(reload->body)["why"], "gateway.toml:3:1: id: bad");
}

TEST_F(ConsoleTest, AnUnknownAddressIsAJsonErrorToo) {
  ASSERT_TRUE(console_.start());
  EXPECT_EQ(get("/api/v1/nothing", 404)["error"], "refused");
  EXPECT_EQ(get("/api/v1/history/UPPER", 404)["error"], "refused");
}

TEST_F(ConsoleTest, EveryAnswerOfASimulationSaysSo) {
  desk_.simulation = true;
  desk_.records = {{7, {1, 5}, LogKind::change, DeviceId{1}, "{}"}};
  ASSERT_TRUE(console_.start());
  constexpr auto kNote = "DỮ LIỆU MÔ PHỎNG – KHÔNG CÓ GIÁ TRỊ";
  std::vector<json> answers;
  for (const char* where :
       {"status", "status?since=1h", "status?at=21:30", "outages", "history/cam-1", "availability", "logins"})
    answers.push_back(get(std::string("/api/v1/") + where));
  for (const char* where : {"probe/cam-1", "logins/cam-1/retry", "reload"}) {
    const auto answer = client().Post(std::string("/api/v1/") + where);
    ASSERT_TRUE(answer);
    answers.push_back(json::parse(answer->body));
  }
  std::string heard;
  (void)client().Get("/api/v1/events?from=0", [&](const char* data, std::size_t size) {
    heard.append(data, size);
    return heard.find("\n\n") == std::string::npos;
  });
  const auto event = heard.find("data: ");
  ASSERT_NE(event, std::string::npos);
  answers.push_back(json::parse(heard.substr(event + 6, heard.find('\n', event) - event - 6)));
  for (const auto& answer : answers) {
    EXPECT_EQ(answer.value("simulated", false), true) << answer;
    EXPECT_EQ(answer.value("note", ""), kNote) << answer;
  }
  const auto metrics = client().Get("/metrics");
  ASSERT_TRUE(metrics);
  EXPECT_EQ(metrics->body, std::string("# ") + kNote + "\ncommune_watch_up 1\n");
}

TEST_F(ConsoleTest, NoAnswerOfRealDevicesSpeaksOfASimulation) {
  ASSERT_TRUE(console_.start());
  EXPECT_FALSE(get("/api/v1/status").contains("simulated"));
  EXPECT_EQ(client().Get("/metrics")->body, "commune_watch_up 1\n");
}

TEST_F(ConsoleTest, AProbeARefusalAndALiveStreamTellTheLanguageAndTheClockToo) {
  ASSERT_TRUE(console_.start());
  auto reader = client();
  const auto probe = client().Post("/api/v1/probe/cam-1"), refused = client().Get("/api/v1/history/cam-9"),
             stream = reader.Get("/api/v1/events?from=1x");
  for (const auto* answer : {&probe, &refused, &stream}) {
    ASSERT_TRUE(*answer);
    EXPECT_EQ((*answer)->get_header_value("Commune-Language"), "en");
    EXPECT_EQ((*answer)->get_header_value("Commune-Utc-Offset"), "25200000");
  }
}

TEST_F(ConsoleTest, ALiveStreamBeginsAtARecordsNumberAndNothingElse) {
  ASSERT_TRUE(console_.start());
  for (const char* from : {"-1", "1x", "", "x", "+1", "1.5", "99999999999999999999"})
    EXPECT_THAT(get(std::string("/api/v1/events?from=") + from, 400)["why"].get<std::string>(),
                testing::HasSubstr("from:"))
        << from;
}

TEST_F(ConsoleTest, AProbeAndARetryReachTheDesk) {
  ASSERT_TRUE(console_.start());
  auto probe = client().Post("/api/v1/probe/cam-1");
  ASSERT_TRUE(probe);
  EXPECT_EQ(json::parse(probe->body)["id"], "cam-1");
  auto retry = client().Post("/api/v1/logins/cam-1/retry?by=technician");
  ASSERT_TRUE(retry);
  EXPECT_EQ(retry->status, 200);
  EXPECT_EQ(desk_.retried_by, "technician");
}

TEST_F(ConsoleTest, TheClockIsShownAndAPersonsWordReachesTheDesk) {
  ASSERT_TRUE(console_.start());
  const auto clock = get("/api/v1/clock");
  EXPECT_EQ(clock["trusted"], false);
  EXPECT_EQ(clock["source"], "system");
  EXPECT_EQ(clock["wall_ms"], 1'795'319'995'000);
  EXPECT_FALSE(clock.contains("battery"));
  auto word = client().Post("/api/v1/clock?by=an&time=2026-11-22%2011:00:05");
  ASSERT_TRUE(word);
  EXPECT_EQ(word->status, 200);
  EXPECT_EQ(desk_.time_said, 1'795'320'005'000) << "local time";
  EXPECT_EQ(desk_.time_said_by, "an");
  ASSERT_TRUE(client().Post("/api/v1/clock?by=an"));
  EXPECT_EQ(desk_.time_said, std::nullopt) << "the wall clock is right";
  auto nonsense = client().Post("/api/v1/clock?time=noon");
  ASSERT_TRUE(nonsense);
  EXPECT_EQ(nonsense->status, 400);
}

TEST_F(ConsoleTest, ALiveReaderGetsWhatWasThereAndWhatComes) {
  desk_.records = {{7, {1, 5}, LogKind::change, DeviceId{1}, R"({"device":"cam-1"})"}};
  ASSERT_TRUE(console_.start());
  std::string heard;
  auto reader = client();
  auto answer = reader.Get("/api/v1/events?from=0", [&](const char* data, std::size_t size) {
    heard.append(data, size);
    if (heard.find("\"seq\":7") != std::string::npos && heard.find("\"seq\":8") == std::string::npos)
      loop_.post([this] {
        if (desk_.records.size() == 1) desk_.records.push_back({8, {1, 9}, LogKind::blip, DeviceId{1}, "{}"});
        console_.notify();
      });
    return heard.find("\"seq\":8") == std::string::npos;  // enough: hang up
  });
  EXPECT_THAT(heard, testing::HasSubstr("id: 7\n"));
  EXPECT_THAT(heard, testing::HasSubstr("\"device\":\"cam-1\""));
  EXPECT_THAT(heard, testing::HasSubstr("id: 8\n"));
}

TEST_F(ConsoleTest, ALiveSocketIsNeverTakenFromAnotherDaemon) {
  ASSERT_TRUE(console_.start());
  {
    Console second({path_}, desk_, [this](std::function<void()> task) { loop_.post(std::move(task)); });
    auto refused = second.start();
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().why, testing::HasSubstr("another"));
  }
  EXPECT_EQ(get("/api/v1/logins")["blocked"].size(), 0U);  // still ours
}

TEST_F(ConsoleTest, AStaleSocketIsReplaced) {
  ASSERT_TRUE(console_.start());
  const auto stale = path_ + ".stale";
  std::filesystem::create_hard_link(path_, stale);
  console_.stop();
  std::filesystem::rename(stale, path_);
  Console second({path_}, desk_, [this](std::function<void()> task) { loop_.post(std::move(task)); });
  EXPECT_TRUE(second.start());
}

TEST_F(ConsoleTest, OnlyASocketIsEverReplaced) {
  std::ofstream(path_) << "somebody's work";
  const auto refused = console_.start();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().why, testing::HasSubstr("no socket"));
  std::string kept;
  std::getline(std::ifstream(path_), kept);
  EXPECT_EQ(kept, "somebody's work");
  std::filesystem::remove(path_);
}

TEST_F(ConsoleTest, APathThatIsTooLongForASocketIsSaidToBe) {
  const auto longest = testing::TempDir() + std::string(107 - testing::TempDir().size(), 'x');
  for (const auto& path : {longest, longest + "x"}) {
    Console console({path}, desk_, [this](std::function<void()> task) { loop_.post(std::move(task)); });
    const auto started = console.start();
    EXPECT_EQ(started.has_value(), path == longest);
    const auto why = started ? std::string{} : started.error().why;
    EXPECT_THAT(why, testing::HasSubstr(path == longest ? "" : "108 bytes, at most 107"));
  }
}

TEST_F(ConsoleTest, ThousandsOfRangesOfAnAnswerAreTheAnswerOnce) {
  ASSERT_TRUE(console_.start());
  std::string ranges = "bytes=0-";
  for (int i = 0; i < 200; ++i) ranges += ",0-";
  for (const char* where : {"/metrics", "/api/v1/nothing"}) {
    const auto plain = client().Get(where), ranged = client().Get(where, {{"Range", ranges}});
    ASSERT_TRUE(ranged);
    EXPECT_EQ(ranged->status, plain->status);
    EXPECT_EQ(ranged->body, plain->body);
  }
}

TEST_F(ConsoleTest, ABodyWhoseLengthIsNotKnownBeforeItIsReadIsRefused) {
  ASSERT_TRUE(console_.start());
  // Said by the head alone: the refusal may come before a body is through.
  for (const auto& [name, value] :
       {std::pair{"Transfer-Encoding", "chunked"}, {"Content-Encoding", "gzip"}}) {
    httplib::Request request;
    request.method = "POST";
    request.path = "/api/v1/reload";
    request.set_header(name, value);
    const auto answer = client().send(request);
    ASSERT_TRUE(answer) << name;
    EXPECT_EQ(answer->status, 400) << name;
    EXPECT_THAT(answer->body, testing::HasSubstr("Content-Length")) << name;
  }
}

TEST_F(ConsoleTest, ARequestThatIsTooLongOrNoneIsToldWhatIsWrong) {
  ASSERT_TRUE(console_.start());
  const auto body = client().Post("/api/v1/reload", std::string(70'000, 'x'), "text/plain");
  ASSERT_TRUE(body);
  EXPECT_EQ(body->status, 413);
  EXPECT_THAT(json::parse(body->body)["why"].get<std::string>(),
              testing::HasSubstr("longer than 65536 bytes"));
  EXPECT_THAT(get("/" + std::string(9'000, 'x'), 414)["why"].get<std::string>(),
              testing::HasSubstr("longer than 8192 bytes"));
  httplib::Request odd;
  odd.method = "ODD";
  odd.path = "/metrics";
  const auto refused = client().send(odd);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 400);
  EXPECT_THAT(refused->body, testing::HasSubstr("no HTTP request"));
}

TEST_F(ConsoleTest, AStopRightAfterTheStartEnds) {
  ASSERT_TRUE(console_.start());
  console_.stop();
  EXPECT_FALSE(std::filesystem::exists(path_));
}

}  // namespace
}  // namespace commune_watch
