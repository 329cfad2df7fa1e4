// Vietnamese letters as twelve vowels by six tones; every other use of a diacritic is left as it is.
#include "settings/vietnamese.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "domain/utf8.hpp"

namespace commune_watch {
namespace {

// Per row: the letter without tone, then with grave, acute, hook, tilde and dot below. `base` and `shape` say
// what the row is.
struct Row {
  char base;
  char32_t shape;  // combining circumflex, breve or horn; 0 for none
  std::u32string_view tones;
};
constexpr char32_t kCircumflex = 0x302, kBreve = 0x306, kHorn = 0x31B;
constexpr std::array<char32_t, 5> kTones{0x300, 0x301, 0x309, 0x303, 0x323};
constexpr std::array<Row, 24> kRows{{
    {'a', 0, U"aàáảãạ"}, {'a', kBreve, U"ăằắẳẵặ"},      {'a', kCircumflex, U"âầấẩẫậ"},
    {'e', 0, U"eèéẻẽẹ"}, {'e', kCircumflex, U"êềếểễệ"}, {'i', 0, U"iìíỉĩị"},
    {'o', 0, U"oòóỏõọ"}, {'o', kCircumflex, U"ôồốổỗộ"}, {'o', kHorn, U"ơờớởỡợ"},
    {'u', 0, U"uùúủũụ"}, {'u', kHorn, U"ưừứửữự"},       {'y', 0, U"yỳýỷỹỵ"},
    {'A', 0, U"AÀÁẢÃẠ"}, {'A', kBreve, U"ĂẰẮẲẴẶ"},      {'A', kCircumflex, U"ÂẦẤẨẪẬ"},
    {'E', 0, U"EÈÉẺẼẸ"}, {'E', kCircumflex, U"ÊỀẾỂỄỆ"}, {'I', 0, U"IÌÍỈĨỊ"},
    {'O', 0, U"OÒÓỎÕỌ"}, {'O', kCircumflex, U"ÔỒỐỔỖỘ"}, {'O', kHorn, U"ƠỜỚỞỠỢ"},
    {'U', 0, U"UÙÚỦŨỤ"}, {'U', kHorn, U"ƯỪỨỬỮỰ"},       {'Y', 0, U"YỲÝỶỸỴ"},
}};

struct Letter {
  const Row* row;
  std::size_t tone;
};

std::optional<Letter> letter(char32_t c) {
  for (const Row& row : kRows) {
    const std::size_t tone = row.tones.find(c);
    if (tone != std::u32string_view::npos) return Letter{&row, tone};
  }
  return std::nullopt;
}

// The letter with one more mark, if Vietnamese has it: a shape on a letter that has none, or a tone on one
// that has none.
std::optional<char32_t> marked(char32_t c, char32_t mark) {
  const auto from = letter(c);
  if (!from) return std::nullopt;
  if (from->row->shape == 0) {
    for (const Row& row : kRows) {
      if (row.base == from->row->base && row.shape == mark && mark != 0) return row.tones[from->tone];
    }
  }
  for (std::size_t i = 0; i < kTones.size(); ++i) {
    if (kTones[i] == mark && from->tone == 0) return from->row->tones[i + 1];
  }
  return std::nullopt;
}

// What is not UTF-8 is left out (TOML texts always are; answers typed at a prompt may not be).
std::u32string decoded(std::string_view text) {
  std::u32string out;
  while (!text.empty()) {
    const Utf8 next = first_character(text);
    if (next.bytes != 0) out.push_back(next.value);
    text.remove_prefix(std::max<std::size_t>(next.bytes, 1));
  }
  return out;
}

void append(std::string& out, char32_t c) {
  const auto put = [&out](char32_t byte) {
    out.push_back(static_cast<char>(static_cast<unsigned char>(byte)));
  };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | (c >> 6));
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | (c >> 18));
    put(0x80 | ((c >> 12) & 0x3F));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

std::u32string compose(std::string_view text) {
  std::u32string out;
  for (const char32_t c : decoded(text)) {
    if (const auto together = out.empty() ? std::nullopt : marked(out.back(), c)) {
      out.back() = *together;
    } else {
      out.push_back(c);
    }
  }
  return out;
}

}  // namespace

std::string composed(std::string_view text) {
  std::string out;
  for (const char32_t c : compose(text)) append(out, c);
  return out;
}

std::string id_from(std::string_view text) {
  std::string id;
  for (char32_t c : compose(text)) {
    if (const auto known = letter(c)) c = static_cast<unsigned char>(known->row->base);
    if (c == U'đ' || c == U'Đ') c = 'd';
    if (c >= 'A' && c <= 'Z') c += 'a' - 'A';
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (plain) {
      id.push_back(static_cast<char>(c));
    } else if (!id.empty() && id.back() != '-') {
      id.push_back('-');
    }
  }
  while (!id.empty() && id.back() == '-') id.pop_back();
  return id;
}

}  // namespace commune_watch
