// Jobs and answers as bytes.
#include "inspect/frames.hpp"

#include "domain/seam_bytes.hpp"

namespace commune_watch::inspect {
namespace {

constexpr std::uint8_t kVersion = 2;
constexpr Millis kLongest = 60'000;

}  // namespace

std::string encode(const Job& job) {
  std::string out;
  seam::Writer w(out);
  w.number(kVersion);
  w.number(job.id);
  w.number(job.limit);
  w.text(job.codec);
  w.text(job.parameter_sets);
  w.number(job.payload_type);
  w.number(job.clock_rate);
  w.flag(job.small_picture);
  return out;
}

Result<Job> decode_job(std::string_view bytes) {
  seam::Reader r(bytes);
  if (r.number<std::uint8_t>() != kVersion) return fail("job of another version");
  Job job;
  job.id = r.number<std::uint64_t>();
  job.limit = r.number<Millis>();
  job.codec = r.text(16);
  job.parameter_sets = r.text(kMaxParameterSets);
  job.payload_type = r.number<std::uint8_t>();
  job.clock_rate = r.number<std::uint32_t>();
  job.small_picture = r.flag();
  if (!r.done() || job.limit <= 0 || job.limit > kLongest || job.payload_type > 127)
    return fail("job cut short, out of range or with bytes left over");
  return job;
}

std::string encode(const Answer& answer) {
  std::string out;
  seam::Writer w(out);
  w.number(kVersion);
  w.number(answer.job);
  w.number(answer.look);
  w.text(answer.words);
  w.flag(answer.last);
  const PictureStatistics& s = answer.statistics;
  w.number(s.width);
  w.number(s.height);
  w.number(s.mean_milli);
  w.number(s.deviation_milli);
  w.number(s.sharpness_milli);
  w.number(s.entropy_milli);
  w.number(s.colour_milli);
  w.number(s.dark_share);
  w.number(s.bright_share);
  w.number(s.one_tone_share);
  w.number(s.textured_share);
  w.number(s.gradient_hash);
  for (const auto cell : s.grid) w.number(cell);
  for (const auto cell : s.cells) w.number(cell);
  w.text(answer.small_picture);
  return out;
}

Result<Answer> decode_answer(std::string_view bytes) {
  seam::Reader r(bytes);
  if (r.number<std::uint8_t>() != kVersion) return fail("answer of another version");
  Answer answer;
  answer.job = r.number<std::uint64_t>();
  answer.look = r.choice(Look::nobody);
  answer.words = r.words();
  answer.last = r.flag();
  PictureStatistics& s = answer.statistics;
  s.width = r.number<std::uint16_t>();
  s.height = r.number<std::uint16_t>();
  s.mean_milli = r.number<std::int32_t>();
  s.deviation_milli = r.number<std::int32_t>();
  s.sharpness_milli = r.number<std::int32_t>();
  s.entropy_milli = r.number<std::int32_t>();
  s.colour_milli = r.number<std::int32_t>();
  s.dark_share = r.number<std::uint16_t>();
  s.bright_share = r.number<std::uint16_t>();
  s.one_tone_share = r.number<std::uint16_t>();
  s.textured_share = r.number<std::uint16_t>();
  s.gradient_hash = r.number<std::uint64_t>();
  for (auto& cell : s.grid) cell = r.number<std::uint8_t>();
  for (auto& cell : s.cells) cell = r.number<std::uint8_t>();
  answer.small_picture = r.text(kMaxSmallPicture);
  if (!r.done()) return fail("answer cut short, out of range or with bytes left over");
  constexpr std::int32_t kMost = 255'000, kSharpest = 2'000'000'000;
  const auto within = [](std::int32_t value, std::int32_t most) { return value >= 0 && value <= most; };
  if (!within(s.mean_milli, kMost) || !within(s.deviation_milli, kMost) ||
      !within(s.sharpness_milli, kSharpest) || !within(s.entropy_milli, 8'000) ||
      !within(s.colour_milli, kMost) || s.dark_share > 10'000 || s.bright_share > 10'000 ||
      s.one_tone_share > 10'000 || s.textured_share > 10'000)
    return fail("answer out of range");
  return answer;
}

}  // namespace commune_watch::inspect
