// The body of POST /add-checkpoint on literals.
#include "witness/request.hpp"

#include <gmock/gmock.h>

#include "support/grown_log.hpp"

namespace commune_watch::witness {
namespace {

using testing::HasSubstr;

std::string why(std::string_view body) {
  const auto request = read_request(body);
  return request ? "" : request.error().why;
}

TEST(WitnessRequest, TheExampleOfTheProtocolIsRead) {
  constexpr std::string_view kBody =
      "old 20852014\n"
      "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n"
      "jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n"
      "5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n"
      "/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n"
      "\n"
      "example.com/behind-the-sofa\n"
      "20852163\n"
      "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
      "\n"
      "— example.com/behind-the-sofa "
      "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
      "— example.com/behind-the-sofa "
      "opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=\n";
  const auto request = read_request(kBody);
  ASSERT_TRUE(request) << request.error().why;
  EXPECT_EQ(request->old, 20852014U);
  EXPECT_EQ(request->proof.size(), 4U);
  EXPECT_EQ(request->checkpoint.origin, "example.com/behind-the-sofa");
  EXPECT_EQ(request->checkpoint.size, 20852163U);
  EXPECT_EQ(request->note.signatures.size(), 2U);
}

TEST(WitnessRequest, ALineHasOneSpelling) {
  GrownLog log;
  log.grow(5);
  const auto note = "\n" + log.note(5);
  EXPECT_EQ(why("old 0\n" + note), "");
  for (const char* line : {"old 00\n", "old +1\n", "old -1\n", "old  1\n", "old 1 \n", "old\n", "Old 1\n",
                           "old 1\r\n", "old 9223372036854775808\n", "old 18446744073709551616\n", ""})
    EXPECT_NE(why(line + note), "") << line;
  EXPECT_THAT(why("old 1\nAAAA\n" + note), HasSubstr("base64 of 32 bytes"));
  EXPECT_THAT(why("old 1\n"), HasSubstr("empty line"));
  EXPECT_THAT(why("old 1"), HasSubstr("first line"));
  EXPECT_THAT(why("old 1\n\n"), HasSubstr("no signatures"));
}

TEST(WitnessRequest, AProofHasAtMost63Lines) {
  GrownLog log;
  log.grow(5);
  std::string body = "old 1\n";
  for (int line = 0; line < 63; ++line) body += evidence::base64(evidence::empty_root()) + '\n';
  EXPECT_EQ(why(body + '\n' + log.note(5)), "");
  EXPECT_THAT(why(body + evidence::base64(evidence::empty_root()) + "\n\n" + log.note(5)), HasSubstr("63"));
}

TEST(WitnessRequest, ExtensionLinesBelongToTheSignedText) {
  GrownLog log;
  log.grow(2);
  const auto text = log.checkpoint(2).text() + "an extension\n";
  const auto whole = [&](const std::string& signed_text) {
    return "old 0\n\n" +
           evidence::Note{signed_text, {evidence::sign(log.key, log.public_key(), signed_text)}}.whole();
  };
  const auto request = read_request(whole(text));
  ASSERT_TRUE(request) << request.error().why;
  EXPECT_EQ(request->checkpoint, log.checkpoint(2));
  EXPECT_EQ(request->note.text, text);
  EXPECT_THAT(why(whole(log.checkpoint(2).text() + "\nx\n")), HasSubstr("extension line is empty"));
}

}  // namespace
}  // namespace commune_watch::witness
