// Pictures of real encoders through the real inspector process, and what is left of the prober's day when it
// dies.
#include "poll/prober/inspector.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <bit>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <stdexcept>

#include "inspect/encoder.hpp"
#include "inspect/frames.hpp"
#include "inspect/parcel.hpp"
#include "inspect/statistics.hpp"
#include "poll/inspector_desk.hpp"
#include "poll/spawn.hpp"

namespace commune_watch {
namespace {

// The gateway's desk and the prober's client on one loop, the inspector a process of its own.
struct House {
  explicit House(std::vector<std::string> arguments = {}, std::string program = CW_INSPECTOR) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
      throw std::runtime_error("socketpair");
    auto start = [this, arguments, program](int socket) {
      ++started;
      return spawn(program, arguments, std::span(&socket, 1),
                   {"GST_REGISTRY=" CW_REGISTRY, "ASAN_OPTIONS=handle_segv=0"});
    };
    desk.emplace(
        loop, ends[0], start,
        InspectorDesk::Hooks{[this] { return now; },
                             [this](std::uint8_t, const std::string& text) { said += text + "\n"; }});
    client.emplace(loop, ends[1]);
  }
  PictureReply look(CodedPicture picture, Millis limit = 8'000, bool small_picture = false) {
    std::optional<PictureReply> reply;
    PictureRequest request{.picture = std::move(picture), .limit = limit, .small_picture = small_picture};
    auto ask = [&]() -> asio::awaitable<void> { reply = co_await client->look(std::move(request)); };
    asio::co_spawn(loop, ask(), asio::detached);
    while (!reply) loop.run_one();
    return *reply;
  }
  asio::io_context loop{1};
  Millis now = 1'000'000;
  int started = 0;
  std::string said;
  std::optional<InspectorDesk> desk;
  std::optional<Inspector> client;
};

Frame scene(int width = 640, int height = 360) {
  Frame frame(width, height, 100);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      frame.at(x, y) = static_cast<std::uint8_t>(40 + (x / 40 * 53 + y / 40 * 91) % 160);
  return frame;
}

PictureStatistics statistics_of(const Frame& frame) {
  return measure({.samples = frame.bytes,
                  .width = frame.width,
                  .height = frame.height,
                  .stride = static_cast<std::size_t>(frame.width)},
                 {}, {});
}

struct Kind {
  const char *codec, *decoders;
};
class Decoders : public ::testing::TestWithParam<Kind> {};

TEST_P(Decoders, ShowThePictureThatWasSent) {
  House house(*GetParam().decoders == '\0' ? std::vector<std::string>{}
                                           : std::vector<std::string>{"--decoders", GetParam().decoders});
  Encoding how{.codec = GetParam().codec, .kilobits = 4'000};
  const auto reply = house.look(encoded(std::vector<Frame>(3, scene(1'280, 720)), how));
  ASSERT_EQ(reply.look, Look::seen) << reply.words << house.said;
  EXPECT_EQ(reply.statistics.width, 1'280);
  EXPECT_EQ(reply.statistics.height, 720);
  const PictureStatistics sent = statistics_of(scene(1'280, 720));
  for (std::size_t cell = 0; cell < kGridCells; ++cell)
    EXPECT_NEAR(reply.statistics.grid[cell], sent.grid[cell], 4) << cell;
  EXPECT_LE(std::popcount(reply.statistics.gradient_hash ^ sent.gradient_hash), 4);
  EXPECT_LT(reply.statistics.colour_milli, 3'000);
  const auto black = house.look(encoded(std::vector<Frame>(3, Frame(1'280, 720)), how));
  ASSERT_EQ(black.look, Look::seen) << black.words;
  EXPECT_NEAR(black.statistics.mean_milli, 16'000, 1'500);
  EXPECT_EQ(house.started, 1) << "one inspector for both";
}

INSTANTIATE_TEST_SUITE_P(All, Decoders,
                         ::testing::Values(Kind{"H264", "avdec_h264"}, Kind{"H264", "openh264dec"},
                                           Kind{"H265", "avdec_h265"}, Kind{"H265", "libde265dec"},
                                           Kind{"JPEG", "jpegdec"}, Kind{"image/jpeg", "jpegdec"}),
                         [](const auto& kind) {
                           std::string name = kind.param.codec;
                           std::ranges::replace(name, '/', '_');
                           return name + "_" + kind.param.decoders;
                         });

TEST(Inspector, ASmallPictureIsMadeWhenItIsWantedAndShowsTheSame) {
  House house;
  const CodedPicture large =
      encoded(std::vector<Frame>(3, scene(1'280, 720)), {.codec = "H264", .kilobits = 4'000});
  EXPECT_EQ(house.look(large).small_picture, "");
  const auto reply = house.look(large, 8'000, true);
  ASSERT_EQ(reply.look, Look::seen) << reply.words;
  EXPECT_TRUE(reply.small_picture.starts_with("\xFF\xD8")) << house.said;
  const auto again = house.look({.codec = std::string(kJpegFile),
                                 .payload_type = 0,
                                 .parameter_sets = {},
                                 .packets = reply.small_picture});
  ASSERT_EQ(again.look, Look::seen) << again.words;
  EXPECT_EQ(again.statistics.width, kPictureWidth);
  EXPECT_EQ(again.statistics.height, kPictureHeight);
  for (std::size_t cell = 0; cell < kGridCells; ++cell)
    EXPECT_NEAR(again.statistics.grid[cell], reply.statistics.grid[cell], 6) << cell;
}

// What no camera shows: every pixel by chance.
TEST(Inspector, ASmallPictureIsBelowItsLimitWhateverIsShown) {
  House house;
  Frame noise(1'280, 720);
  std::uint32_t state = 1;
  for (int y = 0; y < noise.height; ++y)
    for (int x = 0; x < noise.width; ++x)
      noise.at(x, y) = static_cast<std::uint8_t>((state = state * 1'664'525U + 1'013'904'223U) >> 24U);
  const auto reply = house.look(encoded({noise}, {.codec = "JPEG", .kilobits = 4'000}), 8'000, true);
  ASSERT_EQ(reply.look, Look::seen) << reply.words;
  EXPECT_LE(reply.small_picture.size(), kMaxSmallPicture);
}

TEST(Inspector, WithoutADecoderItIsNotAbleAndNobodyIsBlamed) {
  House house({"--decoders", "jpegdec"});
  const auto reply = house.look(encoded({scene()}, {}));
  EXPECT_EQ(reply.look, Look::not_able);
  EXPECT_EQ(reply.words, "no decoder for H264 is installed");
  EXPECT_EQ(
      house.look({.codec = "SVAC", .payload_type = 96, .parameter_sets = {}, .packets = std::string(20, 'x')})
          .look,
      Look::not_able);
}

TEST(Inspector, GarbageIsUndecodableAndTheNextPictureIsSeen) {
  House house;
  CodedPicture garbage = encoded({scene()}, {});
  for (std::size_t i = 60; i < garbage.packets.size(); i += 3) garbage.packets[i] = static_cast<char>(i * 31);
  EXPECT_NE(house.look(garbage).look, Look::nobody);
  EXPECT_EQ(house
                .look({.codec = "H264",
                       .payload_type = 96,
                       .parameter_sets = {},
                       .packets = std::string(2'000, '\x07')})
                .look,
            Look::undecodable);
  EXPECT_EQ(house.look(encoded({scene()}, {})).look, Look::seen);
  EXPECT_EQ(house.started, 1);
}

TEST(Inspector, AFileThatIsNoJpegOrIsCutShortIsUndecodableAndTheNextOneIsSeen) {
  House house;
  const CodedPicture whole = encoded({scene()}, {.codec = std::string(kJpegFile)});
  CodedPicture text = whole, head = whole;
  text.packets = "<html>please log in</html>";
  head.packets.resize(200);
  for (const CodedPicture& broken : {text, head}) {
    const PictureReply reply = house.look(broken);
    EXPECT_EQ(reply.look, Look::undecodable) << reply.words;
  }
  EXPECT_EQ(house.look(whole).look, Look::seen);
  EXPECT_EQ(house.started, 1);
}

TEST(Inspector, IsConfinedBeforeItSeesAPicture) {
  House house;
  ASSERT_EQ(house.look(encoded({scene()}, {})).look, Look::seen);
  std::ifstream file("/proc/" + std::to_string(house.desk->pid()) + "/status");
  const std::string status((std::istreambuf_iterator<char>(file)), {});
  EXPECT_NE(status.find("\nSeccomp:\t2\n"), std::string::npos) << status;
  EXPECT_NE(status.find("\nNoNewPrivs:\t1\n"), std::string::npos);
}

TEST(Inspector, ADeadOneCostsOnePictureAndACount) {
  House house;
  const CodedPicture picture = encoded({scene()}, {});
  EXPECT_EQ(house.look(picture).look, Look::seen);
  ::kill(house.desk->pid(), SIGSEGV);
  PictureReply reply;
  int lost = 0;
  for (int tries = 0; tries < 3 && (reply = house.look(picture)).look != Look::seen; ++tries) ++lost;
  EXPECT_EQ(reply.look, Look::seen);
  EXPECT_LE(lost, 1);
  EXPECT_EQ(house.started, 2);
  EXPECT_EQ(house.desk->deaths(), 1U);
  EXPECT_NE(house.said.find("signal 11"), std::string::npos) << house.said;
}

TEST(Inspector, AHungOneIsEndedAndReplaced) {
  House house;
  const CodedPicture picture = encoded({scene()}, {});
  EXPECT_EQ(house.look(picture).look, Look::seen);
  ::kill(house.desk->pid(), SIGSTOP);
  const auto late = house.look(picture, 200);
  EXPECT_EQ(late.look, Look::nobody);
  EXPECT_EQ(late.words, "the inspector died or was late");
  EXPECT_EQ(house.look(picture).look, Look::seen);
  EXPECT_EQ(house.started, 2);
  EXPECT_EQ(house.desk->deaths(), 1U);
}

TEST(Inspector, OneWhoseAskerIsCalledOffIsEndedToo) {
  House house;
  const CodedPicture picture = encoded({scene()}, {});
  EXPECT_EQ(house.look(picture).look, Look::seen);
  ::kill(house.desk->pid(), SIGSTOP);
  asio::cancellation_signal call_off;
  bool over = false;
  auto ask = [&]() -> asio::awaitable<void> {
    PictureRequest request{.picture = picture, .limit = 60'000};
    (void)co_await house.client->look(std::move(request));
  };
  asio::co_spawn(house.loop, ask(),
                 asio::bind_cancellation_slot(call_off.slot(), [&](std::exception_ptr) { over = true; }));
  house.loop.poll();
  call_off.emit(asio::cancellation_type::terminal);
  while (!over) house.loop.run_one();
  EXPECT_EQ(house.look(picture).look, Look::seen) << "not in the queue of one that hangs";
  EXPECT_EQ(house.started, 2);
}

TEST(Inspector, OneThatDiesOfEveryPictureIsLeftAloneForAWhile) {
  House house({}, "/bin/false");
  const CodedPicture picture = encoded({scene()}, {});
  for (int i = 0; i < 8; ++i) EXPECT_EQ(house.look(picture, 500).look, Look::nobody);
  EXPECT_LE(house.started, 6);
  const int before = house.started;
  EXPECT_EQ(house.look(picture, 500).words, "no inspector can be had now");
  EXPECT_EQ(house.started, before);
  house.now += 61'000;
  house.look(picture, 500);
  EXPECT_GT(house.started, before);
}

TEST(Inspector, WithoutADeskThereIsNobody) {
  asio::io_context loop;
  Inspector client(loop, -1);
  std::optional<PictureReply> reply;
  auto ask = [&]() -> asio::awaitable<void> {
    PictureRequest request;
    reply = co_await client.look(std::move(request));
  };
  asio::co_spawn(loop, ask(), asio::detached);
  loop.run();
  EXPECT_EQ(reply->look, Look::nobody);
  EXPECT_EQ(reply->words, "no inspector");
}

// A desk and an inspector that are this test.
TEST(Inspector, ASocketThatCameTooLateIsTheNextPicturesAndIsNotLost) {
  asio::io_context loop{1};
  int desk[2], service[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, desk), 0);
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, service), 0);
  Inspector client(loop, desk[1]);
  const auto look = [&](Millis limit) {
    std::optional<PictureReply> reply;
    auto ask = [&]() -> asio::awaitable<void> {
      PictureRequest request{.picture = {.codec = "H264", .packets = "packets"}, .limit = limit};
      reply = co_await client.look(std::move(request));
    };
    asio::co_spawn(loop, ask(), asio::detached);
    loop.restart();
    while (!reply) loop.run_one();
    return reply->words;
  };
  const auto words_at_the_desk = [&] {
    std::string words;
    for (char c = 0; ::recv(desk[0], &c, 1, MSG_DONTWAIT) == 1;) words += c;
    return words;
  };
  EXPECT_EQ(look(1), "no inspector was handed over");
  EXPECT_EQ(words_at_the_desk(), "w");
  ASSERT_TRUE(inspect::send_parcel(desk[0], "h", service[0]));
  EXPECT_EQ(look(20), "the inspector died or was late");
  EXPECT_EQ(words_at_the_desk(), "l") << "no second one was asked for, and this one is to be ended";
  const inspect::Parcel job = inspect::receive_parcel(service[1], inspect::kMaxPacket, MSG_DONTWAIT);
  EXPECT_TRUE(inspect::decode_job(job.bytes));
  EXPECT_GE(job.descriptor, 0);
  ::close(job.descriptor);
  ::close(service[0]);
  EXPECT_EQ(::recv(service[1], &desk, 1, MSG_DONTWAIT), 0) << "the client has let its end go";
  ::close(service[1]);
  ::close(desk[0]);
}

TEST(Inspector, SeveralWaitForTheirTurn) {
  House house;
  const CodedPicture picture = encoded({scene()}, {});
  int seen = 0;
  auto ask = [&]() -> asio::awaitable<void> {
    PictureRequest request{.picture = picture, .limit = 8'000};
    const PictureReply reply = co_await house.client->look(std::move(request));
    if (reply.look == Look::seen) ++seen;
  };
  for (int i = 0; i < 5; ++i) asio::co_spawn(house.loop, ask(), asio::detached);
  while (seen < 5 && house.loop.run_one() > 0) {
  }
  EXPECT_EQ(seen, 5);
  EXPECT_EQ(house.started, 1);
}

}  // namespace
}  // namespace commune_watch
