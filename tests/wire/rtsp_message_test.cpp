// The byte stream of RTSP, whole and in pieces, clean and dirty; and the addresses in it.
#include "wire/rtsp_message.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "wire/rtsp_uri.hpp"

namespace commune_watch {
namespace {

using namespace std::string_view_literals;
using namespace std::string_literals;

// Feeds `pieces` bytes at a time and writes down what comes out: "200 body", "$0 bytes".
std::vector<std::string> read(std::string_view stream, std::size_t pieces, RtspFault* fault = nullptr,
                              std::size_t max_body = 1024) {
  RtspReader reader(1024, max_body);
  std::vector<std::string> out;
  while (!stream.empty()) {
    const std::span<std::byte> room = reader.room();
    const std::size_t count = std::min({pieces, stream.size(), room.size()});
    if (count == 0) break;
    std::memcpy(room.data(), stream.data(), count);
    stream.remove_prefix(count);
    reader.received(count);
    for (RtspReader::Item item = reader.next(); item.index() != 0; item = reader.next()) {
      if (const auto* response = std::get_if<RtspResponse>(&item)) {
        out.push_back(std::to_string(response->status) + " " + response->body);
      } else {
        const auto& frame = std::get<RtspFrame>(item);
        out.push_back("$" + std::to_string(frame.channel) + " " +
                      std::string(reinterpret_cast<const char*>(frame.bytes.data()), frame.bytes.size()));
      }
    }
  }
  if (fault != nullptr) *fault = reader.fault();
  return out;
}

std::string frame(std::string_view rest) {
  return std::string("$\x00\x00\x0c"sv) + "\x80`" + std::string(rest);
}

TEST(RtspReader, TheSizeOfThePiecesDoesNotMatter) {
  const std::string stream = "RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 4\r\n\r\nbody" +
                             frame("0123456789") + "\r\n" + "RTSP/1.0 404 Not Found\nCSeq: 2\n\n" +
                             frame("abcdefghij");
  const std::vector<std::string> expected{"200 body", "$0 \x80`0123456789", "404 ", "$0 \x80`abcdefghij"};
  for (std::size_t pieces = 1; pieces < stream.size() + 1; ++pieces)
    EXPECT_EQ(read(stream, pieces), expected) << pieces;
}

TEST(RtspReader, FindsItsWayBackAfterGarbage) {
  const std::string stream = frame("0123456789") + "garb$\x63\x01\x02 age$" + frame("abcdefghij") +
                             "\x01\x02RTSP/1.0 200 OK\r\n\r\n";
  for (std::size_t pieces : {std::size_t{1}, std::size_t{3}, stream.size()})
    EXPECT_EQ(read(stream, pieces),
              (std::vector<std::string>{"$0 \x80`0123456789", "$0 \x80`abcdefghij", "200 "}))
        << pieces;
}

TEST(RtspReader, PassesOverTheServersOwnRequests) {
  EXPECT_EQ(read("OPTIONS * RTSP/1.0\r\nCSeq: 9\r\n\r\nRTSP/1.0 200 OK\r\n\r\n", 5),
            std::vector<std::string>{"200 "});
}

TEST(RtspReader, AnotherProtocolIsAFault) {
  for (const auto stream : {"HTTP/1.1 400 Bad Request\r\n\r\n"sv, "SSH-2.0-OpenSSH_9.2\r\n"sv,
                            "\x15\x03\x01\x00\x02"sv, "RTSP/1.0 hello\r\n\r\n"sv}) {
    RtspFault fault = RtspFault::none;
    EXPECT_TRUE(read(stream, 4, &fault).empty());
    EXPECT_EQ(fault, RtspFault::not_rtsp) << stream;
  }
}

TEST(RtspReader, CapsHeadersAndBodies) {
  RtspFault fault = RtspFault::none;
  read("RTSP/1.0 200 OK\r\nX: " + std::string(3000, 'x'), 100, &fault);
  EXPECT_EQ(fault, RtspFault::too_large);
  read("RTSP/1.0 200 OK\r\nContent-Length: 1025\r\n\r\n", 100, &fault);
  EXPECT_EQ(fault, RtspFault::too_large);
  read("RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n", 100, &fault);
  EXPECT_EQ(fault, RtspFault::too_large);
}

TEST(RtspReader, ALengthThatNoNumberHoldsIsTooLarge) {
  for (const char* length : {"9223372036854775808", "18446744073709551616", "99999999999999999999999999"}) {
    RtspFault fault = RtspFault::none;
    EXPECT_TRUE(read("RTSP/1.0 200 OK\r\nContent-Length: "s + length + "\r\n\r\nv=0", 100, &fault).empty());
    EXPECT_EQ(fault, RtspFault::too_large) << length;
  }
}

TEST(RtspReader, AnswersAndRequestsWithoutEndAreAFault) {
  for (const char* message : {"RTSP/1.0 100 Continue\r\n\r\n", "OPTIONS * RTSP/1.0\r\n\r\n"}) {
    std::string stream;
    for (int i = 0; i < 1000; ++i) stream += message;
    RtspFault fault = RtspFault::none;
    EXPECT_LE(read(stream, 1000, &fault).size(), 100U);
    EXPECT_EQ(fault, RtspFault::too_large) << message;
  }
}

TEST(RtspReader, TheLargestFrameFits) {
  std::string stream = "$\x02\xff\xff"s + "\x80" + std::string(65'534, 'x');
  const auto items = read(stream, 1000);
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0].size(), 3 + 65'535U);
}

TEST(RtspReader, JoinsFoldedHeadersAndFindsThemByLowerCase) {
  RtspReader reader(1024, 1024);
  const std::string text =
      "RTSP/1.0 401 Unauthorized\r\nCSEQ:7\r\nWWW-Authenticate: Digest realm=\"r\",\r\n nonce=\"n\"\r\n\r\n";
  std::memcpy(reader.room().data(), text.data(), text.size());
  reader.received(text.size());
  const auto item = reader.next();
  const auto& response = std::get<RtspResponse>(item);
  EXPECT_EQ(response.header("www-authenticate"), "Digest realm=\"r\", nonce=\"n\"");
  EXPECT_EQ(response.cseq(), 7);
  EXPECT_EQ(response.line, "RTSP/1.0 401 Unauthorized");
}

TEST(RtspRequestText, AlwaysNamesItsAgent) {
  const std::string text = format_request(
      {.method = "DESCRIBE", .uri = "rtsp://h/", .cseq = 3, .headers = {{"Accept", "application/sdp"}}});
  EXPECT_EQ(text, "DESCRIBE rtsp://h/ RTSP/1.0\r\nCSeq: 3\r\nUser-Agent: commune-watch/" CW_VERSION
                  "\r\nAccept: application/sdp\r\n\r\n");
}

constexpr auto kAsked = "rtsp://192.0.2.1:8554/live?ch=1"sv;

TEST(RtspUri, BaseIsContentBaseMendedWhereItMustBe) {
  EXPECT_EQ(base_uri(kAsked, "rtsp://192.0.2.1:8554/live/", ""), "rtsp://192.0.2.1:8554/live/");
  EXPECT_EQ(base_uri(kAsked, "", "rtsp://10.0.0.1/x"), "rtsp://10.0.0.1/x");
  EXPECT_EQ(base_uri(kAsked, "", ""), kAsked);
  EXPECT_EQ(base_uri(kAsked, "rtsp://rtsp://192.0.2.1/live/", ""), "rtsp://192.0.2.1/live/");
  EXPECT_EQ(base_uri(kAsked, "rtsp://::ffff:192.0.2.1/live/", ""), "rtsp://192.0.2.1:8554/live/");
  EXPECT_EQ(base_uri(kAsked, "192.0.2.1:1935/", ""), kAsked);
  EXPECT_EQ(base_uri(kAsked, "rtsp://u:p@192.0.2.1/live/", ""), "rtsp://192.0.2.1/live/");
  EXPECT_EQ(base_uri(kAsked, "rtsp://192.0.2.1/a b", ""), kAsked);
  EXPECT_EQ(base_uri("rtsps://192.0.2.1/live", "RTSPS://u:p@192.0.2.1/live/", ""), "rtsps://192.0.2.1/live/");
  EXPECT_EQ(base_uri("rtsps://192.0.2.1/live", "192.0.2.1/", ""), "rtsps://192.0.2.1/live");
}

TEST(RtspUri, TracksHangOnTheBase) {
  EXPECT_EQ(track_uri("rtsp://h/live/", "trackID=1"), "rtsp://h/live/trackID=1");
  EXPECT_EQ(track_uri("rtsp://h/live", "trackID=1"), "rtsp://h/live/trackID=1");
  EXPECT_EQ(track_uri("rtsp://h/live", "/trackID=1"), "rtsp://h/live/trackID=1");
  EXPECT_EQ(track_uri("rtsp://h/live/", "/trackID=1"), "rtsp://h/live/trackID=1");
  EXPECT_EQ(track_uri(kAsked, "trackID=1"), "rtsp://192.0.2.1:8554/live?ch=1/trackID=1");
  EXPECT_EQ(track_uri("rtsp://h/live/", "rtsp://10.0.0.1/live/track1"), "rtsp://10.0.0.1/live/track1");
  EXPECT_EQ(track_uri("rtsp://h/live/", "*"), "rtsp://h/live/");
  EXPECT_EQ(track_uri("rtsps://h/live/", "rtsps://10.0.0.1/live/track1"), "rtsps://10.0.0.1/live/track1");
  EXPECT_EQ(track_uri("rtsp://h/live/", ""), "rtsp://h/live/");
  EXPECT_EQ(track_uri("rtsp://h/live/", "a\r\nX: y"), "rtsp://h/live/");
}

TEST(RtspUri, TransportAnswersAsCamerasGiveThem) {
  const auto tcp = read_transport("RTP/AVP/TCP;unicast;interleaved=10-11;ssrc=0CAFE001");
  EXPECT_TRUE(tcp.tcp);
  EXPECT_EQ(tcp.channel, 10);
  EXPECT_EQ(tcp.ssrc, 0x0CAFE001U);
  EXPECT_TRUE(read_transport("RTP/AVP;unicast;interleaved=0").tcp);
  const auto udp =
      read_transport("RTP/AVP;unicast;client_port=5000-5001;server_port=6970-6971;ssrc=00000000");
  EXPECT_FALSE(udp.tcp);
  EXPECT_EQ(udp.server_port, 6970);
  EXPECT_FALSE(udp.ssrc);
}

TEST(RtspUri, SessionsLastAMinuteUnlessTheySayOtherwise) {
  EXPECT_EQ(read_session("12345678;timeout=90").id, "12345678");
  EXPECT_EQ(read_session("12345678;timeout=90").timeout_s, 90);
  EXPECT_EQ(read_session("12345678").timeout_s, 60);
  EXPECT_EQ(read_session("a; timeout=0").timeout_s, 1);
}

}  // namespace
}  // namespace commune_watch
