// Frames: what is written is read back; what is cut, bent or too large is refused.
#include "poll/seam.hpp"

#include <gtest/gtest.h>

namespace commune_watch::seam {
namespace {

std::string body_of(const Frame& frame) {
  std::string bytes;
  EXPECT_TRUE(encode(frame, bytes));
  return bytes.substr(4);
}

Reading full_reading() {
  Reading reading;
  reading.question = 77;
  reading.device = DeviceId{5};
  reading.started = {3, 1'000};
  reading.ended = {3, 1'250};
  reading.depth = Rung::useful;
  auto& finding = reading.finding;
  finding.checks = {
      {Rung::reachable, Outcome::ok, ReasonId::none, "", 120},
      {Rung::answering, Outcome::failed, reason_id("bad-password"), "401 Unauthorized – sai mật khẩu", 900}};
  finding.warnings = {reason_id("certificate-expiring")};
  finding.facts = {{FactId::connect_us, 120}, {FactId::rtp_lost, -1}};
  finding.identity = Identity{"Hikvision", "DS-2CD", "SN1", "00:11:22:33:44:55", "V5.8", "q83v"};
  finding.login = LoginUse::refused;
  finding.note = Note{2, {std::byte{1}, std::byte{0}, std::byte{255}}};
  finding.sightings = {{"3",
                        {{Rung::connected, Outcome::ok, ReasonId::none, "", 0}},
                        {{FactId::connected_seconds, 61}},
                        "192.0.2.23",
                        {reason_id("not-recording")}}};
  finding.small_picture = "JPEG";
  finding.complete = true;
  return reading;
}

TEST(Seam, AnAnswerIsReadBackAsItWasWritten) {
  const Answer answer{full_reading()};
  auto frame = decode(body_of(answer));
  ASSERT_TRUE(frame) << frame.error().why;
  EXPECT_EQ(std::get<Answer>(*frame).reading, answer.reading);
}

TEST(Seam, AQuestionIsReadBackAsItWasWritten) {
  Question question{9, DeviceId{4}, Rung::active, 25'000, true, Note{1, {std::byte{7}}}, 1'780'000'000'000};
  auto frame = decode(body_of(Ask{question}));
  ASSERT_TRUE(frame);
  EXPECT_EQ(std::get<Ask>(*frame).question, question);
}

TEST(Seam, ATargetIsReadBackAsItWasWritten) {
  Target target;
  target.device = DeviceId{8};
  target.name = "nvr-ca-xa";
  target.kind = Kind::monitoring_point;
  target.driver = "icecast";
  target.options = Options({{"url", "http://127.0.0.1:8000/"}, {"mounts", "/xa.mp3\n/thon.mp3"}});
  target.login = Login{"admin", "m\xE1\xBA\xADt", true};
  target.bound_keys = {"thon1", "thon2"};
  target.pictured_keys = {"thon2"};
  target.keeps_pictures = true;
  auto frame = decode(body_of(AddTarget{target}));
  ASSERT_TRUE(frame);
  const auto& got = std::get<AddTarget>(*frame).target;
  EXPECT_EQ(got.device, target.device);
  EXPECT_EQ(got.name, target.name);
  EXPECT_EQ(got.kind, target.kind);
  EXPECT_EQ(got.driver, target.driver);
  EXPECT_EQ(got.options, target.options);
  ASSERT_TRUE(got.login);
  EXPECT_EQ(got.login->password, target.login->password);
  EXPECT_TRUE(got.login->allow_basic);
  EXPECT_EQ(got.bound_keys, target.bound_keys);
  EXPECT_EQ(got.pictured_keys, target.pictured_keys);
  EXPECT_TRUE(got.keeps_pictures);
}

TEST(Seam, EveryCutOfAFrameIsRefused) {
  const auto whole = body_of(Answer{full_reading()});
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(decode(whole.substr(0, size))) << size;
}

TEST(Seam, BytesLeftOverAreRefused) { EXPECT_FALSE(decode(body_of(Beat{1}) + '\0')); }

TEST(Seam, AnotherVersionIsRefused) {
  auto bytes = body_of(Beat{1});
  bytes[0] = static_cast<char>(kVersion + 1);
  EXPECT_FALSE(decode(bytes));
}

TEST(Seam, AnUnknownKindIsRefused) {
  auto bytes = body_of(Beat{1});
  bytes[1] = 8;
  EXPECT_FALSE(decode(bytes));
}

TEST(Seam, AChecksOutOfOrderAreRefused) {
  auto reading = full_reading();
  std::swap(reading.finding.checks[0], reading.finding.checks[1]);
  EXPECT_FALSE(decode(body_of(Answer{reading})));
}

TEST(Seam, WordsWithControlCharactersAreRefused) {
  auto reading = full_reading();
  reading.finding.checks[1].words = "\x1b[31mred";
  EXPECT_FALSE(decode(body_of(Answer{reading})));
}

TEST(Seam, WordsOverTheirCapAreRefused) {
  auto reading = full_reading();
  reading.finding.checks[1].words = std::string(kMaxWords + 1, 'a');
  EXPECT_FALSE(decode(body_of(Answer{reading})));
}

TEST(Seam, ANoteOverItsCapIsRefused) {
  auto reading = full_reading();
  reading.finding.note->body.resize(kMaxNote + 1);
  EXPECT_FALSE(decode(body_of(Answer{reading})));
}

TEST(Seam, AReasonOutsideTheCatalogueIsRefused) {
  auto reading = full_reading();
  reading.finding.warnings = {static_cast<ReasonId>(reasons().size())};
  EXPECT_FALSE(decode(body_of(Answer{reading})));
}

TEST(Seam, TooManySightingsAreRefused) {
  auto reading = full_reading();
  reading.finding.sightings.assign(kMaxSightings + 1, Sighting{});
  EXPECT_FALSE(decode(body_of(Answer{reading})));
}

TEST(Seam, AFrameOverTheCapIsNotWritten) {
  std::string out = "before";
  EXPECT_FALSE(encode(Say{1, std::string(kMaxFrame + 1, 'x')}, out));
  EXPECT_EQ(out, "before");
}

TEST(Seam, AFactThatThereIsNotIsRefused) {
  auto reading = full_reading();
  reading.finding.facts = {{static_cast<FactId>(kFacts - 1), 1}};
  EXPECT_TRUE(decode(body_of(Answer{reading})));
  reading.finding.facts = {{static_cast<FactId>(kFacts), 1}};
  EXPECT_FALSE(decode(body_of(Answer{reading})));
  reading.finding.facts.clear();
  reading.finding.sightings[0].facts = {{static_cast<FactId>(60'000), 1}};
  EXPECT_FALSE(decode(body_of(Answer{reading})));
}

TEST(Seam, ASightingsRungsAscendToo) {
  auto reading = full_reading();
  auto& checks = reading.finding.sightings[0].checks;
  checks.push_back(checks.front());
  EXPECT_FALSE(decode(body_of(Answer{reading})));
}

}  // namespace
}  // namespace commune_watch::seam
