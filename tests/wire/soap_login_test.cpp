// The token by published figures, faults as devices write them, and when a token is given.
#include "wire/soap_login.hpp"

#include <gtest/gtest.h>

#include "wire/http_login.hpp"

namespace commune_watch {
namespace {

// ONVIF Application Programmer's Guide 1.0 §6.1.1.3: its nonce is LKqI6G/AikKCQrN0zqZFlg==.
TEST(SoapLogin, DigestIsThatOfOnvifsOwnExample) {
  const std::string nonce = "\x2c\xaa\x88\xe8\x6f\xc0\x8a\x42\x82\x42\xb3\x74\xce\xa6\x45\x96";
  EXPECT_EQ(password_digest(nonce, "2010-09-16T07:50:45Z", "userpassword"), "tuOSpGlFlIXsozq4HFNeeGeFLEI=");
  const std::string header =
      security_header({.username = "user", .password = "userpassword"}, "2010-09-16T07:50:45Z", nonce);
  for (const char* part :
       {">tuOSpGlFlIXsozq4HFNeeGeFLEI=<", ">LKqI6G/AikKCQrN0zqZFlg==<", ">user<", ">2010-09-16T07:50:45Z<"})
    EXPECT_NE(header.find(part), std::string::npos) << part;
  EXPECT_EQ(header.find("userpassword"), std::string::npos);
}

TEST(SoapLogin, NameThatLooksLikeMarkupStaysAName) {
  const std::string header = security_header({.username = "a<b>&\n", .password = "x"}, "t", "n");
  EXPECT_NE(header.find("<Username>a&lt;b&gt;&amp;</Username>"), std::string::npos) << header;
}

std::string fault_of(std::string_view body) {
  const auto fault = soap_fault(body);
  if (!fault) return "none";
  return std::string(fault->login ? "login" : "other") + (fault->sender ? " sender" : "");
}

TEST(SoapFault, CodesAreReadWhateverThePrefix) {
  EXPECT_EQ(fault_of("<?xml version=\"1.0\"?><env:Envelope xmlns:env=\"x\"><env:Header/><env:Body><env:Fault>"
                     "<env:Code><env:Value>env:Sender</env:Value><env:Subcode><env:Value> ter:NotAuthorized\n"
                     "</env:Value></env:Subcode></env:Code></env:Fault></env:Body></env:Envelope>"),
            "login sender");
  EXPECT_EQ(fault_of("<Envelope><Body>\n<Fault><Code><Value>Sender</Value><Subcode><Value>"
                     "wsse:FailedAuthentication</Value></Subcode></Code></Fault></Body></Envelope>"),
            "login sender");
  EXPECT_EQ(fault_of("<S:Envelope><S:Body><S:Fault><faultcode>S:Client</faultcode><faultstring>no"
                     "</faultstring></S:Fault></S:Body></S:Envelope>"),
            "other sender");
  EXPECT_EQ(fault_of("<e><Body><Fault><Code><Value>s:Receiver</Value></Code></Fault></Body></e>"), "other");
}

TEST(SoapFault, OnlyAFaultIsOne) {
  for (const char* body :
       {"", "<", "<a", "no", "<Envelope><Body>", "<Envelope><Body/></Envelope>",
        "<Envelope><Body><Profiles><Name>ter:NotAuthorized</Name></Profiles></Body></Envelope>",
        "<Envelope><Body><x><Fault><Value>ter:NotAuthorized</Value></Fault></x></Body></Envelope>",
        "<Envelope><!-- <Body><Fault><Value>ter:NotAuthorized --><Body><x/></Body></Envelope>",
        "<Envelope><![CDATA[<Body><Fault><Value>ter:NotAuthorized]]><Body><x/></Body></Envelope>",
        "<Fault><Value>ter:NotAuthorized</Value></Fault>", "<!--", "<![CDATA["})
    EXPECT_EQ(fault_of(body), "none") << body;
  EXPECT_EQ(fault_of("<e><Body><Fault><Reason>ter:NotAuthorized</Reason></Fault></Body></e>"), "other");
}

const HttpLogin::Headers kDigest{{"www-authenticate", R"(Digest realm="cam", nonce="abc", qop="auth")"}};
const HttpLogin::Headers kBasic{{"www-authenticate", R"(Basic realm="cam")"}};
const std::optional<SoapFault> kNotAuthorized{SoapFault{.login = true, .sender = true}};
const std::optional<SoapFault> kNoSuchAction{SoapFault{.login = false, .sender = true}};
const std::optional<SoapFault> kOwnTrouble{SoapFault{.login = false, .sender = false}};

HttpLogin login(bool allow_basic = false) {
  return {Login{.username = "monitor", .password = "bi-mat-42", .allow_basic = allow_basic}, "01", true};
}

TEST(SoapLogin, TokenIsGivenToWhoAsksByFaultWhateverTheStatus) {
  for (const int status : {200, 400, 401, 500}) {
    HttpLogin it = login();
    EXPECT_TRUE(it.give_token(status, {}, kNotAuthorized)) << status;
    EXPECT_FALSE(it.next(200, {}, "POST", "/", {}));
    EXPECT_EQ(it.standing(), LoginAnswer::accepted);
  }
}

TEST(SoapLogin, NobodyElseGetsAToken) {
  HttpLogin it = login();
  EXPECT_FALSE(it.give_token(200, {}, {}));
  EXPECT_FALSE(it.give_token(500, {}, {}));
  EXPECT_FALSE(it.give_token(302, {}, {}));
  EXPECT_FALSE(it.give_token(400, {}, kNoSuchAction));
  EXPECT_FALSE(it.give_token(401, kDigest, kNotAuthorized)) << "HTTP's own login goes first";
  EXPECT_EQ(it.standing(), LoginAnswer::not_asked);
  HttpLogin nobody{std::nullopt, "", true};
  EXPECT_FALSE(nobody.give_token(400, {}, kNotAuthorized));
  EXPECT_FALSE(nobody.next(400, {}, "POST", "/", kNotAuthorized));
  EXPECT_EQ(nobody.standing(), LoginAnswer::not_given);
}

TEST(SoapLogin, RefusedTokenIsFollowedByNoOtherLogin) {
  for (const int status : {200, 400, 500}) {
    HttpLogin it = login();
    ASSERT_TRUE(it.give_token(400, {}, kNotAuthorized));
    EXPECT_FALSE(it.give_token(status, {}, kNotAuthorized));
    EXPECT_FALSE(it.next(status, {}, "POST", "/", kNotAuthorized));
    EXPECT_EQ(it.standing(), LoginAnswer::refused) << status;
  }
  HttpLogin it = login();
  ASSERT_TRUE(it.give_token(400, {}, kNotAuthorized));
  EXPECT_FALSE(it.next(401, kDigest, "POST", "/", {}));
  EXPECT_EQ(it.standing(), LoginAnswer::refused);
}

TEST(SoapLogin, StaleWordAfterATokenIsARefusal) {
  HttpLogin it = login();
  ASSERT_TRUE(it.give_token(400, {}, kNotAuthorized));
  const HttpLogin::Headers stale{{"www-authenticate", R"(Digest realm="cam", nonce="d", stale=true)"}};
  EXPECT_FALSE(it.will_ask_again(401, stale));
  EXPECT_FALSE(it.next(401, stale, "POST", "/", {}));
  EXPECT_EQ(it.standing(), LoginAnswer::refused);
}

TEST(SoapLogin, RefusedDigestIsFollowedByNoToken) {
  HttpLogin it = login();
  ASSERT_TRUE(it.next(401, kDigest, "POST", "/", kNotAuthorized));
  EXPECT_FALSE(it.give_token(400, {}, kNotAuthorized));
  EXPECT_FALSE(it.next(400, {}, "POST", "/", kNotAuthorized));
  EXPECT_EQ(it.standing(), LoginAnswer::refused);
}

TEST(SoapLogin, BasicIsNeverGivenEvenWhereItIsAllowed) {
  HttpLogin it = login(true);
  EXPECT_FALSE(it.give_token(401, kBasic, {}));
  EXPECT_FALSE(it.next(401, kBasic, "POST", "/", {}));
  EXPECT_EQ(it.standing(), LoginAnswer::wants_basic);
}

TEST(SoapLogin, OtherFaultsSayWhetherTheDeviceGotAsFarAsTheRequest) {
  HttpLogin understood = login();
  ASSERT_TRUE(understood.give_token(400, {}, kNotAuthorized));
  understood.next(500, {}, "POST", "/", kNoSuchAction);
  EXPECT_EQ(understood.standing(), LoginAnswer::accepted);
  HttpLogin ill = login();
  ASSERT_TRUE(ill.give_token(400, {}, kNotAuthorized));
  ill.next(500, {}, "POST", "/", kOwnTrouble);
  EXPECT_EQ(ill.standing(), LoginAnswer::unsettled);
  HttpLogin gone = login();
  ASSERT_TRUE(gone.give_token(400, {}, kNotAuthorized));
  gone.next(404, {}, "POST", "/", {});
  EXPECT_EQ(gone.standing(), LoginAnswer::unsettled);
}

}  // namespace
}  // namespace commune_watch
