// How often each verdict on pictures is right (scripts/faults picture-table): cameras with a past of days, in
// every weather, each mishap; through an encoder at 512 kbit/s and the inspector's decoder.
//
//   picture_table FIRST_SEED CAMERAS [MUTANT]     a line for each mishap and weather: name, weather, right,
//   all; then the
//                                                 clean frames. Mutants: blind-to-fog calls every picture
//                                                 of little contrast covered; blind-to-focus has forgotten
//                                                 how sharp the camera usually is.
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include "drivers/camera/picture.hpp"
#include "inspect/encoder.hpp"
#include "inspect/scenes.hpp"
#include "inspect/worker/decoder.hpp"

namespace commune_watch {
namespace {

constexpr Millis kHalfHour = 1'800'000, kDay = 86'400'000, kStart = 1'790'000'000'000 / kDay * kDay;
constexpr int kDaysOfPast = 2, kPicturesOfMishap = 5;

struct Named {
  const char* name;
  Weather weather;
  int hour;  // UTC, of the first picture
};
constexpr std::array<Named, 7> kWeathers{{{"day", {}, 4},
                                          {"night", {.light = 0, .infrared = true}, 16},
                                          {"fog", {.light = 0.9, .fog = 0.55}, 1},
                                          {"dusk", {.light = 0.35}, 11},
                                          {"rain", {.light = 0.7, .rain = 0.5}, 6},
                                          {"insects", {.light = 0, .infrared = true, .insects = 6}, 18},
                                          {"lorry", {.lorry = true}, 3}}};
constexpr std::array<std::pair<Mishap, const char*>, 7> kMishaps{{{Mishap::none, "clean"},
                                                                  {Mishap::black, "black"},
                                                                  {Mishap::covered, "covered"},
                                                                  {Mishap::defocused, "defocused"},
                                                                  {Mishap::slate, "slate"},
                                                                  {Mishap::frozen, "frozen"},
                                                                  {Mishap::moved, "moved"}}};

PictureFault expected(Mishap mishap) {
  switch (mishap) {
    case Mishap::black:
      return PictureFault::black;
    case Mishap::covered:
      return PictureFault::covered;
    case Mishap::defocused:
      return PictureFault::defocused;
    case Mishap::slate:
      return PictureFault::slate;
    case Mishap::frozen:
      return PictureFault::frozen;
    case Mishap::moved:
      return PictureFault::moved;
    case Mishap::none:
      break;
  }
  return PictureFault::none;
}

// The sun of a commune at 106° east: bright from 23 to 10 h UTC, infrared from 12 to 22 h.
Weather usual(Millis utc) {
  const auto hour = static_cast<double>(utc % kDay) / 3'600'000;
  Weather weather;
  if (hour >= 12 && hour < 22) {
    weather.light = 0;
    weather.infrared = true;
  } else if (hour >= 10 && hour < 12) {
    weather.light = 0.65 - 0.3 * (hour - 10) / 2;
  } else if (hour >= 22 && hour < 24) {
    weather.light = 0.35 + 0.4 * (hour - 22) / 2;
  } else {
    weather.light = 0.85 + 0.15 * (hour < 5 ? hour / 5 : (10 - hour) / 5);
  }
  return weather;
}

PictureVerdict mutated(std::string_view mutant, PictureVerdict verdict, const PictureStatistics& picture) {
  if (mutant == "blind-to-fog" && picture.deviation_milli < 18'000) verdict.fault = PictureFault::covered;
  if (mutant == "blind-to-focus" && verdict.fault == PictureFault::defocused)
    verdict.fault = PictureFault::none;
  return verdict;
}

class Camera {
 public:
  Camera(Decoder& decoder, std::uint64_t seed, std::string_view mutant)
      : decoder_(decoder), street_(seed), seed_(seed), mutant_(mutant) {}

  PictureVerdict look(PictureMemory& memory, const Weather& weather, Mishap mishap, Millis utc,
                      bool stand_still) {
    if (!stand_still) shown_ = {weather, mishap, static_cast<int>(utc / 1'000 % 86'400), ++grain_};
    const std::vector<Frame> frames(
        2, street_.frame(shown_.weather, shown_.mishap, shown_.second, shown_.grain));
    // A frozen camera still encodes: the rate control never gives the same bits twice.
    const CodedPicture picture =
        encoded(frames, {.kilobits = stand_still ? 480 + static_cast<int>(utc / kHalfHour % 7) * 9 : 512});
    const inspect::Job job{.id = 1,
                           .limit = 5'000,
                           .codec = picture.codec,
                           .parameter_sets = {},
                           .payload_type = picture.payload_type};
    const auto answer = decoder_.look(job, picture.packets);
    if (answer.look != Look::seen) {
      std::fprintf(stderr, "camera %llu: %s\n", static_cast<unsigned long long>(seed_), answer.words.c_str());
      std::exit(2);
    }
    const auto verdict =
        mutated(mutant_, judge(memory, answer.statistics, fingerprint(picture.packets), utc, kHalfHour),
                answer.statistics);
    if (std::getenv("CW_SHOW") != nullptr && !verdict.words.empty())
      std::fprintf(stderr, "  %s: %s\n", std::string(reason_of(verdict.fault)).c_str(),
                   verdict.words.c_str());
    return verdict;
  }

 private:
  struct Shown {
    Weather weather;
    Mishap mishap = Mishap::none;
    int second = 0;
    std::uint64_t grain = 0;
  };
  Decoder& decoder_;
  Street street_;
  std::uint64_t seed_, grain_ = 0;
  std::string_view mutant_;
  Shown shown_;
};

int run(std::uint64_t first, int cameras, std::string_view mutant) {
  Decoder decoder;
  decoder.warm_up();
  std::map<std::pair<std::size_t, std::size_t>, std::pair<int, int>> table;  // mishap and weather: right, all
  int clean = 0, alarms = 0;
  const auto note_clean = [&](const PictureVerdict& verdict, const char* where, std::uint64_t seed) {
    ++clean;
    if (verdict.fault == PictureFault::none) return;
    ++alarms;
    std::printf("alarm %s %s seed %llu: %s\n", where, std::string(reason_of(verdict.fault)).c_str(),
                static_cast<unsigned long long>(seed), verdict.words.c_str());
  };
  for (std::uint64_t seed = first; seed < first + static_cast<std::uint64_t>(cameras); ++seed) {
    Camera camera(decoder, seed, mutant);
    PictureMemory past;
    Millis utc = kStart;
    for (; utc < kStart + kDaysOfPast * kDay; utc += kHalfHour)
      note_clean(camera.look(past, usual(utc), Mishap::none, utc, false), "past", seed);
    for (std::size_t w = 0; w < kWeathers.size(); ++w) {
      const Named& weather = kWeathers[w];
      for (std::size_t m = 0; m < kMishaps.size(); ++m) {
        const Mishap mishap = kMishaps[m].first;
        PictureMemory memory = past;
        PictureVerdict verdict;
        Millis now = utc + weather.hour * 3'600'000;
        const Mishap shown = mishap == Mishap::frozen ? Mishap::none : mishap;
        for (int i = 0; i < kPicturesOfMishap; ++i, now += kHalfHour) {
          verdict =
              camera.look(memory, weather.weather, shown, now + 7'000, mishap == Mishap::frozen && i > 0);
          if (mishap == Mishap::none) note_clean(verdict, weather.name, seed);
        }
        auto& [right, all] = table[{m, w}];
        ++all;
        if (verdict.fault == expected(mishap)) ++right;
      }
    }
  }
  for (const auto& [where, score] : table)
    std::printf("row %s %s %d %d\n", kMishaps[where.first].second, kWeathers[where.second].name, score.first,
                score.second);
  std::printf("clean %d %d\n", alarms, clean);
  return 0;
}

}  // namespace
}  // namespace commune_watch

int main(int argc, char** argv) {
  if (argc != 3 && argc != 4) {
    std::fputs("usage: picture_table FIRST_SEED CAMERAS [MUTANT]\n", stderr);
    return 2;
  }
  return commune_watch::run(std::strtoull(argv[1], nullptr, 10), std::atoi(argv[2]),
                            argc == 4 ? argv[3] : "");
}
