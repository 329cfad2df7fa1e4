// What counts as a refusal of a login: by whom, after what, and when it is told.
#include "poll/prober/law_wire.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <asio/io_context.hpp>

#include "support/run.hpp"
#include "support/scripted_wire.hpp"

namespace commune_watch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class LawWireTest : public testing::Test {
 protected:
  // The next answer, and what the driver sees of it.
  HttpReply get(int status, LoginAnswer login, bool with_time = false) {
    HttpReply answer;
    answer.status = status;
    answer.login = login;
    answer.words = "as it says";
    real.expect("http GET http://192.0.2.1/", answer);
    HttpRequest request;
    request.url = parse_url("http://192.0.2.1/").value();
    request.login = Login{"monitor", "secret", false};
    if (with_time) request.soap.emplace();
    HttpReply reply = run(law.http(std::move(request)));
    lent = real.http_requests.back().login.has_value();
    return reply;
  }

  asio::io_context loop{1};
  Inspector nobody{loop, -1};
  ScriptedWire real;
  std::vector<std::string> told;
  bool lent = false;  // the login, to the newest request
  LawWire law{real, nobody, true, [this](const std::string& words) { told.push_back(words); }};
};

TEST_F(LawWireTest, ARefusalIsToldAtOnceAndTheLoginIsLentNoMore) {
  EXPECT_EQ(get(401, LoginAnswer::refused).login, LoginAnswer::refused);
  EXPECT_TRUE(lent);
  EXPECT_THAT(told, ElementsAre("as it says"));
  get(200, LoginAnswer::not_asked);
  EXPECT_FALSE(lent);
  EXPECT_EQ(law.end(LoginUse::none), LoginUse::refused);
  EXPECT_EQ(told.size(), 1U);
}

TEST_F(LawWireTest, ARefusalOfALoginWithATimeIsToldAtTheEndUnlessTheDriverKnowsBetter) {
  get(400, LoginAnswer::refused, true);
  EXPECT_THAT(told, IsEmpty());
  get(200, LoginAnswer::not_asked, true);
  EXPECT_FALSE(lent) << "not even then";
  EXPECT_EQ(law.end(LoginUse::refused), LoginUse::refused);
  EXPECT_THAT(told, ElementsAre("as it says"));
}

TEST_F(LawWireTest, WhereTheDriverSawTheClockBeingSetNothingIsSettled) {
  get(400, LoginAnswer::refused, true);
  EXPECT_EQ(law.end(LoginUse::unsettled), LoginUse::unsettled);
  EXPECT_THAT(told, IsEmpty());
}

TEST_F(LawWireTest, ADriverCannotTalkAPlainRefusalAway) {
  get(401, LoginAnswer::refused);
  EXPECT_EQ(law.end(LoginUse::unsettled), LoginUse::refused);
  EXPECT_EQ(told.size(), 1U);
}

TEST_F(LawWireTest, AfterAnAcceptanceARefusalIsAboutThePageAndNotThePassword) {
  get(200, LoginAnswer::accepted);
  EXPECT_EQ(get(401, LoginAnswer::refused).login, LoginAnswer::unsettled);
  EXPECT_EQ(law.end(LoginUse::accepted), LoginUse::accepted);
  EXPECT_THAT(told, IsEmpty());
}

}  // namespace
}  // namespace commune_watch
