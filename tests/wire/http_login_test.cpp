// When a 401 is answered, on literal heads.
#include "wire/http_login.hpp"

#include <gtest/gtest.h>

namespace commune_watch {
namespace {

const HttpLogin::Headers kDigest{{"www-authenticate", R"(Digest realm="cam", nonce="abc", qop="auth")"}};
const HttpLogin::Headers kStale{
    {"www-authenticate", R"(Digest realm="cam", nonce="def", qop="auth", stale=true)"}};
const HttpLogin::Headers kBasic{{"www-authenticate", R"(Basic realm="cam")"}};
const HttpLogin::Headers kBoth{{"www-authenticate", R"(Basic realm="cam")"},
                               {"www-authenticate", R"(Digest realm="cam", nonce="abc")"}};

HttpLogin login(bool allow_basic = false) {
  return {Login{.username = "monitor", .password = "bi-mat-42", .allow_basic = allow_basic},
          "0123456789abcdef"};
}
std::optional<std::string> next(HttpLogin& login, int status, const HttpLogin::Headers& headers) {
  return login.next(status, headers, "GET", "/x");
}

TEST(HttpLogin, DigestIsAnsweredWithoutThePassword) {
  HttpLogin it = login();
  const auto header = next(it, 401, kDigest);
  ASSERT_TRUE(header);
  EXPECT_TRUE(header->starts_with("Digest "));
  EXPECT_EQ(header->find("bi-mat-42"), std::string::npos);
  EXPECT_FALSE(next(it, 200, {}));
  EXPECT_EQ(it.standing(), LoginAnswer::accepted);
}

TEST(HttpLogin, SecondUnauthorizedIsDefinite) {
  HttpLogin it = login();
  ASSERT_TRUE(next(it, 401, kDigest));
  EXPECT_FALSE(next(it, 401, kDigest));
  EXPECT_EQ(it.standing(), LoginAnswer::refused);
}

TEST(HttpLogin, StaleNonceIsAnsweredOnceMoreAndNeverAgain) {
  HttpLogin it = login();
  ASSERT_TRUE(next(it, 401, kDigest));
  ASSERT_TRUE(next(it, 401, kStale));
  EXPECT_FALSE(next(it, 401, kStale));
  EXPECT_EQ(it.standing(), LoginAnswer::unsettled) << "nobody said that the password is wrong";
}

TEST(HttpLogin, RefusalAfterAStaleNonceIsDefinite) {
  HttpLogin it = login();
  ASSERT_TRUE(next(it, 401, kDigest));
  ASSERT_TRUE(next(it, 401, kStale));
  EXPECT_FALSE(next(it, 401, kDigest));
  EXPECT_EQ(it.standing(), LoginAnswer::refused);
}

TEST(HttpLogin, BasicIsNotAnsweredUnlessAllowed) {
  HttpLogin strict = login();
  EXPECT_FALSE(next(strict, 401, kBasic));
  EXPECT_EQ(strict.standing(), LoginAnswer::wants_basic);
  HttpLogin lenient = login(true);
  EXPECT_EQ(next(lenient, 401, kBasic), "Basic bW9uaXRvcjpiaS1tYXQtNDI=");
}

TEST(HttpLogin, BasicThatWasRefusedIsNotRetriedForAStaleWord) {
  HttpLogin it = login(true);
  ASSERT_TRUE(next(it, 401, kBasic));
  EXPECT_FALSE(next(it, 401, kStale));
  EXPECT_EQ(it.standing(), LoginAnswer::refused);
}

TEST(HttpLogin, DigestIsPreferredWhereBothAreOffered) {
  HttpLogin it = login(true);
  const auto header = next(it, 401, kBoth);
  ASSERT_TRUE(header);
  EXPECT_TRUE(header->starts_with("Digest "));
}

TEST(HttpLogin, NothingIsSaidToARedirectOrAnError) {
  for (const int status : {200, 302, 403, 500}) {
    HttpLogin it = login();
    EXPECT_FALSE(next(it, status, kDigest)) << status;
    EXPECT_EQ(it.standing(), LoginAnswer::not_asked) << status;
  }
}

TEST(HttpLogin, ServerErrorAfterALoginSettlesNothing) {
  for (const int status : {403, 429, 500, 503}) {
    HttpLogin it = login();
    ASSERT_TRUE(next(it, 401, kDigest));
    EXPECT_FALSE(next(it, status, {}));
    EXPECT_EQ(it.standing(), LoginAnswer::unsettled) << status;
  }
}

TEST(HttpLogin, WithoutOneTheQuestionStaysOpen) {
  HttpLogin it{std::nullopt, ""};
  EXPECT_FALSE(next(it, 401, kDigest));
  EXPECT_EQ(it.standing(), LoginAnswer::not_given);
}

TEST(HttpLogin, SchemeThatNobodySpeaksIsUnsupported) {
  HttpLogin it = login(true);
  EXPECT_FALSE(next(it, 401, {{"www-authenticate", "Bearer realm=\"x\""}}));
  EXPECT_EQ(it.standing(), LoginAnswer::unsupported);
}

}  // namespace
}  // namespace commune_watch
