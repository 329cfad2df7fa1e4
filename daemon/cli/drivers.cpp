// `commune-watch drivers`: every driver with its options and how far it was proven.
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/cli.hpp"
#include "drivers/driver.hpp"

namespace commune_watch {
namespace {

std::string_view type_word(OptionType type) {
  static constexpr std::string_view kWords[] = {"text", "integer", "boolean", "duration", "url",
                                                "host", "port",    "list",    "regex"};
  return kWords[static_cast<std::size_t>(type)];
}

nlohmann::ordered_json as_json(const Driver& driver) {
  nlohmann::ordered_json object{{"name", driver.name},
                                {"summary", driver.summary},
                                {"proven", driver.proven},
                                {"highest", code(driver.highest)},
                                {"takes_login", driver.takes_login},
                                {"basic_only", driver.basic_only}};
  for (auto kind : driver.kinds) object["kinds"].push_back(code(kind));
  object["options"] = nlohmann::ordered_json::array();
  for (const auto& option : driver.options)
    object["options"].push_back({{"key", option.key},
                                 {"type", type_word(option.type)},
                                 {"required", option.required},
                                 {"default", option.fallback},
                                 {"help", option.help}});
  return object;
}

void print(const Driver& driver) {
  std::cout << driver.name << " · " << driver.summary << "\n  ";
  for (auto kind : driver.kinds) std::cout << code(kind) << " ";
  std::cout << "· " << code(driver.highest) << " · proven: " << driver.proven << "\n";
  for (const auto& option : driver.options)
    std::cout << "    " << option.key << " (" << type_word(option.type)
              << (option.required ? ", required" : "")
              << (option.fallback.empty() ? "" : ", default " + std::string(option.fallback))
              << "): " << option.help << "\n";
}

}  // namespace

void add_drivers(const Command& app, const Common& common) {
  const auto command = app.command("drivers", "Các trình kết nối và tuỳ chọn / drivers and their options");
  command.act([&common] {
    auto array = nlohmann::ordered_json::array();
    for (const auto* driver : drivers()) {
      if (common.json)
        array.push_back(as_json(*driver));
      else
        print(*driver);
    }
    if (common.json) std::cout << array.dump() << "\n";
    return kGood;
  });
}

}  // namespace commune_watch
