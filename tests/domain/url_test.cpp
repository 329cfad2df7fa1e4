// URLs: what is dialled, what is refused, and that no refusal repeats a password.
#include "domain/url.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace commune_watch {
namespace {

Url good(std::string_view text) {
  auto url = parse_url(text);
  EXPECT_TRUE(url.has_value()) << text << ": " << (url ? "" : url.error().why);
  return url.value_or(Url{});
}

std::string refusal(std::string_view text) {
  const auto url = parse_url(text);
  EXPECT_FALSE(url.has_value()) << text << " was taken";
  return url ? "" : url.error().why;
}

TEST(ParseUrl, TakesARealCamerasUrlApart) {
  const Url url = good("rtsp://192.0.2.21/Streaming/Channels/102?transportmode=unicast");
  EXPECT_EQ(url.scheme, "rtsp");
  EXPECT_EQ(url.host, "192.0.2.21");
  EXPECT_EQ(url.port, 554);
  EXPECT_TRUE(url.default_port);
  EXPECT_EQ(url.target, "/Streaming/Channels/102?transportmode=unicast");
  EXPECT_EQ(url.text(), "rtsp://192.0.2.21/Streaming/Channels/102?transportmode=unicast");
}

TEST(ParseUrl, KnowsEachSchemesPort) {
  const std::pair<std::string_view, int> ports[] = {{"http", 80},   {"https", 443}, {"rtsp", 554},
                                                    {"rtsps", 322}, {"mqtt", 1883}, {"mqtts", 8883},
                                                    {"icmp", 0},    {"sip", 5060},  {"snmp", 161}};
  for (const auto& [scheme, port] : ports)
    EXPECT_EQ(good(std::string(scheme) + "://cam.xa.vn").port, port) << scheme;
  EXPECT_EQ(good("tcp://192.0.2.1:23").port, 23);
}

TEST(ParseUrl, WritesOnlyWhatIsNotTheDefault) {
  EXPECT_EQ(good("HTTP://Cam.Xa.VN:80").text(), "http://cam.xa.vn/");
  EXPECT_EQ(good("http://cam.xa.vn:8080/a").text(), "http://cam.xa.vn:8080/a");
  EXPECT_EQ(good("http://cam.xa.vn?x=1").text(), "http://cam.xa.vn/?x=1");
  EXPECT_EQ(good("tcp://192.0.2.1:9").authority(), "192.0.2.1:9");
}

TEST(ParseUrl, TakesIpv6InBrackets) {
  const Url url = good("http://[2001:DB8::1]:8080/x");
  EXPECT_EQ(url.host, "2001:db8::1");
  EXPECT_TRUE(url.ipv6());
  EXPECT_EQ(url.authority(), "[2001:db8::1]:8080");
  for (const char* host :
       {"::", "::1", "1::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::ffff:192.0.2.1", "64:ff9b::192.0.2.33"})
    EXPECT_EQ(good("http://[" + std::string(host) + "]/").host, host);
  for (const char* host :
       {"", ":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::", "::1.2.3",
        "1:2:3:4:5:6:7:8::", "fe80::1%eth0", "1:2:3:4:5:6:7:1.2.3.4", "1:"})
    refusal("http://[" + std::string(host) + "]/");
  EXPECT_NE(refusal("http://2001:db8::1/").find("brackets"), std::string::npos);
}

TEST(ParseUrl, RefusesLoginsWithoutRepeatingThem) {
  for (const char* text :
       {"rtsp://admin:S3cret@192.0.2.1/", "rtsp://admin:S3c/ret@192.0.2.1/", "rtsp://admin:S3c?ret@h/",
        "http://S3cret@h/", "http://admin:S3cret:x@h/", "http://admin:S3#cret@h/"}) {
    const std::string why = refusal(text);
    EXPECT_EQ(why.find("S3c"), std::string::npos) << why;
    EXPECT_EQ(why.find("cret"), std::string::npos) << why;
  }
  EXPECT_NE(refusal("rtsp://admin:S3cret@192.0.2.1/").find("login"), std::string::npos);
  EXPECT_NE(refusal("rtsp://admin:S3c/ret@192.0.2.1/").find("login"), std::string::npos);
  EXPECT_EQ(good("rtsp://192.0.2.1/cam@1").target, "/cam@1");  // in a path it is a letter
}

TEST(ParseUrl, RefusesWhatCannotBeDialled) {
  for (const char* text : {"",
                           "cam.xa.vn",
                           "//h/",
                           "ftp://h/",
                           "http:///x",
                           "http://:80/",
                           "http://h:0/",
                           "http://h:65536/",
                           "http://h:-1/",
                           "http://h:/",
                           "http://h:080/",
                           "http://h:8 0/",
                           "http://a b/",
                           "http://h/a b",
                           "http://h/\t",
                           "http://h/\x7f",
                           "http://.h/",
                           "http://h..vn/",
                           "http://1.2.3/",
                           "http://1.2.3.4.5/",
                           "http://256.1.1.1/",
                           "http://01.2.3.4/",
                           "http://xã.vn/",
                           "http://h/ảnh",
                           "http://h/#top",
                           "tcp://h",
                           "tcp://h:1/x",
                           "icmp://h:1",
                           "icmp://h/x",
                           "http://[::1/",
                           "http://[::1]x/",
                           "http://h\\x/"})
    refusal(text);
  refusal("http://" + std::string(254, 'a') + "/");
  refusal("http://" + std::string(64, 'a') + ".vn/");
  refusal("http://h/" + std::string(2048, 'a'));
}

RC_GTEST_PROP(ParseUrl, WhatItTakesItReadsAgainTheSame, ()) {
  const auto one_of = [](std::vector<std::string> all) { return *rc::gen::elementOf(std::move(all)); };
  const std::string letters = "ab/?&=%@:;[]{}~.";
  const std::string scheme = one_of({"http", "HTTPS", "rtsp", "Rtsps", "mqtt", "sip"});
  const std::string host = one_of({"h", "Cam-1.Xa.VN", "192.0.2.1", "[::1]", "[2001:DB8::a:1]", "a_b.c."});
  const std::string port = one_of({"", ":1", ":80", ":443", ":554", ":65535"});
  const std::string path = one_of({"", "/", "?", "/x"});
  const std::string rest = path.empty() ? "" : *rc::gen::container<std::string>(rc::gen::elementOf(letters));
  const auto url = parse_url(scheme + "://" + host + port + path + rest);
  RC_ASSERT(url.has_value());
  const auto again = parse_url(url->text());
  RC_ASSERT(again.has_value());
  RC_ASSERT(again->text() == url->text());
  RC_ASSERT(again->host == url->host && again->port == url->port && again->target == url->target);
  RC_ASSERT(url->target.ends_with(rest));
}

RC_GTEST_PROP(ParseUrl, NeverCrashesNorRepeatsWhatItRefuses, (const std::string& bytes)) {
  for (const std::string& text : {bytes, "http://" + bytes, "rtsp://[" + bytes, "tcp://h:" + bytes})
    (void)parse_url(text);
}

TEST(Url, AnAddressIsOneTextForAllWaysOfWritingIt) {
  const auto address = [](std::string_view text) { return parse_url(text).value().address(); };
  EXPECT_EQ(address("rtsp://CAM.example/a%2Db%2fc/?"), "cam.example:554/a-b%2Fc");
  EXPECT_EQ(address("rtsps://[2001:DB8::1]"), "2001:db8::1:322");
  EXPECT_EQ(address("http://192.0.2.1/a%2"), "192.0.2.1:80/a%2") << "half an escape stays as it is";
  EXPECT_NE(address("rtsp://192.0.2.1/a"), address("rtsp://192.0.2.1/A"));
}

}  // namespace
}  // namespace commune_watch
