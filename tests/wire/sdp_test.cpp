// Session descriptions as cameras write them.
#include "wire/sdp.hpp"

#include <gtest/gtest.h>

namespace commune_watch {
namespace {

TEST(Sdp, FindsTheVideoTrackAndItsParameterSets) {
  const SdpVideo video = read_sdp(
      "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=Media Presentation\r\nc=IN IP4 0.0.0.0\r\nt=0 "
      "0\r\na=control:rtsp://192.0.2.1/a/\r\n"
      "m=audio 0 RTP/AVP 8\r\na=control:trackID=2\r\n"
      "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
      "a=fmtp:96 profile-level-id=420029; packetization-mode=1; "
      "sprop-parameter-sets=Z00AKp2oHgCJ+WbgICAoAAADAAgAAAMAyEA=,aO48gA==\r\n"
      "a=control:trackID=1\r\n");
  EXPECT_EQ(video.codec, "H264");
  EXPECT_EQ(video.payload_type, 96);
  EXPECT_EQ(video.clock_rate, 90'000U);
  EXPECT_EQ(video.control, "trackID=1");
  EXPECT_EQ(video.session_control, "rtsp://192.0.2.1/a/");
  EXPECT_TRUE(video.sps);
  EXPECT_TRUE(video.pps);
  EXPECT_EQ(video.parameter_sets, "Z00AKp2oHgCJ+WbgICAoAAADAAgAAAMAyEA=,aO48gA==");
}

TEST(Sdp, ToleratesWhatOtherClientsHadToTolerate) {
  // Several s=, a bad c=, an odd m=, fmtp under another track, LF only, no last newline (go2rtc#1426,
  // WebRTC#417 #419).
  const SdpVideo video = read_sdp(
      "v=0\ns=a\ns=b\nc=IN IP4\nm=application/TP-LINK 0 RTP/AVP smart/1/90000\nm=video 0 RTP/AVP/TCP "
      "97\na=rtpmap:97 hevc/90000\n"
      "a=control:/track1\nm=audio 0 RTP/AVP 0\na=fmtp:97 sprop-vps=QAEMAf//; sprop-sps=QgEBAWAAAAM=; "
      "sprop-pps=RAHA8vA8kA==");
  EXPECT_EQ(video.codec, "H265");
  EXPECT_EQ(video.control, "/track1");
  EXPECT_TRUE(video.vps && video.sps && video.pps);
  EXPECT_EQ(video.parameter_sets, "QAEMAf//;QgEBAWAAAAM=;RAHA8vA8kA==");
}

TEST(Sdp, ParameterSetsThatAreNotBase64AreNotHandedOn) {
  const SdpVideo video = read_sdp(
      "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 "
      "sprop-parameter-sets=Z00AKg==\",rogue=\"1,aO48gA==\r\n");
  EXPECT_TRUE(video.sps);
  EXPECT_EQ(video.parameter_sets, "");
}

TEST(Sdp, PrefersTheTrackThatCanBeJudged) {
  const SdpVideo video = read_sdp(
      "m=video 0 RTP/AVP 26\r\na=control:jpeg\r\nm=video 0 RTP/AVP 98\r\na=rtpmap:98 "
      "H264/90000\r\na=control:h264\r\n");
  EXPECT_EQ(video.codec, "H264");
  EXPECT_EQ(video.control, "h264");
}

TEST(Sdp, NamesACodecWithoutAnRtpmapByItsNumber) {
  EXPECT_EQ(read_sdp("m=video 0 RTP/AVP 26\r\n").codec, "JPEG");
}

TEST(Sdp, SaysNothingWithoutAVideoTrack) {
  EXPECT_EQ(read_sdp("v=0\r\nm=audio 0 RTP/AVP 8\r\n").codec, "");
  EXPECT_EQ(read_sdp("").codec, "");
  EXPECT_EQ(read_sdp("\xFF\x00garbage=").codec, "");
}

TEST(Sdp, AVideoTrackOfAnUnknownKindIsStillOne) { EXPECT_EQ(read_sdp("m=video 0 RTP/AVP\r\n").codec, "?"); }

TEST(Sdp, EmptyParameterSetsAreNone) {
  const SdpVideo video =
      read_sdp("m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 sprop-parameter-sets=,\r\n");
  EXPECT_FALSE(video.sps || video.pps);
}

}  // namespace
}  // namespace commune_watch
