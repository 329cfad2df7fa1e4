// RTP packets, the count of a stream, what makes a key frame whole, and which packets it is made of.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "wire/rtp_key_frame.hpp"
#include "wire/rtp_meter.hpp"
#include "wire/rtp_packet.hpp"
#include "wire/rtp_picture.hpp"

namespace commune_watch {
namespace {

std::vector<std::byte> bytes(std::string_view text) {
  std::vector<std::byte> out;
  for (const char c : text) out.push_back(static_cast<std::byte>(c));
  return out;
}

TEST(RtpPacket, IsTakenApart) {
  using namespace std::string_view_literals;
  const auto raw = bytes(
      "\xB1\xE0\x12\x34\x00\x00\x00\x2A\xDE\xAD\xBE\xEF"  // padding, extension, one contributing source,
                                                          // marker
      "\x00\x00\x00\x01\xBE\xDE\x00\x01\x01\x02\x03\x04video\x00\x00\x03"sv);
  const auto packet = read_rtp(raw);
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->payload_type, 96);
  EXPECT_TRUE(packet->marker);
  EXPECT_EQ(packet->sequence, 0x1234);
  EXPECT_EQ(packet->timestamp, 42U);
  EXPECT_EQ(packet->ssrc, 0xDEADBEEF);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(packet->payload.data()), packet->payload.size()),
            "video");
}

TEST(RtpPacket, RefusesWhatContradictsItself) {
  using namespace std::string_view_literals;
  EXPECT_FALSE(read_rtp(bytes("\x80\x60\0\0\0\0\0\0\0\0\0"sv)));      // short
  EXPECT_FALSE(read_rtp(bytes("\x40\x60\0\0\0\0\0\0\0\0\0\0"sv)));    // version 1
  EXPECT_FALSE(read_rtp(bytes("\x80\xC8\0\0\0\0\0\0\0\0\0\0"sv)));    // RTCP sender report
  EXPECT_FALSE(read_rtp(bytes("\xA0\x60\0\0\0\0\0\0\0\0\0\x0D"sv)));  // more padding than packet
  EXPECT_FALSE(
      read_rtp(bytes("\x90\x60\0\0\0\0\0\0\0\0\0\0\xBE\xDE\xFF\xFF"sv)));  // extension beyond the end
}

struct Stream {
  RtpMeter meter;
  bool add(std::uint16_t sequence, std::uint32_t timestamp, std::int64_t at_us, std::uint32_t ssrc = 7,
           bool playing = true) {
    RtpPacket packet{.payload_type = 96,
                     .marker = false,
                     .sequence = sequence,
                     .timestamp = timestamp,
                     .ssrc = ssrc,
                     .payload = {}};
    return meter.add(packet, 1000, at_us, playing);
  }
};

TEST(RtpMeter, CountsLossAcrossTheWrapOfTheSequence) {
  Stream stream;
  for (const std::uint16_t sequence : std::initializer_list<std::uint16_t>{65'533, 65'534, 0, 1, 3})
    stream.add(sequence, 0, 0);  // 65535 and 2 are missing
  EXPECT_EQ(stream.meter.statistics().packets, 5);
  EXPECT_EQ(stream.meter.statistics().lost, 2);
}

TEST(RtpMeter, ALatePacketIsNotLost) {
  Stream stream;
  for (const std::uint16_t sequence : std::initializer_list<std::uint16_t>{10, 12, 11, 13})
    stream.add(sequence, 0, 0);
  EXPECT_EQ(stream.meter.statistics().lost, 0);
}

TEST(RtpMeter, ANewNumberingIsNotLoss) {
  Stream stream;
  for (const std::uint16_t sequence : std::initializer_list<std::uint16_t>{10, 11, 40'000, 40'001, 40'003})
    stream.add(sequence, 0, 0);
  EXPECT_EQ(stream.meter.statistics().lost, 1);
}

TEST(RtpMeter, JitterIsThatOfRfc3550) {
  Stream stream;
  stream.add(0, 0, 0);
  stream.add(1, 9000, 100'000);  // on time: 9000 units are 100 ms
  EXPECT_EQ(stream.meter.statistics().jitter_us, 0);
  stream.add(2, 18'000, 216'000);  // 16 ms late = 1440 units; J = 1440/16 = 90 units = 1 ms
  EXPECT_EQ(stream.meter.statistics().jitter_us, 1000);
}

TEST(RtpMeter, FramesAreDistinctTimestampsAndTheirTimeIsTheStreams) {
  Stream stream;
  std::uint16_t sequence = 0;
  for (std::uint32_t frame = 0; frame < 16; ++frame)
    for (int slice = 0; slice < 3; ++slice)
      stream.add(sequence++, 4'294'967'000U + frame * 6000, 5'000);  // all in one piece, as TCP brings them
  EXPECT_EQ(stream.meter.statistics().frames, 16);
  EXPECT_EQ(stream.meter.statistics().media_span, 1000);
  EXPECT_EQ(stream.meter.statistics().span, 0);
}

TEST(RtpMeter, DropsAndCountsTheLastVisitorsStream) {
  Stream stream;
  EXPECT_FALSE(stream.add(500, 1, 0, 99, false));  // before PLAY was sent
  EXPECT_FALSE(stream.add(501, 1, 1, 99));         // and it goes on after
  EXPECT_TRUE(stream.add(1, 1, 2, 7));
  EXPECT_FALSE(stream.add(502, 1, 3, 99));
  EXPECT_EQ(stream.meter.statistics().packets, 1);
  EXPECT_EQ(stream.meter.statistics().foreign_ssrc, 3);
}

TEST(RtpMeter, BelievesAWrongAnnouncementForASecondOnly) {
  Stream stream;
  stream.meter.announce(7);
  std::uint16_t sequence = 0;
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(stream.add(sequence++, 0, i * 40'000, 8)) << i;
  EXPECT_TRUE(stream.add(sequence, 0, 1'100'000, 8));
}

// Packets of one codec, each following the last.
struct Finder {
  KeyFrameFinder finder;
  std::uint16_t sequence = 100;
  explicit Finder(std::string codec, bool parameters = true, std::size_t cap = 10'000)
      : finder(SdpVideo{.codec = std::move(codec), .vps = parameters, .sps = parameters, .pps = parameters},
               cap) {}
  void add(std::string_view payload, std::uint32_t timestamp, bool marker, int skipped = 0) {
    sequence = static_cast<std::uint16_t>(sequence + 1 + skipped);
    const auto raw = bytes(payload);
    finder.add({.payload_type = 96,
                .marker = marker,
                .sequence = sequence,
                .timestamp = timestamp,
                .ssrc = 7,
                .payload = raw});
  }
};

TEST(KeyFrame, OneSliceInOnePacketIsWhole) {
  Finder h264("H264");
  h264.add("\x41\x9a+", 1, true);
  EXPECT_FALSE(h264.finder.found());
  h264.add("\x65\x88key", 2, true);
  EXPECT_TRUE(h264.finder.found());
  EXPECT_EQ(h264.finder.bytes(), 5);
}

TEST(KeyFrame, FragmentsAreWholeFromStartToEnd) {
  Finder h264("H264");
  h264.add("\x7c\x85\xb8one", 1, false);
  h264.add("\x7c\x05two", 1, false);
  EXPECT_FALSE(h264.finder.found());
  h264.add("\x7c\x45three", 1, true);
  EXPECT_EQ(h264.finder.bytes(), 4 + 3 + 5);
}

TEST(KeyFrame, AMissingPacketSpoilsItAndTheNextOneCounts) {
  Finder h264("H264");
  h264.add("\x7c\x85\xb8one", 1, false);
  h264.add("\x7c\x45three", 1, true, 1);  // the middle is lost
  EXPECT_FALSE(h264.finder.found());
  EXPECT_TRUE(h264.finder.key_seen());
  h264.add("\x65\xb8whole", 2, true);
  EXPECT_TRUE(h264.finder.found());
}

TEST(KeyFrame, JoinedInTheMiddleItIsNotWhole) {
  Finder h264("H264");
  h264.add("\x7c\x05two", 1, false);
  h264.add("\x7c\x45three", 1, true);
  EXPECT_FALSE(h264.finder.found());
  Finder slices("H264");
  slices.add("\x65\x1fsecond slice", 1, true);  // first_mb_in_slice is not 0
  EXPECT_FALSE(slices.finder.found());
}

TEST(KeyFrame, NeedsItsParameterSetsFromTheDescriptionOrInBand) {
  Finder h264("H264", false);
  h264.add("\x65\x88key", 1, true);
  EXPECT_FALSE(h264.finder.found());
  using namespace std::string_view_literals;
  h264.add("\x78\x00\x03\x67\x42\x1e\x00\x02\x68\xce"sv, 2, false);  // STAP-A of SPS and PPS
  h264.add("\x65\x88key", 2, true);
  EXPECT_TRUE(h264.finder.found());
}

TEST(KeyFrame, AnAggregateMayHoldTheWholePicture) {
  using namespace std::string_view_literals;
  Finder h264("H264", false);
  h264.add("\x78\x00\x02\x67\x42\x00\x02\x68\xce\x00\x03\x65\x88k"sv, 1, true);
  EXPECT_EQ(h264.finder.bytes(), 7);
}

TEST(KeyFrame, WithoutAMarkerTheNextPictureEndsIt) {
  Finder h264("H264");
  h264.add("\x65\x88key", 1, false);
  EXPECT_FALSE(h264.finder.found());
  h264.add("\x41\x9a+", 2, false);
  EXPECT_TRUE(h264.finder.found());
}

TEST(KeyFrame, AMarkerOnEveryUnitEndsNothingEarly) {
  Finder h264("H264", false);
  h264.add("\x67\x42\x1e", 1, true);
  h264.add("\x68\xce", 1, true);
  h264.add("\x65\x88key", 1, true);
  EXPECT_TRUE(h264.finder.found());
}

TEST(KeyFrame, H265IsFoundInFragmentsAndAggregates) {
  using namespace std::string_view_literals;
  Finder h265("H265", false);
  h265.add("\x60\x01\x00\x03\x40\x01V\x00\x03\x42\x01S\x00\x03\x44\x01P"sv, 1, false);  // AP: VPS, SPS, PPS
  h265.add("\x62\x01\x93\xaf.."sv, 1, false);  // FU: IDR_W_RADL begins
  h265.add("\x62\x01\x53.."sv, 1, true);       // and ends
  EXPECT_TRUE(h265.finder.found());
  Finder trailing("H265");
  trailing.add("\x02\x01\xd0trail", 1, true);
  EXPECT_FALSE(trailing.finder.found());
  trailing.add(
      "\x2a\x01\xaf"
      "cra",
      2, true);  // CRA, 21
  EXPECT_TRUE(trailing.finder.found());
}

TEST(KeyFrame, TooLargeAOneIsGivenUp) {
  Finder h264("H264", true, 8);
  h264.add("\x65\x88 longer than eight", 1, true);
  EXPECT_FALSE(h264.finder.found());
  EXPECT_TRUE(h264.finder.too_large());
}

TEST(KeyFrame, AJpegIsWholeFromItsFirstFragmentToTheMarker) {
  using namespace std::string_view_literals;
  Finder jpeg("JPEG", false);
  jpeg.add("\0\0\0\x40\x01\x50\x28\x16tail"sv, 1, true);  // joined in the middle
  EXPECT_TRUE(jpeg.finder.able());
  EXPECT_FALSE(jpeg.finder.found());
  jpeg.add("\0\0\0\0\x01\x50\x28\x16head"sv, 2, false);
  jpeg.add("\0\0\0\x04\x01\x50\x28\x16tail"sv, 2, true, 1);  // a packet is missing
  EXPECT_FALSE(jpeg.finder.found());
  jpeg.add("\0\0\0\0\x01\x50\x28\x16head"sv, 3, false);
  jpeg.add("\0\0\0\x04\x01\x50\x28\x16tail"sv, 3, true);
  EXPECT_TRUE(jpeg.finder.found());
  EXPECT_EQ(jpeg.finder.bytes(), 8);
}

TEST(KeyFrame, OtherCodecsAreNotJudged) {
  Finder other("SVAC");
  other.add("\x65\x88key", 1, true);
  EXPECT_FALSE(other.finder.able());
  EXPECT_FALSE(other.finder.found());
}

// What is kept of a stream, as text: the packets' payloads in brackets.
struct Keeper {
  PicturePackets packets;
  explicit Keeper(std::string codec, std::size_t cap = 10'000)
      : packets(SdpVideo{.codec = std::move(codec)}, cap) {}
  void add(std::string_view payload, std::uint32_t timestamp) {
    const auto raw = bytes(payload);
    packets.add({.payload_type = 96, .timestamp = timestamp, .payload = raw}, raw);
  }
  std::string kept() {
    std::string out;
    const std::string all = packets.take();
    for (std::size_t at = 0; at + 2 <= all.size();) {
      const std::size_t size =
          static_cast<unsigned char>(all[at]) * 256U + static_cast<unsigned char>(all[at + 1]);
      out += "[" + all.substr(at + 2, size) + "]";
      at += 2 + size;
    }
    return out;
  }
};

TEST(PicturePackets, AreWhatCameSinceTheLastOtherPicture) {
  Keeper h264("H264");
  h264.add("\x41 delta", 1);
  h264.add("\x67 sps", 2);
  h264.add("\x68 pps", 2);
  h264.add("\x65 key", 3);
  EXPECT_EQ(h264.kept(), "[\x67 sps][\x68 pps][\x65 key]");
}

TEST(PicturePackets, AKeyFrameThatWasNotWholeIsLetGo) {
  Keeper h264("H264");
  h264.add("\x7c\x85 begins", 1);
  h264.add("\x7c\x85 again", 2);
  h264.add("\x7c\x45 ends", 2);
  EXPECT_EQ(h264.kept(), "[\x7c\x85 again][\x7c\x45 ends]");
  h264.add("\x7c\x85 begins", 3);
  h264.add("\x7c\x81 a fragment of a delta", 4);
  EXPECT_EQ(h264.kept(), "");
}

TEST(PicturePackets, AnAggregateIsWhatItsWeightiestUnitIs) {
  using namespace std::string_view_literals;
  Keeper h264("H264");
  h264.add("\x78\0\x03\x67\x42\x1e\0\x03\x65\x88k"sv, 1);
  h264.add("\x65 another", 2);
  EXPECT_EQ(h264.kept(), "[\x65 another]") << "the aggregate was a key frame";
  Keeper h265("H265");
  h265.add("\x60\x01\0\x03\x40\x01V\0\x03\x44\x01P"sv, 1);
  h265.add("\x62\x01\x93 idr"sv, 2);
  EXPECT_EQ(h265.kept(), "[\x60\x01\0\x03\x40\x01V\0\x03\x44\x01P][\x62\x01\x93 idr]"sv)
      << "parameter sets only";
  h265.add("\x60\x01\0\x03\x40\x01V\0\x03\x02\x01P"sv, 3);
  EXPECT_EQ(h265.kept(), "") << "a trailing picture is in it";
}

TEST(PicturePackets, AJpegStartsOverAtFragmentZero) {
  using namespace std::string_view_literals;
  Keeper jpeg("JPEG");
  jpeg.add("\0\0\x01\0 tail"sv, 1);
  jpeg.add("\0\0\0\0 head"sv, 2);
  jpeg.add("\0\0\0\x05 tail"sv, 2);
  EXPECT_EQ(jpeg.kept(), "[\0\0\0\0 head][\0\0\0\x05 tail]"sv);
}

TEST(PicturePackets, TooManyAreNone) {
  Keeper h264("H264", 16);
  h264.add("\x65 six", 1);
  h264.add("\x65 and more than ten", 1);
  h264.add("\x65 x", 1);
  EXPECT_EQ(h264.kept(), "");
  h264.add("\x65 next", 2);
  EXPECT_EQ(h264.kept(), "[\x65 next]") << "the next one has room again";
}

}  // namespace
}  // namespace commune_watch
