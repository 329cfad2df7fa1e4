// `commune-watch reload`: the daemon loads its configuration again; a bad one changes nothing.
#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/cli.hpp"

namespace commune_watch {
namespace {

std::string show_reload(std::string_view json, const Wording& wording) {
  std::string out;
  for (const auto& warning : nlohmann::json::parse(json).value("warnings", nlohmann::json::array()))
    out += warning.get<std::string>() + "\n";
  return out + (wording.language == Language::vi ? "Đã nạp cấu hình\n" : "Configuration loaded\n");
}

}  // namespace

void add_reload(CLI::App& app, Common& common) {
  auto* command = app.add_subcommand("reload", "Nạp lại cấu hình / load the configuration again");
  command->callback([&common] {
    common.act = [&common] { return common.tell(common.client().post("/api/v1/reload"), show_reload); };
  });
}

}  // namespace commune_watch
