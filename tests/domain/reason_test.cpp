// The catalogue of reasons, and every word that people read: Vietnamese that is Vietnamese, remedies that are
// there.
#include "domain/reason.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <vector>

#include "domain/availability.hpp"
#include "domain/utf8.hpp"

namespace commune_watch {
namespace {

// ---- is it Vietnamese? By the grammar of its syllables, not by a list of words

struct Letter {
  std::string base;  // without tone, lower case
  int tone = 0;      // 1 huyền 2 sắc 3 hỏi 4 ngã 5 nặng
};

std::vector<std::string> letters(std::string_view text) {
  std::vector<std::string> all;
  while (!text.empty()) {
    const std::size_t bytes = std::max<std::size_t>(first_character(text).bytes, 1);
    all.emplace_back(text.substr(0, bytes));
    text.remove_prefix(bytes);
  }
  return all;
}

// The base letter and tone of a precomposed letter; empty for what no Vietnamese word has.
Letter letter_of(const std::string& c) {
  static constexpr std::array<std::array<std::string_view, 2>, 12> kVowels{{{"aàáảãạ", "AÀÁẢÃẠ"},
                                                                            {"ăằắẳẵặ", "ĂẰẮẲẴẶ"},
                                                                            {"âầấẩẫậ", "ÂẦẤẨẪẬ"},
                                                                            {"eèéẻẽẹ", "EÈÉẺẼẸ"},
                                                                            {"êềếểễệ", "ÊỀẾỂỄỆ"},
                                                                            {"iìíỉĩị", "IÌÍỈĨỊ"},
                                                                            {"oòóỏõọ", "OÒÓỎÕỌ"},
                                                                            {"ôồốổỗộ", "ÔỒỐỔỖỘ"},
                                                                            {"ơờớởỡợ", "ƠỜỚỞỠỢ"},
                                                                            {"uùúủũụ", "UÙÚỦŨỤ"},
                                                                            {"ưừứửữự", "ƯỪỨỬỮỰ"},
                                                                            {"yỳýỷỹỵ", "YỲÝỶỸỴ"}}};
  for (const auto& rows : kVowels) {
    const auto lower = letters(rows[0]);
    for (const auto row : rows) {
      const auto all = letters(row);
      for (std::size_t tone = 0; tone < all.size(); ++tone) {
        if (all[tone] == c) return {lower[0], static_cast<int>(tone)};
      }
    }
  }
  if (c == "đ" || c == "Đ") return {"đ", 0};
  if (c.size() != 1) return {};
  const char small = c[0] >= 'A' && c[0] <= 'Z' ? static_cast<char>(c[0] + 32) : c[0];
  if (std::string_view("bcdghklmnpqrstvx").find(small) == std::string_view::npos) return {};
  return {std::string(1, small), 0};
}

bool vietnamese_syllable(std::string_view word) {
  static const std::set<std::string_view> kOnsets{"",   "b",  "c", "ch", "d",  "đ",  "g",   "gh", "gi", "h",
                                                  "k",  "kh", "l", "m",  "n",  "ng", "ngh", "nh", "p",  "ph",
                                                  "qu", "r",  "s", "t",  "th", "tr", "v",   "x"};
  static const std::set<std::string_view> kNuclei{
      "a",   "ă",   "â",   "e",   "ê",   "i",   "o",   "ô",   "ơ",   "u",   "ư",  "y",  "ia", "iê",
      "yê",  "ya",  "ua",  "uô",  "ưa",  "ươ",  "ai",  "ay",  "ao",  "au",  "âu", "ây", "eo", "êu",
      "iu",  "oi",  "ôi",  "ơi",  "ui",  "ưi",  "uy",  "uê",  "uơ",  "oa",  "oă", "oe", "ưu", "uâ",
      "iêu", "yêu", "uôi", "ươi", "ươu", "oai", "oay", "uây", "uyê", "uya", "oeo"};
  static const std::set<std::string_view> kCodas{"", "c", "ch", "m", "n", "ng", "nh", "p", "t"};
  std::string base;
  int tone = 0, tones = 0;
  std::vector<std::size_t> starts;
  for (const std::string& c : letters(word)) {
    const Letter letter = letter_of(c);
    if (letter.base.empty()) return false;
    starts.push_back(base.size());
    base += letter.base;
    if (letter.tone != 0) tone = letter.tone, ++tones;
  }
  starts.push_back(base.size());
  if (tones > 1) return false;
  const std::string_view all(base);
  for (const std::size_t i : starts) {
    for (const std::size_t j : starts) {
      if (j < i || !kOnsets.contains(all.substr(0, i)) || !kNuclei.contains(all.substr(i, j - i))) continue;
      const std::string_view coda = all.substr(j);
      const bool stop = coda == "c" || coda == "ch" || coda == "p" || coda == "t";
      if (kCodas.contains(coda) && (!stop || tone == 2 || tone == 5))
        return true;  // a stop has sắc or nặng: never "not"
    }
  }
  return false;
}

// The first word that is neither Vietnamese nor a loan that official papers use as it is.
std::string foreign_word(std::string_view text) {
  static const std::set<std::string> kLoans{"camera", "Camera", "Wi-Fi", "Internet", "IP", "TCP", "UDP",
                                            "H.264",  "H.265",  "UBND",  "%",        "10", "20"};
  static const std::set<std::string> kEnglish{"the", "on", "of",  "and",
                                              "is",  "or", "for", "no"};  // syllables by chance
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '/', ' ');
  while (!spaced.empty()) {
    std::string word = spaced.substr(0, spaced.find(' '));
    spaced.erase(0, word.size() + (word.size() < spaced.size() ? 1 : 0));
    while (!word.empty() && std::string_view(",;:.").find(word.back()) != std::string_view::npos)
      word.pop_back();
    if (word.empty() || kLoans.contains(word)) continue;
    if (kEnglish.contains(word) || !vietnamese_syllable(word)) return word;
  }
  return "";
}

void expect_vietnamese(std::string_view text, std::string_view what) {
  EXPECT_FALSE(text.empty()) << what;
  for (std::string_view rest = text; !rest.empty();) {
    const Utf8 c = first_character(rest);
    ASSERT_GT(c.bytes, 0U) << what << " is not UTF-8";
    EXPECT_FALSE(c.value >= 0x300 && c.value <= 0x36F) << what << " has a combining mark: not NFC";
    rest.remove_prefix(c.bytes);
  }
  EXPECT_EQ(foreign_word(text), "") << what << ": " << text;
}

void expect_english(std::string_view text, std::string_view what) {
  EXPECT_FALSE(text.empty()) << what;
  EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; })) << what;
}

TEST(VietnameseCheck, KnowsVietnameseFromEnglish) {
  for (const char* word :
       {"Nhà", "văn", "hóa", "nghiêng", "khuếch", "đại", "Ổ", "giữa", "gì", "quyền", "thiết", "tuyến"})
    EXPECT_TRUE(vietnamese_syllable(word)) << word;
  for (const char* word :
       {"password", "login", "server", "timeout", "not", "reset", "stop", "set", "error", "mậtkhẩu", "hoá́"})
    EXPECT_FALSE(vietnamese_syllable(word)) << word;
}

TEST(Reasons, HaveUniqueStableCodes) {
  std::set<std::string_view> codes;
  for (const Reason& reason : reasons()) {
    EXPECT_TRUE(codes.insert(reason.code).second) << reason.code;
    EXPECT_FALSE(reason.code.empty());
    EXPECT_TRUE(std::all_of(reason.code.begin(), reason.code.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    })) << reason.code;
  }
}

TEST(Reasons, AreRenderedInBothLanguagesWithARemedy) {
  for (const Reason& reason : reasons()) {
    expect_vietnamese(reason.vi, reason.code);
    expect_english(reason.en, reason.code);
    EXPECT_NE(reason.vi.back(), '.') << reason.code;
    EXPECT_NE(reason.en.back(), '.') << reason.code;
    EXPECT_LE(letters(reason.vi).size(), 70U) << reason.code << " is not short";
    if (reason.effect == Effect::none) continue;
    expect_vietnamese(reason.remedy_vi, reason.code);
    expect_english(reason.remedy_en, reason.code);
  }
}

TEST(Reasons, NeverChargeUnknownTimeToADevice) {
  for (const Reason& reason : reasons()) {
    if (reason.effect != Effect::unknown) continue;
    EXPECT_TRUE(reason.cause == Cause::gateway || reason.cause == Cause::monitoring_point) << reason.code;
  }
}

TEST(Reasons, NeverCallADeviceDownForTheGatewaysOwnTrouble) {
  for (const Reason& reason : reasons()) {
    EXPECT_FALSE(reason.effect == Effect::down && reason.cause == Cause::gateway) << reason.code;
    const bool ours = reason.code.starts_with("gateway-") && reason.code != "gateway-path";
    EXPECT_TRUE(!ours || reason.effect == Effect::unknown) << reason.code;
  }
}

TEST(Reasons, AreFoundByTheirCodes) {
  for (std::size_t i = 0; i < reasons().size(); ++i) {
    const auto id = static_cast<ReasonId>(i);
    EXPECT_EQ(find_reason(reasons()[i].code), id);
    EXPECT_EQ(reason_id(reasons()[i].code), id);
    EXPECT_EQ(reason(id).code, reasons()[i].code);
  }
  EXPECT_EQ(find_reason("on-fire"), std::nullopt);
  EXPECT_EQ(find_reason(""), std::nullopt);
  EXPECT_EQ(reason(ReasonId::none).effect, Effect::none);
  EXPECT_DEATH(reason_id("on-fire"), "");
  EXPECT_THROW((void)reason(static_cast<ReasonId>(reasons().size())), std::out_of_range);
}

struct Law {
  const char* code;
  Cause cause;
  Effect effect;
};

TEST(Reasons, HaveTheEffectsThatTheRuleNames) {
  const Law laws[] = {
      {"bad-password", Cause::gateway, Effect::unknown},
      {"login-blocked", Cause::gateway, Effect::unknown},
      {"basic-refused", Cause::gateway, Effect::unknown},
      {"gateway-dns", Cause::gateway, Effect::unknown},
      {"rate-limited", Cause::gateway, Effect::unknown},
      {"unparsable", Cause::monitoring_point, Effect::unknown},
      {"not-on-monitor", Cause::monitoring_point, Effect::down},
      {"monitoring-point-dead", Cause::monitoring_point, Effect::down},
      {"parent-down", Cause::upstream, Effect::down},
      {"mains-lost", Cause::mains, Effect::down},
      {"no-video", Cause::media, Effect::down},
      {"no-media", Cause::media, Effect::down},
      {"frozen", Cause::media, Effect::down},
      {"slate", Cause::media, Effect::down},
      {"black", Cause::media, Effect::down},
      {"covered", Cause::media, Effect::down},
      {"unstable", Cause::device, Effect::down},
      {"not-installed", Cause::device, Effect::down},
      {"clock-wrong", Cause::device, Effect::warning},
      {"certificate-expiring", Cause::device, Effect::warning},
      {"defocused", Cause::media, Effect::warning},
      {"scene-moved", Cause::media, Effect::warning},
      {"washed-out", Cause::media, Effect::warning},
      {"low-fps", Cause::media, Effect::warning},
      {"session-limit", Cause::device, Effect::warning},
      {"not-adopted", Cause::monitoring_point, Effect::warning},
      {"gateway-path", Cause::gateway, Effect::warning},
      {"not-recording", Cause::monitoring_point, Effect::warning},
      {"wrong-channel", Cause::monitoring_point, Effect::warning},
      {"old-picture", Cause::monitoring_point, Effect::warning},
      {"storage", Cause::monitoring_point, Effect::warning},
  };
  for (const Law& law : laws) {
    const Reason& found = reason(reason_id(law.code));
    EXPECT_EQ(found.cause, law.cause) << law.code;
    EXPECT_EQ(found.effect, law.effect) << law.code;
  }
}

TEST(Causes, AreNamedByTheTableOfTheDesign) {
  const std::pair<std::string_view, std::string_view> rows[] = {{"device", "do thiết bị"},
                                                                {"media", "do hình ảnh/âm thanh"},
                                                                {"upstream", "do đường truyền"},
                                                                {"mains", "do mất điện khu vực"},
                                                                {"monitoring-point", "do điểm giám sát"},
                                                                {"gateway", "do bộ giám sát"}};
  int cause = 1;
  for (const auto& [word, vi] : rows) {
    const auto value = static_cast<Cause>(cause++);
    EXPECT_EQ(code(value), word);
    EXPECT_EQ(name(value, Language::vi), vi);
    EXPECT_EQ(cause_of(word), value);
  }
  EXPECT_EQ(cause_of("ghost"), std::nullopt);
}

TEST(Names, OfKindsRungsPlacesAndVerdictsReadInBothLanguages) {
  for (std::size_t i = 0; i < kKinds; ++i) {
    expect_vietnamese(name(static_cast<Kind>(i), Language::vi), code(static_cast<Kind>(i)));
    expect_english(name(static_cast<Kind>(i), Language::en), code(static_cast<Kind>(i)));
  }
  for (std::size_t i = 0; i < kRungs; ++i) {
    expect_vietnamese(name(static_cast<Rung>(i), Language::vi), code(static_cast<Rung>(i)));
    expect_english(name(static_cast<Rung>(i), Language::en), code(static_cast<Rung>(i)));
  }
  for (std::size_t i = 0; i < kPlaceKinds; ++i) {
    expect_vietnamese(name(static_cast<PlaceKind>(i), Language::vi), code(static_cast<PlaceKind>(i)));
    expect_english(name(static_cast<PlaceKind>(i), Language::en), code(static_cast<PlaceKind>(i)));
  }
  for (const Class value : {Class::not_enrolled, Class::out_of_hours, Class::maintenance, Class::unknown,
                            Class::down, Class::up}) {
    expect_vietnamese(name(value, Language::vi), code(value));
    expect_english(name(value, Language::en), code(value));
  }
  for (const Verdict verdict :
       {Verdict::met, Verdict::not_met, Verdict::insufficient, Verdict::not_applicable}) {
    expect_vietnamese(name(verdict, Language::vi), code(verdict));
    expect_english(name(verdict, Language::en), code(verdict));
  }
  for (const Bar bar : {Bar::maintenance, Bar::observed, Bar::hours}) {
    expect_vietnamese(name(bar, Language::vi), "bar");
    expect_english(name(bar, Language::en), "bar");
  }
}

}  // namespace
}  // namespace commune_watch
