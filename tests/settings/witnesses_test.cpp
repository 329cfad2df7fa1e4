// [[witness]]: what it becomes, and what is said about it. What is refused: bad/witness-*.toml.
#include <gmock/gmock.h>

#include "settings/fake_drivers.hpp"
#include "settings/loading.hpp"
#include "settings/settings.hpp"

namespace commune_watch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kKey = "ben-tre/w1+a381c752+BFDYWOCYXsx/YEGKrwzFq1h/QsJXCohAlanozKzQ9lRc";

LoadResult with(const std::string& more) {
  return load_text(
      "[commune]\nid = \"tan-phu\"\ncode = \"28765\"\nname = \"Xã Tân Phú\"\nprovince = \"Vĩnh Long\"\n" +
          more,
      fake::kDrivers);
}
std::string witness(const std::string& url, const std::string& more = {}) {
  return "[[witness]]\nurl = \"" + url + "\"\nkey = \"" + std::string(kKey) + "\"\n" + more;
}

TEST(Witnesses, HaveEveryKey) {
  const auto loaded = with(witness("https://witness.example/tlog", "ca_file = \"/etc/ssl/w.pem\"\n"));
  ASSERT_THAT(loaded.errors, IsEmpty());
  EXPECT_THAT(loaded.warnings, IsEmpty());
  ASSERT_EQ(loaded.settings->witnesses.size(), 1U);
  const auto& one = loaded.settings->witnesses.front();
  EXPECT_EQ(one.url, "https://witness.example/tlog");
  EXPECT_EQ(one.key, kKey);
  EXPECT_EQ(one.name, "ben-tre/w1");
  EXPECT_EQ(one.ca_file, "/etc/ssl/w.pem");
  EXPECT_FALSE(one.allow_http);
}

TEST(Witnesses, OnThisMachineNeedNoEncryption) {
  for (const char* url : {"http://127.0.0.1:8899", "http://[::1]:8899", "http://localhost:8899"}) {
    const auto loaded = with(witness(url));
    EXPECT_THAT(loaded.errors, IsEmpty()) << url;
    EXPECT_THAT(loaded.warnings, IsEmpty()) << url;
  }
}

TEST(Witnesses, WithoutEncryptionInAVpnAreWarnedAbout) {
  const auto loaded = with(witness("http://10.8.0.1:8899", "allow_http = true\n"));
  ASSERT_THAT(loaded.errors, IsEmpty());
  EXPECT_TRUE(loaded.settings->witnesses.front().allow_http);
  EXPECT_THAT(loaded.warnings, ElementsAre(HasSubstr("gateway.toml:7:7: url: not encrypted")));
}

TEST(Witnesses, AreDescribedAndSoIsTheirAbsence) {
  EXPECT_THAT(describe(*with(witness("https://witness.example")).settings, Language::vi),
              HasSubstr("Nhân chứng: ben-tre/w1 (https://witness.example)\n"));
  EXPECT_THAT(describe(*with("").settings, Language::vi), HasSubstr("Nhân chứng: chưa có"));
  EXPECT_THAT(describe(*with("").settings, Language::en), HasSubstr("Witnesses: none"));
}

}  // namespace
}  // namespace commune_watch
