// The login law on literals: who may try a password, and when never again.
#include "poll/login_law.hpp"

#include <gtest/gtest.h>

namespace commune_watch {
namespace {

const LoginKey kNvr{"192.0.2.10", "monitor"};
const LoginKey kOther{"192.0.2.11", "monitor"};

TEST(LoginLaw, FirstQuestionGoesAloneUntilTheLoginIsProven) {
  LoginLaw law;
  EXPECT_TRUE(law.permit(kNvr, 1));
  EXPECT_FALSE(law.permit(kNvr, 2));
  law.accepted(kNvr, 1);
  EXPECT_TRUE(law.permit(kNvr, 3));
  EXPECT_TRUE(law.permit(kNvr, 4));
}

TEST(LoginLaw, ALoginIsBeingTriedUntilItsFirstWordIsSaid) {
  LoginLaw law;
  EXPECT_FALSE(law.being_tried(kNvr));
  ASSERT_TRUE(law.permit(kNvr, 1));
  EXPECT_TRUE(law.being_tried(kNvr));
  EXPECT_FALSE(law.being_tried(kOther));
  law.unused(1);
  EXPECT_FALSE(law.being_tried(kNvr));
  ASSERT_TRUE(law.permit(kNvr, 2));
  law.refused(kNvr, 2);
  EXPECT_FALSE(law.being_tried(kNvr)) << "nobody waits for what is blocked";
  ASSERT_TRUE(law.permit(kOther, 3));
  law.accepted(kOther, 3);
  ASSERT_TRUE(law.permit(kOther, 4));
  EXPECT_FALSE(law.being_tried(kOther)) << "it is good";
}

TEST(LoginLaw, AnotherHostIsAnotherMatter) {
  LoginLaw law;
  EXPECT_TRUE(law.permit(kNvr, 1));
  EXPECT_TRUE(law.permit(kOther, 2));
}

TEST(LoginLaw, OneRefusalBlocksForSixHoursOfRunningTime) {
  LoginLaw law;
  ASSERT_TRUE(law.permit(kNvr, 1));
  law.refused(kNvr, 1);
  EXPECT_FALSE(law.permit(kNvr, 2));
  EXPECT_TRUE(law.pass(LoginLaw::kBlockFor - 1).empty());
  EXPECT_FALSE(law.permit(kNvr, 3));
  EXPECT_EQ(law.pass(1), std::vector{kNvr});
  EXPECT_TRUE(law.permit(kNvr, 4));
}

TEST(LoginLaw, ARefusalOutlivesTheAcceptanceOfAQuestionThatWasStillOpen) {
  LoginLaw law;
  ASSERT_TRUE(law.permit(kNvr, 1));
  law.accepted(kNvr, 1);
  ASSERT_TRUE(law.permit(kNvr, 2));
  ASSERT_TRUE(law.permit(kNvr, 3));
  law.refused(kNvr, 2);
  law.accepted(kNvr, 3);
  EXPECT_TRUE(law.blocked(kNvr));
  EXPECT_FALSE(law.permit(kNvr, 4));
}

TEST(LoginLaw, TwoPermittedQuestionsInARowThatDieCountAsARefusal) {
  LoginLaw law;
  ASSERT_TRUE(law.permit(kNvr, 1));
  EXPECT_FALSE(law.died(1));
  ASSERT_TRUE(law.permit(kNvr, 2));
  EXPECT_TRUE(law.died(2));
  EXPECT_TRUE(law.blocked(kNvr));
}

TEST(LoginLaw, AnAcceptanceBetweenTwoDeathsForgivesTheFirst) {
  LoginLaw law;
  ASSERT_TRUE(law.permit(kNvr, 1));
  EXPECT_FALSE(law.died(1));
  ASSERT_TRUE(law.permit(kNvr, 2));
  law.accepted(kNvr, 2);
  ASSERT_TRUE(law.permit(kNvr, 3));
  EXPECT_FALSE(law.died(3));
}

TEST(LoginLaw, TwoTriesInARowThatSettleNothingCountAsARefusal) {
  LoginLaw law;
  ASSERT_TRUE(law.permit(kNvr, 1));
  EXPECT_FALSE(law.given_in_vain(kNvr, 1));
  EXPECT_EQ(law.unsettled(kNvr), 1);
  ASSERT_TRUE(law.permit(kNvr, 2));
  EXPECT_TRUE(law.given_in_vain(kNvr, 2));
  EXPECT_FALSE(law.permit(kNvr, 3));
}

TEST(LoginLaw, WhatTheGatewayLeftUnsettledWhenItEndedCounts) {
  LoginLaw law;
  law.remember_unsettled(kNvr, 1);
  ASSERT_TRUE(law.permit(kNvr, 1));
  EXPECT_TRUE(law.given_in_vain(kNvr, 1));
}

TEST(LoginLaw, ADeviceThatAcceptedTheLoginMayHangWithoutHarmToIt) {
  LoginLaw law;
  ASSERT_TRUE(law.permit(kNvr, 1));
  law.accepted(kNvr, 1);
  for (std::uint64_t question = 2; question < 6; ++question) {
    ASSERT_TRUE(law.permit(kNvr, question));
    EXPECT_FALSE(law.given_in_vain(kNvr, question));
  }
}

TEST(LoginLaw, SomebodyIsTryingUntilTheLastUnprovenLoginIsSettled) {
  LoginLaw law;
  EXPECT_FALSE(law.trying());
  ASSERT_TRUE(law.permit(kNvr, 1));
  ASSERT_TRUE(law.permit(kOther, 2));
  law.accepted(kNvr, 1);
  EXPECT_TRUE(law.trying());
  law.unused(2);
  ASSERT_TRUE(law.permit(kNvr, 3));
  EXPECT_FALSE(law.trying()) << "a proven login is not on trial";
}

TEST(LoginLaw, ARetryBeforeTheRestartCounts) {
  LoginLaw law;
  law.remember_retry(kNvr, 1'000);
  law.remember_retry(kNvr, 2'000);
  law.block(kNvr);
  EXPECT_FALSE(law.retry(kNvr, 3'000));
}

TEST(LoginLaw, AQuestionThatWasNotAskedForItsLoginProvesNothing) {
  LoginLaw law;
  ASSERT_TRUE(law.permit(kNvr, 1));
  law.unused(1);
  EXPECT_TRUE(law.permit(kNvr, 2));
  EXPECT_FALSE(law.permit(kNvr, 3));
}

TEST(LoginLaw, APersonMayRetryTwiceInHalfAnHour) {
  LoginLaw law;
  for (std::uint64_t question = 1; question <= 2; ++question) {
    law.block(kNvr);
    EXPECT_TRUE(law.retry(kNvr, 1'000 * static_cast<Millis>(question)));
    EXPECT_FALSE(law.blocked(kNvr));
  }
  law.block(kNvr);
  EXPECT_FALSE(law.retry(kNvr, 1'000 + LoginLaw::kRetryWindow - 1));
  EXPECT_TRUE(law.blocked(kNvr));
  EXPECT_TRUE(law.retry(kNvr, 1'000 + LoginLaw::kRetryWindow));
}

TEST(LoginLaw, WhatTheStoreRemembersHoldsForTheTimeThatWasLeft) {
  LoginLaw law;
  law.block(kNvr, 5'000);
  EXPECT_EQ(law.left(kNvr), 5'000);
  EXPECT_TRUE(law.pass(4'000).empty());
  EXPECT_EQ(law.left(kNvr), 1'000);
}

}  // namespace
}  // namespace commune_watch
