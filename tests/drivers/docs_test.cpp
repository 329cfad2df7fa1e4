// docs/drivers.md says what the registry says. UPDATE_DOCS=1 writes it anew.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "drivers/driver.hpp"

namespace commune_watch {
namespace {

constexpr const char* kPage = CW_SOURCE_DIR "/docs/drivers.md";
constexpr std::string_view kMark = "<!-- generated from the registry; do not edit below this line -->\n";

std::string_view type_name(OptionType type) {
  switch (type) {
    case OptionType::text:
      return "text";
    case OptionType::integer:
      return "number";
    case OptionType::boolean:
      return "true/false";
    case OptionType::duration:
      return "duration";
    case OptionType::url:
      return "URL";
    case OptionType::host:
      return "host";
    case OptionType::port:
      return "port";
    case OptionType::list:
      return "list";
    case OptionType::regex:
      return "regular expression";
  }
  return "";
}

std::string table() {
  std::ostringstream page;
  for (const Driver* driver : drivers()) {
    page << "\n### `" << driver->name << "`\n\n" << driver->summary << " For ";
    for (std::size_t i = 0; i < driver->kinds.size(); ++i)
      page << (i == 0 ? "" : ", ") << code(driver->kinds[i]);
    page << ". Tests up to `" << code(driver->highest) << "`; "
         << (driver->basic_only    ? "takes a login, which has to say `auth = \"basic\"`"
             : driver->takes_login ? "takes a login"
                                   : "needs no login")
         << "; proven against: " << driver->proven
         << ".\n\n| option | type | default | |\n|---|---|---|---|\n";
    for (const Option& option : driver->options) {
      page << "| `" << option.key << "` | " << type_name(option.type) << " | "
           << (option.required           ? "required"
               : option.fallback.empty() ? ""
                                         : "`" + std::string(option.fallback) + "`")
           << " | " << option.help << " |\n";
    }
  }
  return page.str();
}

std::string read(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(DriversPage, TableIsTheRegistrys) {
  const std::string page = read(kPage);
  const auto mark = page.find(kMark);
  ASSERT_NE(mark, std::string::npos);
  const std::string kept = page.substr(0, mark + kMark.size());
  if (std::getenv("UPDATE_DOCS") != nullptr) std::ofstream(kPage, std::ios::binary) << kept << table();
  EXPECT_EQ(read(kPage), kept + table()) << "UPDATE_DOCS=1 writes it anew";
}

}  // namespace
}  // namespace commune_watch
