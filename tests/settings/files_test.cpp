// Several files: conf.d, models, holidays, secrets, and the merged print.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "settings/loading.hpp"
#include "settings/tree.hpp"
#include "settings/trial.hpp"

namespace commune_watch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string kMain{kCommune};
const std::string kPlace = "[[place]]\nid = \"cong\"\nname = \"Cổng\"\nkind = \"entry-point\"\n";
const std::string kSwitch =
    "[[switch]]\nid = \"sw-1\"\nname = \"Một\"\ndriver = \"ping\"\nhost = \"192.0.2.2\"\n";

std::string camera(const std::string& keys) {
  return "[[camera]]\nid = \"cam-1\"\nname = \"Camera\"\nplace = \"cong\"\n" + keys;
}

TEST(ConfD, ListsOfTablesAppendInNameOrder) {
  const Trial trial;
  trial.write("gateway.toml", kMain + kPlace);
  trial.write("conf.d/20-b.toml", kSwitch + "[[place]]\nid = \"cho\"\nname = \"Chợ\"\nkind = \"market\"\n");
  trial.write("conf.d/10-a.toml",
              camera("driver = \"rtsp\"\nurl = \"rtsp://192.0.2.21\"\nparent = \"sw-1\"\n"));
  trial.write("conf.d/30-c.toml~", "not TOML at all");
  trial.write("conf.d/.40-d.toml", "nor this");
  const LoadResult result = trial.load();
  ASSERT_THAT(result.errors, IsEmpty());
  ASSERT_EQ(result.settings->places.size(), 2U);
  EXPECT_EQ(result.settings->places[0].id, "cong");
  EXPECT_EQ(result.settings->places[1].id, "cho");
  ASSERT_EQ(result.settings->devices.size(), 2U);
  EXPECT_EQ(result.settings->devices[0].id, "cam-1");
  EXPECT_EQ(trial.here({result.settings->devices[1].origin}), std::vector<std::string>{"conf.d/20-b.toml:1"});
}

TEST(ConfD, TablesGrowKeyByKey) {
  const Trial trial;
  trial.write("gateway.toml", kMain + "[gateway]\nid = \"gw9\"\n");
  trial.write("conf.d/10.toml", "[gateway]\nparallel = 8\n[login.a]\nusername = \"u\"\npassword = \"p\"\n");
  const LoadResult result = trial.load();
  ASSERT_THAT(result.errors, IsEmpty());
  EXPECT_EQ(result.settings->gateway.id, "gw9");
  EXPECT_EQ(result.settings->gateway.parallel, 8);
}

TEST(ConfD, AKeySetTwiceNamesBothPlaces) {
  const Trial trial;
  trial.write("gateway.toml", kMain);
  trial.write("conf.d/10.toml", "[commune]\nname = \"Xã Khác\"\ncriteria = [\"a\"]\n");
  trial.write("conf.d/20.toml", "[commune]\ncriteria = [\"b\"]\n");
  EXPECT_THAT(trial.errors(), ElementsAre("conf.d/10.toml:2:1: name: is already set at gateway.toml:4:1; a "
                                          "key may be set once in all files together",
                                          "conf.d/20.toml:2:1: criteria: is already set at "
                                          "conf.d/10.toml:3:1; a key may be set once in all files together"));
}

TEST(ConfD, ErrorsComeInTheOrderOfTheFiles) {
  const Trial trial;
  trial.write("gateway.toml", kMain + "[gateway]\nparalel = 1\n");
  trial.write("conf.d/20.toml", "[gatewey]\n");
  trial.write("conf.d/10.toml", "[mqt]\n");
  EXPECT_THAT(
      trial.errors(),
      ElementsAre(HasSubstr("gateway.toml:7:1: paralel: unknown key in [gateway]; did you mean 'parallel'?"),
                  HasSubstr("conf.d/10.toml:1:2: mqt: "), HasSubstr("conf.d/20.toml:1:2: gatewey: ")));
}

TEST(ConfD, OneSyntaxErrorOfEachFileIsTold) {
  const Trial trial;
  trial.write("gateway.toml", kMain + "[gateway\n");
  trial.write("conf.d/10.toml", "a = \n");
  EXPECT_THAT(trial.errors(), ElementsAre(HasSubstr("gateway.toml:6:"), HasSubstr("conf.d/10.toml:1:")));
}

TEST(ConfD, ThatIsThereButCannotBeReadIsRefused) {
  const Trial trial;
  trial.write("gateway.toml", kCommune);
  trial.write("conf.d", "not a folder");
  EXPECT_THAT(trial.errors(), ElementsAre("conf.d:1:1: file: cannot be read as a folder: Not a directory"));
  std::filesystem::remove(trial.path("conf.d"));
  std::filesystem::create_symlink("conf.d", trial.path("conf.d"));
  EXPECT_THAT(trial.errors(),
              ElementsAre(HasSubstr("conf.d:1:1: file: cannot be read as a folder: Too many")));
}

TEST(ConfD, WhatIsNoFileIsToldWhereItStands) {
  const Trial trial;
  trial.write("gateway.toml", kCommune);
  std::filesystem::create_directories(trial.path("conf.d/10-folder.toml"));
  std::filesystem::create_symlink("20-loop.toml", trial.path("conf.d/20-loop.toml"));
  std::filesystem::create_symlink("nowhere", trial.path("conf.d/30-dangling.toml"));
  ASSERT_EQ(mkfifo(trial.path("conf.d/40-pipe.toml").c_str(), 0600), 0);
  EXPECT_THAT(trial.errors(),
              ElementsAre("conf.d/10-folder.toml:1:1: file: is not a regular file",
                          HasSubstr("conf.d/20-loop.toml:1:1: file: cannot be opened: Too many levels"),
                          "conf.d/30-dangling.toml:1:1: file: cannot be opened: No such file or directory",
                          "conf.d/40-pipe.toml:1:1: file: is not a regular file"));
}

TEST(Files, AFolderInPlaceOfTheConfigurationIsRefused) {
  const Trial trial;
  std::filesystem::create_directory(trial.path("gateway.toml"));
  EXPECT_THAT(trial.errors(), ElementsAre("gateway.toml:1:1: file: is not a regular file"));
}

TEST(Files, LargerThanTheCapAreRefusedUnread) {
  const Trial trial;
  trial.write("gateway.toml", std::string{kCommune} + std::string(kMaxToml, '\n'));
  EXPECT_THAT(trial.errors(),
              ElementsAre("gateway.toml:1:1: file: larger than 4 MiB; split it into conf.d/*.toml"));
}

TEST(Files, InUtf16AreToldSo) {
  const Trial trial;
  trial.write("gateway.toml", std::string_view{"\xff\xfe[\0c\0", 6});
  EXPECT_THAT(trial.errors(), ElementsAre("gateway.toml:1:1: syntax: the file is UTF-16; save it as UTF-8"));
}

TEST(Files, AByteOrderMarkIsNotSeen) {
  const Trial trial;
  trial.write("gateway.toml", "\xef\xbb\xbf" + std::string{kCommune});
  EXPECT_THAT(trial.errors(), IsEmpty());
  trial.write("gateway.toml", "\xef\xbb\xbfhamlets = 1\n" + std::string{kCommune});
  EXPECT_THAT(trial.errors(), ElementsAre(HasSubstr("gateway.toml:1:1: hamlets: unknown key")));
  trial.write("gateway.toml", "\xef\xbb\xbf" + std::string{"a = \"\xff\"\n"});
  EXPECT_THAT(trial.errors(), ElementsAre(HasSubstr("gateway.toml:1:6: syntax: not UTF-8")));
}

TEST(Files, OfAMillionMistakesTheFirstAreTold) {
  const Trial trial;
  std::string text;
  for (int i = 0; i < 300'000; ++i) text += "k" + std::to_string(i) + "=1\n";
  trial.write("gateway.toml", text + std::string{kCommune});
  const auto errors = trial.errors();
  ASSERT_EQ(errors.size(), 201U);
  EXPECT_THAT(errors.front(), HasSubstr("gateway.toml:1:1: k0: unknown key"));
  EXPECT_EQ(errors.back(), "gateway.toml:201:1: k200: and 299800 more from here on; mend those above first");
}

TEST(Models, TheFolderBesideTheConfigurationComesFirst) {
  const Trial trial;
  const std::string model =
      "[model]\nid = \"m\"\nmaker = \"M\"\ntitle = \"T\"\ndriver = \"rtsp\"\n[options]\ntransport = ";
  trial.write("gateway.toml", kMain + kPlace + camera("model = \"m\"\nurl = \"rtsp://192.0.2.21\"\n"));
  trial.write("models/m.toml", model + "\"beside\"\n");
  trial.write("elsewhere/m.toml", model + "\"elsewhere\"\n");
  LoadPlaces places = trial.places();
  places.model_directories = {trial.path("elsewhere")};
  LoadResult result = load(places, fake::kDrivers);
  ASSERT_THAT(result.errors, IsEmpty());
  EXPECT_EQ(result.settings->devices[0].options.all().at("transport"), "beside");
  std::filesystem::remove(trial.path("models/m.toml"));
  result = load(places, fake::kDrivers);
  ASSERT_THAT(result.errors, IsEmpty());
  EXPECT_EQ(result.settings->devices[0].options.all().at("transport"), "elsewhere");
}

TEST(Models, ADevicesOwnKeyWins) {
  const Trial trial;
  trial.write("gateway.toml",
              kMain + kPlace + camera("model = \"m\"\nurl = \"rtsp://192.0.2.21\"\ntransport = \"tcp\"\n"));
  trial.write("models/m.toml",
              "[model]\nid = \"m\"\nmaker = \"M\"\ntitle = \"T\"\ndriver = \"rtsp\"\n[options]\nurl = "
              "\"rtsp://192.0.2.99\"\ntransport = \"udp\"\n");
  const LoadResult result = trial.load();
  ASSERT_THAT(result.errors, IsEmpty());
  EXPECT_EQ(result.settings->devices[0].options.all().at("transport"), "tcp");
  EXPECT_EQ(result.settings->devices[0].options.all().at("url"), "rtsp://192.0.2.21");
}

TEST(Models, AnUnknownOneIsRefusedWithItsNeighbour) {
  const Trial trial;
  trial.write("gateway.toml", kMain + kPlace + camera("model = \"hikvison-camera\"\n"));
  trial.write("models/hikvision-camera.toml", "[model]\n");
  EXPECT_THAT(trial.errors(), ElementsAre("gateway.toml:14:9: model: there is no hikvison-camera.toml in "
                                          "models; did you mean 'hikvision-camera'?"));
}

TEST(Models, ErrorsInTheModelAreToldThereOnce) {
  const Trial trial;
  trial.write("gateway.toml", kMain + kPlace + camera("model = \"m\"\nurl = \"rtsp://192.0.2.21\"\n") +
                                  "[[camera]]\nid = \"cam-2\"\nname = \"2\"\nplace = \"cong\"\nmodel = "
                                  "\"m\"\nurl = \"rtsp://192.0.2.22\"\n");
  trial.write(
      "models/m.toml",
      "[model]\nid = \"n\"\nmaker = \"M\"\ntitle = \"T\"\ndriver = \"rtsp\"\ncolour = \"red\"\n[options]\n");
  EXPECT_THAT(trial.errors(), ElementsAre("models/m.toml:2:6: id: must be the file's name, 'm'",
                                          HasSubstr("models/m.toml:6:1: colour: unknown key in [model]")));
  trial.write("models/m.toml",
              "[model]\nid = \"m\"\nmaker = \"M\"\ntitle = \"T\"\ndriver = \"rtsp\"\n[options]\ntransprot = "
              "\"udp\"\n");
  EXPECT_THAT(
      trial.errors(),
      ElementsAre(
          "models/m.toml:7:1: transprot: driver 'rtsp' has no such option; did you mean 'transport'?"));
}

TEST(Models, WhatTheModelAsksForMustBeGivenAndHarmless) {
  const Trial trial;
  trial.write("models/m.toml",
              "[model]\nid = \"m\"\nmaker = \"M\"\ntitle = \"T\"\ndriver = \"rtsp\"\n[fill]\nhost = "
              "\"\"\nchannel = \"1\"\n[options]\nurl = \"rtsp://{host}/{channel}\"\n");
  trial.write("gateway.toml", kMain + kPlace + camera("model = \"m\"\n"));
  EXPECT_THAT(trial.errors(), ElementsAre("gateway.toml:10:1: host: missing; model 'm' needs it"));
  trial.write("gateway.toml",
              kMain + kPlace + camera("model = \"m\"\nhost = \"evil@192.0.2.1\"\nchannel = \"../1\"\n"));
  EXPECT_THAT(trial.errors(), ElementsAre(HasSubstr("15:8: host: not an IPv4"),
                                          HasSubstr("16:11: channel: may hold letters")));
  trial.write("gateway.toml", kMain + kPlace + camera("model = \"m\"\nhost = \"2001:db8::9\"\n"));
  const LoadResult result = trial.load();
  ASSERT_THAT(result.errors, IsEmpty());
  EXPECT_EQ(result.settings->devices[0].options.all().at("url"), "rtsp://[2001:db8::9]/1");
}

TEST(Holidays, MistakesInTheFileAreToldThere) {
  const Trial trial;
  trial.write("gateway.toml", kMain + "holidays = [\"vn-2031\"]\n");
  trial.write("holidays/vn-2031.toml",
              "year = 2031\n[[holiday]]\ndate = 2030-01-01\nname = \"Sai năm\"\n[[holiday]]\ndate = "
              "\"2031-01-01\"\nname = \"Có dấu nháy\"\n");
  EXPECT_THAT(
      trial.errors(),
      ElementsAre("holidays/vn-2031.toml:3:8: date: is not in the file's year 2031",
                  "holidays/vn-2031.toml:6:8: date: is a text; write a date without quotes: 2026-01-01"));
}

class SecretFile : public testing::Test {
 protected:
  SecretFile() {
    trial.write("gateway.toml",
                kMain + "[login.nvr]\nusername = \"monitor\"\npassword_file = \"nvr.password\"\n");
  }
  Trial trial;
};

TEST_F(SecretFile, IsReadBesideTheConfigurationWithoutItsNewline) {
  trial.write("nvr.password", "s3cret \n");
  const LoadResult result = trial.load();
  ASSERT_THAT(result.errors, IsEmpty());
  EXPECT_EQ(result.settings->logins.at("nvr").password.reveal(), "s3cret ");
  EXPECT_FALSE(result.settings->logins.at("nvr").is_inline);
}

TEST_F(SecretFile, ReadableByOthersIsRefused) {
  for (const unsigned mode : {0640U, 0604U, 0620U, 0610U}) {
    trial.write("nvr.password", "s3cret\n", mode);
    EXPECT_THAT(trial.errors(),
                ElementsAre(testing::AllOf(
                    HasSubstr("gateway.toml:8:17: password_file: the secret file nvr.password has mode 0"),
                    HasSubstr("chmod 600"), Not(HasSubstr("s3cret")))))
        << mode;
  }
}

TEST_F(SecretFile, EmptyOrOfSeveralLinesIsRefused) {
  trial.write("nvr.password", "\n");
  EXPECT_THAT(trial.errors(), ElementsAre(HasSubstr("nvr.password is empty")));
  trial.write("nvr.password", "one\ntwo\n");
  EXPECT_THAT(trial.errors(),
              ElementsAre(testing::AllOf(HasSubstr("has more than one line"), Not(HasSubstr("two")))));
}

TEST_F(SecretFile, OfADirectoryIsRefused) {
  std::filesystem::create_directory(trial.path("nvr.password"));
  EXPECT_THAT(trial.errors(), ElementsAre(HasSubstr("nvr.password is not a regular file")));
}

TEST_F(SecretFile, CredentialOfSystemdComesFirstAndMayBearItsAclMask) {
  trial.write("nvr.password", "beside\n");
  trial.write("credentials/nvr.password", "credential\n", 0440);
  LoadPlaces places = trial.places();
  places.credentials_directory = trial.path("credentials");
  LoadResult result = load(places, fake::kDrivers);
  ASSERT_THAT(result.errors, IsEmpty());
  EXPECT_EQ(result.settings->logins.at("nvr").password.reveal(), "credential");
  trial.write("credentials/nvr.password", "credential\n", 0444);
  EXPECT_THAT(load(places, fake::kDrivers).errors, ElementsAre(HasSubstr("has mode 0444")));
}

TEST_F(SecretFile, AbsentIsAnErrorToRunAndAWarningToCheck) {
  EXPECT_THAT(
      trial.errors(),
      ElementsAre(HasSubstr("gateway.toml:8:17: password_file: the secret file nvr.password is not here")));
  LoadPlaces places = trial.places();
  places.allow_absent_secrets = true;
  const LoadResult result = load(places, fake::kDrivers);
  ASSERT_THAT(result.errors, IsEmpty());
  EXPECT_THAT(result.warnings, testing::Contains(HasSubstr("run and reload refuse to go on without it")));
  trial.write("nvr.password", "s3cret\n", 0644);
  EXPECT_THAT(load(places, fake::kDrivers).errors, ElementsAre(HasSubstr("has mode 0644")))
      << "loose is an error either way";
}

TEST(Print, ShowsOriginsAndNoSecret) {
  const Trial trial;
  trial.write("gateway.toml", kMain + "[login.a]\nusername = \"u\"\npassword = \"s3cret\"\n" + kPlace);
  trial.write("conf.d/10.toml", camera("model = \"m\"\nurl = \"rtsp://192.0.2.21\"\nlogin = \"a\"\n"));
  trial.write("models/m.toml",
              "[model]\nid = \"m\"\nmaker = \"M\"\ntitle = \"T\"\ndriver = \"rtsp\"\n[options]\ntransport = "
              "\"udp\"\n");
  const std::string text = trial.here({print(trial.places(), fake::kDrivers)})[0];
  EXPECT_THAT(text, HasSubstr("name = \"Xã Tân Phú\"  # gateway.toml:4\n"));
  EXPECT_THAT(
      text,
      HasSubstr("[login.a]\nusername = \"u\"  # gateway.toml:7\npassword = \"***\"  # gateway.toml:8\n"));
  EXPECT_THAT(text, HasSubstr("url = \"rtsp://192.0.2.21\"  # conf.d/10.toml:6\n"));
  EXPECT_THAT(
      text, HasSubstr("# driver = \"rtsp\"  # models/m.toml:1\n# transport = \"udp\"  # models/m.toml:7\n"));
  EXPECT_THAT(text, Not(HasSubstr("s3cret")));
}

TEST(Print, OfTheGoodFileLoadsToTheSame) {
  LoadPlaces places;
  places.file = std::string{CW_SOURCE_DIR} + "/tests/settings/good/gateway.toml";
  const LoadResult first = load(places, fake::kDrivers);
  ASSERT_THAT(first.errors, IsEmpty());
  const Trial trial;
  trial.write("gateway.toml", print(places, fake::kDrivers));
  std::filesystem::copy(std::string{CW_SOURCE_DIR} + "/tests/settings/good/models", trial.path("models"));
  std::filesystem::copy(std::string{CW_SOURCE_DIR} + "/tests/settings/good/holidays", trial.path("holidays"));
  const LoadResult second = trial.load();
  ASSERT_THAT(second.errors, IsEmpty());
  EXPECT_EQ(second.settings->sha256, first.settings->sha256);
}

TEST(Print, OfBrokenTomlTellsWhereItBreaks) {
  const Trial trial;
  trial.write("gateway.toml", "a = \n");
  EXPECT_THAT(print(trial.places(), fake::kDrivers),
              testing::StartsWith("# " + trial.path("gateway.toml") + ":1:"));
}

}  // namespace
}  // namespace commune_watch
