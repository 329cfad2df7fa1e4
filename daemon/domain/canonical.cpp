// Writing and reading restricted canonical JSON.
#include "domain/canonical.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "domain/utf8.hpp"

namespace commune_watch::canonical {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

// The letter after the backslash of the short escapes; 0 where there is none.
char short_escape(char c) {
  switch (c) {
    case '"':
      return '"';
    case '\\':
      return '\\';
    case '\b':
      return 'b';
    case '\t':
      return 't';
    case '\n':
      return 'n';
    case '\f':
      return 'f';
    case '\r':
      return 'r';
    default:
      return 0;
  }
}

void write_text(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t bytes = first_character(text).bytes;
    if (bytes == 0) {
      out += "\xEF\xBF\xBD";  // U+FFFD
      text.remove_prefix(1);
      continue;
    }
    const char c = text.front();
    if (const char letter = short_escape(c)) {
      out += '\\';
      out += letter;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += "\\u00";
      out += kHex[static_cast<unsigned char>(c) >> 4U];
      out += kHex[static_cast<unsigned char>(c) & 15U];
    } else {
      out += text.substr(0, bytes);
    }
    text.remove_prefix(bytes);
  }
  out += '"';
}

void write_value(std::string& out, const Value& value) {
  if (const auto* number = value.number()) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), *number).ptr;
    out.append(digits.data(), end);
  } else if (const auto* text = value.text()) {
    write_text(out, *text);
  } else if (const auto* array = value.array()) {
    out += '[';
    for (const Value& item : *array) {
      if (&item != array->data()) out += ',';
      write_value(out, item);
    }
    out += ']';
  } else if (const auto* object = value.object()) {
    out += '{';
    for (const Member& member : *object) {
      if (&member != object->data()) out += ',';
      write_text(out, member.first);
      out += ':';
      write_value(out, member.second);
    }
    out += '}';
  }
}

class Reader {
 public:
  Reader(std::string_view text, int max_depth) : text_(text), all_(text.size()), depth_(max_depth) {}

  Result<Value> whole() {
    auto value = any();
    if (value && !text_.empty()) return wrong("nothing may follow the value");
    return value;
  }

 private:
  std::unexpected<Failure> wrong(std::string_view why) const {
    return fail("byte " + std::to_string(all_ - text_.size()) + ": " + std::string(why));
  }

  bool take(char c) {
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }

  Result<Value> any() {
    if (text_.empty()) return wrong("the text ends early");
    switch (text_.front()) {
      case '{':
        return nested(&Reader::object);
      case '[':
        return nested(&Reader::array);
      case '"': {
        auto value = string();
        if (!value) return std::unexpected(value.error());
        return Value(std::move(*value));
      }
      default:
        return integer();
    }
  }

  Result<Value> nested(Result<Value> (Reader::*read)()) {
    if (depth_ == 0) return wrong("too many levels");
    --depth_;
    text_.remove_prefix(1);
    auto value = (this->*read)();
    ++depth_;
    return value;
  }

  Result<Value> array() {
    Array items;
    if (take(']')) return Value(std::move(items));
    do {
      auto item = any();
      if (!item) return item;
      items.push_back(std::move(*item));
    } while (take(','));
    if (!take(']')) return wrong("expected , or ]");
    return Value(std::move(items));
  }

  Result<Value> object() {
    Object members;
    if (take('}')) return Value(std::move(members));
    do {
      auto name = string();
      if (!name) return std::unexpected(name.error());
      if (!take(':')) return wrong("expected :");
      auto value = any();
      if (!value) return value;
      members.emplace_back(std::move(*name), std::move(*value));
    } while (take(','));
    if (!take('}')) return wrong("expected , or }");
    std::vector<std::string_view> names;
    names.reserve(members.size());
    for (const Member& member : members) names.emplace_back(member.first);
    std::sort(names.begin(), names.end());
    if (std::adjacent_find(names.begin(), names.end()) != names.end()) return wrong("a name is given twice");
    return Value(std::move(members));
  }

  Result<Value> integer() {
    const std::size_t sign = text_.starts_with('-') ? 1 : 0;
    const std::size_t end = std::min(text_.find_first_not_of("0123456789", sign), text_.size());
    const std::string_view digits = text_.substr(sign, end - sign);
    if (digits.empty()) return wrong("expected a value");
    if (digits.front() == '0' && (digits.size() > 1 || sign == 1))
      return wrong("this is not the shortest form");
    std::int64_t number = 0;
    if (std::from_chars(text_.data(), text_.data() + end, number).ec != std::errc{})
      return wrong("the number is too large");
    text_.remove_prefix(end);
    return Value(number);
  }

  Result<std::string> string() {
    if (!take('"')) return wrong("expected a string");
    std::string out;
    while (!take('"')) {
      const Utf8 next = first_character(text_);
      if (next.bytes == 0) return wrong(text_.empty() ? "the string does not end" : "this is not UTF-8");
      if (next.value < 0x20) return wrong("a control character is not escaped");
      if (next.value != '\\') {
        out += text_.substr(0, next.bytes);
        text_.remove_prefix(next.bytes);
      } else if (!escape(out)) {
        return wrong("this escape is not canonical");
      }
    }
    return out;
  }

  bool escape(std::string& out) {
    if (text_.size() < 2) return false;
    for (const char c : {'"', '\\', '\b', '\t', '\n', '\f', '\r'}) {
      if (short_escape(c) != text_[1]) continue;
      out += c;
      text_.remove_prefix(2);
      return true;
    }
    if (text_.size() < 6 || !text_.starts_with("\\u00")) return false;
    const std::size_t high = kHex.find(text_[4]);
    const std::size_t low = kHex.find(text_[5]);
    if (high > 1 || low == std::string_view::npos) return false;  // 0x20 and above stand for themselves
    const char c = static_cast<char>(high * 16 + low);
    if (short_escape(c) != 0) return false;
    out += c;
    text_.remove_prefix(6);
    return true;
  }

  std::string_view text_;  // what is left
  std::size_t all_;
  int depth_;
};

}  // namespace

const Value* Value::find(std::string_view name) const {
  const Object* const members = object();
  if (members == nullptr) return nullptr;
  const auto found = std::find_if(members->begin(), members->end(),
                                  [name](const Member& member) { return member.first == name; });
  return found == members->end() ? nullptr : &found->second;
}

std::string write(const Value& value) {
  std::string out;
  write_value(out, value);
  return out;
}

Result<Value> read(std::string_view text, std::size_t max_bytes, int max_depth) {
  if (text.size() > max_bytes) return fail("longer than " + std::to_string(max_bytes) + " bytes");
  return Reader(text, max_depth).whole();
}

}  // namespace commune_watch::canonical
