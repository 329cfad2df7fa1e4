// Digest against the vectors of its RFCs, and the challenges that real devices send.
#include "wire/digest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace commune_watch {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::vector<Challenge> challenges(std::string_view header) {
  std::vector<Challenge> all;
  read_challenges(header, all);
  return all;
}

constexpr std::string_view kRfc7616 =
    "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=SHA-256, "
    "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "
    "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\", "
    "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=MD5, "
    "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "
    "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"";
constexpr std::string_view kRfc7616Nonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";

TEST(Digest, AnswersTheMd5VectorOfRfc2617) {
  const auto all = challenges(
      "Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", "
      "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", "
      "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"");
  ASSERT_EQ(all.size(), 1U);
  Authorizer authorizer(all[0], {.username = "Mufasa", .password = "Circle Of Life"}, "0a4f113b");
  EXPECT_EQ(authorizer.answer("GET", "/dir/index.html"),
            "Digest username=\"Mufasa\", realm=\"testrealm@host.com\", "
            "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", "
            "uri=\"/dir/index.html\", response=\"6629fae49393a05397450978507c4ef1\", qop=auth, nc=00000001, "
            "cnonce=\"0a4f113b\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"");
}

TEST(Digest, AnswersBothVectorsOfRfc7616) {
  const auto all = challenges(kRfc7616);
  ASSERT_EQ(all.size(), 2U);
  const Login login{.username = "Mufasa", .password = "Circle of Life"};
  Authorizer sha256(all[0], login, std::string(kRfc7616Nonce)),
      md5(all[1], login, std::string(kRfc7616Nonce));
  EXPECT_THAT(sha256.answer("GET", "/dir/index.html"),
              HasSubstr("response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\""));
  EXPECT_THAT(md5.answer("GET", "/dir/index.html"),
              HasSubstr("response=\"8ca523f5e9506fed4657c9700eebdbec\""));
}

TEST(Digest, AnswersWithoutQopAsRfc2069) {  // erratum 749 has the right figure
  const auto all =
      challenges("Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"");
  Authorizer authorizer(all[0], {.username = "Mufasa", .password = "CircleOfLife"}, "unused");
  const std::string answer = authorizer.answer("GET", "/dir/index.html");
  EXPECT_THAT(answer, HasSubstr("response=\"1949323746fe6a43ef61f9606e7febea\""));
  EXPECT_THAT(answer, Not(HasSubstr("qop")));
  EXPECT_THAT(answer, Not(HasSubstr("cnonce")));
}

TEST(Digest, CountsTheUsesOfANonce) {
  Authorizer authorizer(challenges("Digest realm=\"r\", nonce=\"n\", qop=\"auth\"")[0],
                        {.username = "u", .password = "p"}, "c");
  const std::string first = authorizer.answer("DESCRIBE", "rtsp://h/"),
                    second = authorizer.answer("DESCRIBE", "rtsp://h/");
  EXPECT_THAT(first, HasSubstr("nc=00000001"));
  EXPECT_THAT(second, HasSubstr("nc=00000002"));
  EXPECT_NE(first.substr(first.find("response")), second.substr(second.find("response")));
}

TEST(Digest, TakesMd5WhereBothAreOfferedAndTheRememberedOneWhereThereIsOne) {
  const auto all = challenges(kRfc7616);
  EXPECT_EQ(choose(all, DigestAlgorithm::automatic, false)->spoken(), DigestAlgorithm::md5);
  EXPECT_EQ(choose(all, DigestAlgorithm::sha256, false)->spoken(), DigestAlgorithm::sha256);
}

TEST(Digest, FallsBackWhenTheRememberedAlgorithmIsNoLongerOffered) {
  const auto all = challenges("Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256");
  EXPECT_EQ(choose(all, DigestAlgorithm::md5, false)->spoken(), DigestAlgorithm::sha256);
}

TEST(Digest, NeverTakesBasicUnlessItIsAllowedAndNothingElseIsThere) {
  const auto both = challenges("Basic realm=\"r\", Digest realm=\"r\", nonce=\"n\"");
  ASSERT_EQ(both.size(), 2U);
  EXPECT_EQ(choose(both, DigestAlgorithm::automatic, true)->scheme, Challenge::Scheme::digest);
  const auto basic = challenges("Basic realm=\"r\"");
  EXPECT_EQ(choose(basic, DigestAlgorithm::automatic, false), nullptr);
  EXPECT_EQ(why_none(basic), LoginAnswer::wants_basic);
  ASSERT_NE(choose(basic, DigestAlgorithm::automatic, true), nullptr);
  Authorizer authorizer(*choose(basic, DigestAlgorithm::automatic, true),
                        {.username = "Aladdin", .password = "open sesame"}, "c");
  EXPECT_EQ(authorizer.answer("DESCRIBE", "rtsp://h/"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");  // RFC 2617 §2
}

TEST(Digest, LeavesAloneWhatItDoesNotSpeak) {
  for (const char* header :
       {"Digest realm=\"r\", nonce=\"n\", algorithm=MD5-sess",
        "Digest realm=\"r\", nonce=\"n\", algorithm=SHA-512-256",
        "Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\"", "Digest realm=\"r\"", "Bearer", ""}) {
    const auto all = challenges(header);
    EXPECT_EQ(choose(all, DigestAlgorithm::automatic, true), nullptr) << header;
    EXPECT_EQ(why_none(all), LoginAnswer::unsupported) << header;
  }
}

TEST(Digest, ReadsWhatCamerasWrite) {
  const auto odd = challenges("digest  REALM = \"a \\\"b\\\"\" nonce=abc==/+ ,algorithm=\"md5\", stale=TRUE");
  ASSERT_EQ(odd.size(), 1U);
  EXPECT_EQ(odd[0].realm, "a \"b\"");
  EXPECT_EQ(odd[0].nonce, "abc==/+");
  EXPECT_EQ(odd[0].spoken(), DigestAlgorithm::md5);
  EXPECT_TRUE(odd[0].stale);
  EXPECT_TRUE(challenges("Negotiate abc==, Digest nonce=\"n\"").size() == 2U);
}

TEST(Digest, LetsNoHeaderLineEndInsideTheAnswer) {
  Authorizer authorizer(challenges("Digest realm=\"a\rb\nc\", nonce=\"n\"")[0],
                        {.username = "u\r\nX: y", .password = "p"}, "c");
  EXPECT_EQ(authorizer.answer("DESCRIBE", "rtsp://h/").find_first_of("\r\n"), std::string::npos);
}

}  // namespace
}  // namespace commune_watch
