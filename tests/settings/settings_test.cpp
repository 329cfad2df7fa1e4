// What a good configuration becomes: every key once, defaults, terms, and the summary for people.
#include "settings/settings.hpp"

#include <gmock/gmock.h>

#include "settings/loading.hpp"
#include "settings/trial.hpp"

namespace commune_watch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

LoadPlaces good_places() {
  LoadPlaces places;
  places.file = std::string{CW_SOURCE_DIR} + "/tests/settings/good/gateway.toml";
  places.model_directories = {};
  places.holiday_directories = {};
  return places;
}

class GoodFile : public testing::Test {
 protected:
  void SetUp() override {
    LoadResult result = load(good_places(), fake::kDrivers);
    ASSERT_THAT(result.errors, IsEmpty());
    EXPECT_EQ(result.warnings.size(), 2U) << testing::PrintToString(result.warnings);
    settings = std::move(*result.settings);
  }
  const DeviceSettings& device(std::string_view id) {
    const DeviceSettings* found = settings.device(id);
    EXPECT_NE(found, nullptr) << id;
    static const DeviceSettings kNone;
    return found == nullptr ? kNone : *found;
  }
  Settings settings;
};

TEST_F(GoodFile, CommuneHasEveryKey) {
  const CommuneSettings& commune = settings.commune;
  EXPECT_EQ(commune.id, "tan-phu-28765");
  EXPECT_EQ(commune.code, "28765");
  EXPECT_EQ(commune.name, "Xã Tân Phú");
  EXPECT_EQ(commune.province, "Vĩnh Long");
  EXPECT_EQ(commune.timezone, "Europe/Berlin");
  EXPECT_EQ(commune.language, Language::en);
  EXPECT_THAT(commune.criteria, ElementsAre("ben-tre-commune", "ben-tre-hamlet"));
  EXPECT_THAT(commune.holidays, ElementsAre("vn-2031"));
  EXPECT_THAT(commune.public_holidays, ElementsAre(20310101, 20310501));
}

TEST_F(GoodFile, ZoneKnowsSummerTime) {
  constexpr Millis kJanuary = 1'767'225'600'000, kJuly = 1'782'864'000'000;  // 2026-01-01, 2026-07-01 UTC
  EXPECT_EQ(settings.commune.zone.offset(kJanuary), 3'600'000);
  EXPECT_EQ(settings.commune.zone.offset(kJuly), 7'200'000);
}

TEST_F(GoodFile, GatewayHasEveryKey) {
  const GatewaySettings& gateway = settings.gateway;
  EXPECT_EQ(gateway.id, "gw2");
  EXPECT_TRUE(gateway.simulated);
  EXPECT_EQ(gateway.interval, 30'000);
  EXPECT_EQ(gateway.media_interval, 120'000);
  EXPECT_EQ(gateway.picture_interval, 3'600'000);
  EXPECT_TRUE(gateway.host_keeps_clock);
  EXPECT_EQ(gateway.recheck, 5'000);
  EXPECT_EQ(gateway.limit, 4'000);
  EXPECT_THAT(gateway.segment, ElementsAre("192.0.2.1", "fe80::1%eth0"));
  EXPECT_EQ(gateway.backup_directory, "/media/usb/commune-watch");
  EXPECT_EQ(gateway.parallel_per_host, 2);
  EXPECT_EQ(gateway.parallel_sessions, 3);
  EXPECT_EQ(gateway.parallel, 64);
}

TEST_F(GoodFile, MqttHasEveryKeyAndItsLogin) {
  const MqttSettings& mqtt = settings.mqtt;
  EXPECT_EQ(mqtt.url, "mqtts://broker.example:8884");
  ASSERT_TRUE(mqtt.login.has_value());
  EXPECT_EQ(mqtt.login->username, "gw");
  EXPECT_EQ(mqtt.login->password.reveal(), "b1");
  EXPECT_EQ(mqtt.ca_file, "/etc/ssl/broker.pem");
  EXPECT_EQ(mqtt.client_id, "tan-phu");
  EXPECT_EQ(mqtt.keep_alive, 20'000);
  EXPECT_EQ(mqtt.window, 7);
  EXPECT_EQ(mqtt.backlog_per_second, 100);
}

TEST_F(GoodFile, WitnessesHaveEveryKey) {
  ASSERT_EQ(settings.witnesses.size(), 1U);
  EXPECT_EQ(settings.witnesses[0].url, "https://witness.example");
  EXPECT_EQ(settings.witnesses[0].name, "ben-tre/w1");
  EXPECT_EQ(settings.witnesses[0].ca_file, "/etc/ssl/witness.pem");
}

TEST_F(GoodFile, LoginsKnowWhetherBasicIsAllowed) {
  ASSERT_EQ(settings.logins.size(), 2U);
  EXPECT_TRUE(settings.logins.at("nvr").allow_basic);
  EXPECT_FALSE(settings.logins.at("broker").allow_basic);
  EXPECT_TRUE(settings.logins.at("nvr").is_inline);
  EXPECT_EQ(settings.logins.at("nvr").password.reveal(), "n1");
}

TEST_F(GoodFile, AreasHaveEveryKey) {
  ASSERT_EQ(settings.hamlets.size(), 1U);
  EXPECT_EQ(settings.hamlets[0].name, "Ấp 1");
  EXPECT_EQ(settings.hamlets[0].basis, "QĐ số 1/QĐ-UBND");
  EXPECT_THAT(settings.hamlets[0].must_have, ElementsAre(Must::speaker, Must::camera));
  const PlaceSettings* place = settings.place("nvh-ap-1");
  ASSERT_NE(place, nullptr);
  EXPECT_EQ(place->kind, PlaceKind::culture_house);
  EXPECT_EQ(place->hamlet, "ap-1");
  EXPECT_EQ(place->basis, "QĐ số 2/QĐ-UBND");
  EXPECT_THAT(place->must_have, ElementsAre(Must::wifi));
  ASSERT_EQ(settings.contractors.size(), 1U);
  EXPECT_EQ(settings.contractors[0].name, "VNPT");
  EXPECT_EQ(settings.contractors[0].phone, "0900000000");
}

TEST_F(GoodFile, ServiceHoursRunOverMidnightAndOverTheWeek) {
  const Hours& hours = settings.place("nvh-ap-1")->hours;
  ASSERT_EQ(hours.weekly.size(), 7U);  // Sunday 22:00 to Monday 02:00 is two slots
  EXPECT_EQ(hours.weekly.front(), (Hours::Slot{0, 120}));
  EXPECT_EQ(hours.weekly[1], (Hours::Slot{480, 1020}));
  EXPECT_EQ(hours.weekly.back(), (Hours::Slot{6 * 1440 + 1320, 10080}));
  EXPECT_THAT(hours.closed, ElementsAre(20310101, 20310501));
  EXPECT_EQ(settings.place("hq")->hours, Hours{}) << "a place without service hours is open on holidays too";
}

TEST_F(GoodFile, MonitoringPointsComeFirstThenTheFilesOrder) {
  std::vector<std::string> ids;
  for (const DeviceSettings& each : settings.devices) ids.push_back(each.id);
  EXPECT_THAT(ids,
              ElementsAre("nvr-1", "vms-tinh", "sw-1", "net-1", "cam-1", "cam-2", "wifi-1", "loa-1", "web"));
  EXPECT_EQ(device("vms-tinh").role, "province");
  EXPECT_EQ(device("nvr-1").kind, Kind::monitoring_point);
}

TEST_F(GoodFile, CameraTakesWhatItsModelSays) {
  const DeviceSettings& camera = device("cam-1");
  EXPECT_EQ(camera.driver, "rtsp");
  EXPECT_EQ(camera.model, "shop-camera");
  EXPECT_EQ(camera.options.all().at("url"), "rtsp://192.0.2.21:554/Streaming/Channels/302");
  EXPECT_EQ(camera.options.all().at("transport"), "udp");
  EXPECT_EQ(camera.highest, Rung::useful);
  EXPECT_EQ(camera.place, "nvh-ap-1");
  EXPECT_EQ(camera.parent, "sw-1");
  EXPECT_EQ(camera.contractor, "vnpt");
  EXPECT_EQ(camera.login, "nvr");
  EXPECT_THAT(camera.origin, testing::EndsWith("conf.d/10-devices.toml:1"));
  ASSERT_EQ(camera.monitor.size(), 2U);
  EXPECT_EQ(camera.monitor[1].point, "nvr-1");
  EXPECT_EQ(camera.monitor[1].key, "3");
}

TEST_F(GoodFile, CadenceIsOwnThenTheGateways) {
  const Cadence& own = device("cam-1").cadence;
  EXPECT_THAT(own.interval, ElementsAre(60'000, 60'000, 600'000, 600'000, 60'000, 7'200'000));
  EXPECT_EQ(own.limit, 8'000);
  EXPECT_EQ(own.recheck, 10'000);
  const Cadence& inherited = device("cam-2").cadence;
  EXPECT_THAT(inherited.interval, ElementsAre(30'000, 30'000, 120'000, 120'000, 30'000, 3'600'000));
  EXPECT_EQ(inherited.limit, 4'000);
}

TEST_F(GoodFile, OptionsAreTextOfTheirTypes) {
  const auto& options = device("wifi-1").options.all();
  EXPECT_EQ(options.at("status"), "204");
  EXPECT_EQ(options.at("match"), "SSID: (Xã|Xa)");
  EXPECT_EQ(options.at("verify"), "false");
  EXPECT_EQ(options.at("patience"), "2000");
  EXPECT_EQ(options.at("headers"), "Accept: text/html\nX-A: b");
  EXPECT_EQ(options.at("agent"), "commune");
}

TEST_F(GoodFile, OptionsThatAreNotGivenAreTheDriversDefaults) {
  const auto& options = device("web").options.all();
  EXPECT_EQ(options.at("status"), "200");
  EXPECT_EQ(options.at("verify"), "true");
  EXPECT_EQ(options.at("patience"), "5000");
  EXPECT_FALSE(options.contains("match"));
}

TEST_F(GoodFile, BroadcastHasEveryKey) {
  ASSERT_EQ(settings.broadcasts.size(), 1U);
  const BroadcastSettings& broadcast = settings.broadcasts[0];
  EXPECT_THAT(broadcast.speakers, ElementsAre("loa-1"));
  EXPECT_EQ(broadcast.days, "mon,wed-fri");
  EXPECT_EQ(broadcast.from, "05:00");
  EXPECT_EQ(broadcast.to, "05:30");
  EXPECT_EQ(broadcast.source, "http://192.0.2.30:8000/xa.mp3");
  EXPECT_THAT(broadcast.topics, ElementsAre("chuyen-doi-so", "khac"));
}

TEST_F(GoodFile, TermsOfACameraAreRoundTheClockAtTheCommunesPoint) {
  const Terms terms = terms_of(settings, device("cam-1"));
  EXPECT_TRUE(terms.enrolled);
  EXPECT_EQ(terms.place, "nvh-ap-1");
  EXPECT_EQ(terms.parent, "sw-1");
  EXPECT_EQ(terms.point, "nvr-1") << "only the role commune feeds the rows";
  EXPECT_EQ(terms.key, "3");
  EXPECT_EQ(terms.driver, "rtsp");
  EXPECT_EQ(terms.hours, Hours{});
}

TEST_F(GoodFile, TermsOfAnAccessPointFollowItsPlacesHours) {
  EXPECT_EQ(terms_of(settings, device("wifi-1")).hours, settings.place("nvh-ap-1")->hours);
  EXPECT_EQ(terms_of(settings, device("loa-1")).hours, Hours{}) << "a speaker's connection is watched 24/7";
  EXPECT_FALSE(terms_of(settings, device("web")).point.has_value());
}

TEST_F(GoodFile, TermsOfWhatOnlyThePointSeesNeedConnected) {
  EXPECT_FALSE(device("cam-2").device_path);
  EXPECT_EQ(terms_of(settings, device("cam-2")).needs, Rung::connected);
}

TEST_F(GoodFile, IsDescribedInVietnameseFirst) {
  const std::string text = describe(settings, Language::vi);
  EXPECT_THAT(text, HasSubstr("Xã Tân Phú (28765), Vĩnh Long\n"));
  EXPECT_THAT(text, HasSubstr("DỮ LIỆU MÔ PHỎNG"));
  EXPECT_THAT(text, HasSubstr("Ấp/thôn/khu dân cư: 1 (Ấp 1)\n"));
  EXPECT_THAT(text, HasSubstr("  nhà văn hóa: 1\n"));
  EXPECT_THAT(text, HasSubstr("  camera: 2 (none 1, rtsp 1); có điểm giám sát 2/2\n"));
  EXPECT_THAT(text, HasSubstr("  cụm loa: 1 (ping 1); có điểm giám sát 0/1\n"));
  EXPECT_THAT(text, HasSubstr("Điểm giám sát: Đầu ghi (nvr-1, recorder): 2 thiết bị\n"));
  EXPECT_THAT(text, HasSubstr("Phải có loa: 1 nơi\n"));
  EXPECT_THAT(text, HasSubstr("Ngày nghỉ lễ: 2 ngày (vn-2031)\n"));
  EXPECT_THAT(text, Not(HasSubstr("n1")));
  EXPECT_THAT(describe(settings, Language::en), HasSubstr("Must have speaker: 1\n"));
}

LoadResult of(const std::string& more) { return load_text(std::string{kCommune} + more, fake::kDrivers); }

TEST(Settings, DefaultsAreThoseOfTheHeader) {
  const LoadResult result = of("");
  ASSERT_THAT(result.errors, IsEmpty());
  EXPECT_EQ(result.settings->commune.timezone, "Asia/Ho_Chi_Minh");
  EXPECT_EQ(result.settings->commune.zone.offset(1'767'225'600'000), 7 * 3'600'000);
  EXPECT_EQ(result.settings->commune.language, Language::vi);
  EXPECT_EQ(result.settings->gateway.interval, 60'000);
  EXPECT_EQ(result.settings->gateway.parallel, 256);
  EXPECT_FALSE(result.settings->gateway.host_keeps_clock);
  EXPECT_EQ(result.settings->mqtt.client_id, "commune-watch-tan-phu-28765-gw1");
  EXPECT_TRUE(result.settings->mqtt.url.empty());
  EXPECT_THAT(result.warnings, IsEmpty());
}

TEST(Settings, AShorterIntervalShortensWhatWasNotSaid) {
  const LoadResult result = of("[gateway]\ninterval = \"5s\"\nsimulated = true\n");
  ASSERT_THAT(result.errors, IsEmpty());
  EXPECT_EQ(result.settings->gateway.limit, 5'000);
  EXPECT_EQ(result.settings->gateway.recheck, 5'000);
  EXPECT_THAT(result.warnings, IsEmpty());
}

TEST(Settings, AMonitoringPointComesBeforeWhatWasWrittenBeforeIt) {
  const LoadResult result =
      of("[[uplink]]\nid = \"u1\"\nname = \"1\"\ndriver = \"ping\"\nhost = \"192.0.2.1\"\n"
         "[[monitoring_point]]\nid = \"nvr\"\nname = \"N\"\ndriver = \"recorder\"\nhost = \"192.0.2.2\"\n");
  ASSERT_THAT(result.errors, IsEmpty());
  EXPECT_EQ(result.settings->devices[0].id, "nvr");
  EXPECT_EQ(result.settings->devices[1].id, "u1");
}

TEST(Settings, DecomposedLettersBecomeSingleOnes) {
  const LoadResult result = of("[[hamlet]]\nid = \"ap-1\"\nname = \"A\xcc\x82\xcc\x81p Phu\xcc\x81\"\n");
  ASSERT_THAT(result.errors, IsEmpty());
  EXPECT_EQ(result.settings->hamlets[0].name, "Ấp Phú");
}

TEST(Settings, HashFollowsValuesAndNothingElse) {
  const std::string place = "[[hamlet]]\nid = \"ap-1\"\nname = \"Ấp 1\"\n";
  const std::string login = "[login.a]\nusername = \"u\"\npassword = \"p1\"\n";
  const auto hash = [](const std::string& more) { return of(more).settings->sha256; };
  EXPECT_EQ(hash(place).size(), 64U);
  EXPECT_EQ(hash(place), hash("# a comment\n\n" + place));
  EXPECT_NE(hash(place), hash("[[hamlet]]\nid = \"ap-1\"\nname = \"Ấp 2\"\n"));
  EXPECT_EQ(hash(login), hash("[login.a]\nusername = \"u\"\npassword = \"p2\"\n")) << "no trace of a secret";
}

TEST(Settings, LinesNameTheirPlaceAndNoSecret) {
  const auto lines = of("[login.a]\nusername = \"u\"\npassword = \"geheim\"\n"
                        "[[hamlet]]\nid = \"ap-1\"\nname = \"Ấp 1\"\nmust_have = [\"speaker\"]\n")
                         .settings->lines;
  EXPECT_THAT(lines, testing::IsSupersetOf({R"(commune id = "tan-phu-28765")", R"(login/a username = "u")",
                                            R"(login/a password = "***")", R"(hamlet/ap-1 name = "Ấp 1")",
                                            R"(hamlet/ap-1 must_have = ["speaker"])"}));
  EXPECT_THAT(lines, testing::Each(testing::Not(HasSubstr("geheim"))));
}

TEST(Settings, AConfigurationWithErrorsTellsItsWarningsToo) {
  const LoadResult result =
      of("[login.a]\nusername = \"u\"\npassword = \"p\"\n"
         "[[uplink]]\nid = \"u1\"\nname = \"1\"\ndriver = \"htp\"\nurl = \"http://192.0.2.1\"\n");
  ASSERT_FALSE(result.settings.has_value());
  EXPECT_THAT(result.errors, ElementsAre(HasSubstr("gateway.toml:12:10: driver: there is no driver 'htp'")));
  EXPECT_THAT(result.warnings,
              ElementsAre(HasSubstr("gateway.toml:6:1: a: no device uses this login"),
                          HasSubstr("gateway.toml:8:12: password: written into the configuration itself")));
  EXPECT_EQ(result.told(), result.errors[0] + "\ncảnh báo / warning: " + result.warnings[0] +
                               "\ncảnh báo / warning: " + result.warnings[1]);
}

TEST(Settings, WarningsNameTheirPlace) {
  const LoadResult result =
      of("[mqtt]\nurl = \"mqtt://192.0.2.9\"\nlogin = \"a\"\n[login.a]\nusername = \"u\"\npassword = \"p\"\n"
         "[[uplink]]\nid = \"u1\"\nname = \"1\"\ndriver = \"http\"\nurl = \"http://192.0.2.1\"\ninterval = "
         "\"2s\"\n"
         "[[uplink]]\nid = \"u2\"\nname = \"2\"\ndriver = \"http\"\nurl = \"http://192.0.2.1\"\n");
  ASSERT_THAT(result.errors, IsEmpty());
  EXPECT_THAT(result.warnings,
              ElementsAre(HasSubstr("gateway.toml:7:7: url: the password goes over the network readably"),
                          HasSubstr("gateway.toml:11:12: password: written into the configuration itself"),
                          HasSubstr("gateway.toml:17:12: interval: shorter than 10s"),
                          HasSubstr("gateway.toml:22:7: url: the same as that of 'u1'")));
}

TEST(Settings, TwoCamerasWithOneStreamAreWarnedOfHoweverItsAddressIsWritten) {
  const auto camera = [](const std::string& id, const std::string& url) {
    return "[[camera]]\nid = \"" + id + "\"\nname = \"" + id +
           "\"\nplace = \"p\"\ndriver = \"rtsp\"\nurl = \"" + url + "\"\n";
  };
  const std::string place = "[[place]]\nid = \"p\"\nname = \"P\"\nkind = \"market\"\n";
  const auto warnings = [&](const std::string& a, const std::string& b) {
    const LoadResult result = of(place + camera("c1", a) + camera("c2", b));
    EXPECT_THAT(result.errors, IsEmpty());
    return result.warnings;
  };
  EXPECT_THAT(warnings("rtsp://cam.example/live%2d1/?a=b", "rtsp://CAM.example:554/live-1/?a=b"),
              ElementsAre(HasSubstr("url: the same as that of 'c1'")));
  EXPECT_THAT(warnings("rtsp://192.0.2.1/live/", "rtsp://192.0.2.1/live"), SizeIs(1));
  EXPECT_THAT(warnings("rtsp://192.0.2.1/live", "rtsp://192.0.2.1:8080/live"), IsEmpty());
  EXPECT_THAT(warnings("rtsp://192.0.2.1/101", "rtsp://192.0.2.1/102"), IsEmpty());
}

}  // namespace
}  // namespace commune_watch
