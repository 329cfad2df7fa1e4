// Jobs and answers go over the seam unchanged, and nothing else is taken for one.
#include "inspect/frames.hpp"

#include <gtest/gtest.h>

namespace commune_watch::inspect {
namespace {

Answer answer() {
  Answer out{.job = 7,
             .look = Look::seen,
             .words = "fine",
             .statistics = {},
             .small_picture = std::string(2'000, 'j'),
             .last = true};
  out.statistics.width = 1'920;
  out.statistics.sharpness_milli = 123'456;
  out.statistics.gradient_hash = 0x0123456789ABCDEF;
  out.statistics.grid[143] = 9;
  out.statistics.cells[kCells - 1] = 255;
  return out;
}

TEST(Frames, AJobComesBackAsItWas) {
  const Job job{.id = 3,
                .limit = 4'000,
                .codec = "H265",
                .parameter_sets = "a;b;c",
                .payload_type = 97,
                .clock_rate = 90'000,
                .small_picture = true};
  const auto back = decode_job(encode(job));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->id, 3U);
  EXPECT_EQ(back->limit, 4'000);
  EXPECT_EQ(back->codec, "H265");
  EXPECT_EQ(back->parameter_sets, "a;b;c");
  EXPECT_EQ(back->payload_type, 97);
  EXPECT_EQ(back->clock_rate, 90'000U);
  EXPECT_TRUE(back->small_picture);
}

TEST(Frames, AnAnswerComesBackAsItWas) {
  const auto back = decode_answer(encode(answer()));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->job, 7U);
  EXPECT_EQ(back->look, Look::seen);
  EXPECT_EQ(back->words, "fine");
  EXPECT_TRUE(back->last);
  EXPECT_EQ(back->statistics, answer().statistics);
  EXPECT_EQ(back->small_picture, answer().small_picture);
}

TEST(Frames, WhatIsCutOrTooLongIsRefusedEverywhere) {
  const std::string job = encode(Job{.id = 1, .limit = 1, .codec = "H264"}), good = encode(answer());
  for (std::size_t size = 0; size < job.size(); ++size) EXPECT_FALSE(decode_job(job.substr(0, size)));
  for (std::size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(decode_answer(good.substr(0, size)));
  EXPECT_FALSE(decode_job(job + "x"));
  EXPECT_FALSE(decode_answer(good + "x"));
}

TEST(Frames, ValuesOutOfRangeAreRefused) {
  EXPECT_FALSE(decode_job(encode(Job{.id = 1, .limit = 0, .codec = "H264"})));
  EXPECT_FALSE(decode_job(encode(Job{.id = 1, .limit = 3'600'000, .codec = "H264"})));
  EXPECT_FALSE(decode_job(encode(Job{.id = 1, .limit = 1, .codec = "H264", .payload_type = 200})));
  EXPECT_FALSE(decode_job(encode(Job{.id = 1, .limit = 1, .codec = std::string(17, 'H')})));
  const auto with = [](auto change) {
    Answer wrong = answer();
    change(wrong);
    return encode(wrong);
  };
  EXPECT_FALSE(decode_answer(with([](Answer& a) { a.statistics.mean_milli = 255'001; })));
  EXPECT_FALSE(decode_answer(with([](Answer& a) { a.statistics.entropy_milli = -1; })));
  EXPECT_FALSE(decode_answer(with([](Answer& a) { a.statistics.textured_share = 10'001; })));
  EXPECT_FALSE(decode_answer(with([](Answer& a) { a.words = "two\nlines"; })));
  EXPECT_FALSE(decode_answer(with([](Answer& a) { a.small_picture.assign(kMaxSmallPicture + 1, 'j'); })));
  EXPECT_FALSE(decode_answer(with([](Answer& a) { a.look = static_cast<Look>(9); })));
}

}  // namespace
}  // namespace commune_watch::inspect
