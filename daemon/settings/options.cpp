// A driver's options out of a device's table and its model: the driver's own table says which there are and
// of what type.
#include <fmt/format.h>

#include <algorithm>
#include <regex>

#include "domain/url.hpp"
#include "settings/loading.hpp"
#include "settings/vietnamese.hpp"
#include "settings/words.hpp"

namespace commune_watch {
namespace {

constexpr std::size_t kMaxText = 2048, kMaxRegex = 512;

Result<std::string> plain(const Node& node, std::string_view wanted) {
  if (node.type != Node::Type::text) return fail(fmt::format("is {}; write {}", what_it_is(node), wanted));
  if (node.text.empty()) return fail("empty; leave the key out instead");
  if (node.text.size() > kMaxText) return fail(fmt::format("longer than {} bytes", kMaxText));
  if (!is_plain_text(node.text)) return fail("contains control characters");
  if (has_login(node.text))
    return fail(
        "contains a user name or password; take them out, make a [login.<id>] and write login = \"<id>\"");
  return composed(node.text);
}

Result<std::string> number(const Node& node, std::int64_t low, std::int64_t high) {
  if (node.type != Node::Type::integer)
    return fail(fmt::format("is {}; write a whole number without quotes", what_it_is(node)));
  if (node.integer < low || node.integer > high)
    return fail(fmt::format("must be between {} and {}", low, high));
  return node.text;
}

Result<std::string> url(const Node& node) {
  auto text = plain(node, "a URL in \"quotes\"");
  if (!text) return text;
  if (const auto parsed = parse_url(*text); !parsed) return std::unexpected{parsed.error()};
  return text;
}

Result<std::string> regex(const Node& node) {
  auto text = plain(node, "a regular expression in 'single quotes'");
  if (!text) return text;
  if (text->size() > kMaxRegex) return fail(fmt::format("longer than {} bytes", kMaxRegex));
  try {
    static_cast<void>(std::regex{*text, std::regex::ECMAScript});  // throws
    return text;
  } catch (const std::regex_error&) {
    return fail("not a regular expression (ECMAScript); a bracket or a '\\' is not closed");
  }
}

Result<std::string> list(const Node& node) {
  if (node.type != Node::Type::list)
    return fail(fmt::format("is {}; write a list: [\"…\", \"…\"]", what_it_is(node)));
  std::string lines;
  for (const Node& item : node.items) {
    auto text = plain(item, "texts in \"quotes\"");
    if (!text) return text;
    if (!lines.empty()) lines += '\n';
    lines += *text;
  }
  return lines;
}

// The value as drivers get it: see Options.
Result<std::string> option_text(OptionType type, const Node& node) {
  switch (type) {
    case OptionType::text:
      return plain(node, "a text in \"quotes\"");
    case OptionType::integer:
      return number(node, INT64_MIN, INT64_MAX);
    case OptionType::port:
      return number(node, 1, 65535);
    case OptionType::boolean:
      if (node.type != Node::Type::boolean)
        return fail(fmt::format("is {}; write true or false without quotes", what_it_is(node)));
      return node.text;
    case OptionType::duration: {
      const auto text = plain(node, "a duration in quotes with its unit: \"60s\", \"5min\", \"2h\"");
      if (!text) return text;
      const auto value = parse_duration(*text);
      if (!value) return std::unexpected{value.error()};
      return std::to_string(*value);
    }
    case OptionType::url:
      return url(node);
    case OptionType::host: {
      auto text = plain(node, "an address or host name in \"quotes\"");
      if (text && !is_host(*text)) return fail("not an IPv4 or IPv6 address or a host name");
      return text;
    }
    case OptionType::list:
      return list(node);
    case OptionType::regex:
      return regex(node);
  }
  return fail("unknown type of option");
}

// A default is written as the operator would write it ("10s"); what drivers get is of the option's type.
std::string fallback_text(const Option& option) {
  std::string text{option.fallback};
  if (option.type != OptionType::duration) return text;
  const auto value = parse_duration(text);
  return value ? std::to_string(*value) : text;
}

using Fill = std::vector<std::pair<std::string, std::string>>;

// What the model's {names} stand for at this device.
Fill fill_of(Loading& loading, Table& table, const Model& model) {
  Fill fill;
  for (const Field& field : model.fill.fields) {
    const Field* own = table.field(field.key);
    const Node& value = own == nullptr ? field.value : own->value;
    if (value.text.empty()) {
      table.missing(field.key, fmt::format("model '{}' needs it", model.id));
      continue;
    }
    const bool written_right = value.type == Node::Type::text || value.type == Node::Type::integer;
    const bool is_good = field.key == "host"
                             ? is_host(value.text)
                             : value.text.size() <= 64 &&
                                   value.text.find_first_not_of(
                                       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
                                       std::string::npos;
    if (!written_right || !is_good) {
      loading.problems.error(value.at, field.key,
                             field.key == "host" ? "not an IPv4 or IPv6 address or a host name"
                                                 : "may hold letters, digits, '.', '_' and '-' only");
      continue;
    }
    const bool needs_brackets = field.key == "host" && value.text.find(':') != std::string::npos;
    fill.emplace_back("{" + field.key + "}", needs_brackets ? "[" + value.text + "]" : value.text);
  }
  return fill;
}

void put_in(Node& node, const Fill& fill) {
  for (Node& item : node.items) put_in(item, fill);
  if (node.type != Node::Type::text) return;
  for (const auto& [name, value] : fill) {
    for (std::size_t at = node.text.find(name); at != std::string::npos;
         at = node.text.find(name, at + value.size()))
      node.text.replace(at, name.size(), value);
  }
}

}  // namespace

void read_options(Loading& loading, Table& table, const Driver& driver, const Model* model,
                  DeviceSettings& out) {
  Problems& problems = loading.problems;
  const std::size_t before = problems.count();
  std::map<std::string, std::string, std::less<>> values;
  std::vector<std::string_view> keys;
  const Fill fill = model == nullptr ? Fill{} : fill_of(loading, table, *model);
  const bool is_filled = model == nullptr || fill.size() == model->fill.fields.size();
  for (const Option& option : driver.options) {
    keys.push_back(option.key);
    const Field* own = table.field(option.key);
    const Field* given = model == nullptr ? nullptr : model->options.find(option.key);
    std::optional<Node> node;
    if (own != nullptr) {
      node = own->value;
    } else if (given != nullptr && is_filled) {
      node = given->value;
      put_in(*node, fill);
    }
    if (node) {
      auto text = option_text(option.type, *node);
      if (text) {
        values.emplace(option.key, std::move(*text));
      } else {
        problems.error(node->at, option.key, text.error().why);
      }
    } else if (option.required && given == nullptr) {
      table.missing(option.key, fmt::format("driver '{}' needs it: {}", driver.name, option.help));
    } else if (!option.fallback.empty()) {
      values.emplace(option.key, fallback_text(option));
    }
  }
  if (model != nullptr) {
    for (const Field& field : model->options.fields) {
      if (std::ranges::find(keys, field.key) == keys.end())
        problems.error(field.at, field.key,
                       fmt::format("driver '{}' has no such option{}", driver.name, hint(field.key, keys)));
    }
  }
  out.options = Options{std::move(values)};
  if (problems.count() != before || driver.check == nullptr) return;
  if (const std::string said = driver.check(out.options); !said.empty()) {
    const std::size_t colon = said.find(": ");
    const std::string key = said.substr(0, colon);
    table.wrong(key, colon == std::string::npos ? said : said.substr(colon + 2));
  }
}

}  // namespace commune_watch
