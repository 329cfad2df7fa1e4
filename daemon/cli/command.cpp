// Over CLI11, word for word.
#include "cli/command.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

namespace commune_watch {
namespace {

// Where a command is missing: which word was taken for one, and which there are. Nothing: not that is
// missing.
std::optional<std::string> wants_command(const CLI::App& app) {
  const auto* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  if (at->get_require_subcommand_min() == 0) return std::nullopt;
  const auto words = app.remaining(true);
  const auto word = std::ranges::find_if(words, [](const auto& each) { return !each.starts_with('-'); });
  std::string told =
      word == words.end() ? "thiếu lệnh / a command is missing" : "không có lệnh / no such command: " + *word;
  told += "\ncó / there are:";
  for (const auto* each : at->get_subcommands({}))
    if (!each->get_group().empty()) told += " " + each->get_name();
  return told;
}

}  // namespace

CommandOption& CommandOption::required() { return option_->required(), *this; }

CommandOption& CommandOption::shows_default() { return option_->capture_default_str(), *this; }

CommandOption& CommandOption::one_of(std::vector<std::string> words) {
  return option_->check(CLI::IsMember(std::move(words))), *this;
}

CommandOption& CommandOption::excludes(const CommandOption& other) {
  return option_->excludes(other.option_), *this;
}

Command Command::command(const std::string& name, const std::string& help) const {
  return {*app_->add_subcommand(name, help), *chosen_};
}

Command Command::group(const std::string& name, const std::string& help) const {
  return {*app_->add_subcommand(name, help)->require_subcommand(1), *chosen_};
}

Command Command::hidden(const std::string& name, const std::string& help) const {
  return {*app_->add_subcommand(name, help)->group(""), *chosen_};
}

CommandOption Command::option(const std::string& name, std::string& into, const std::string& help) const {
  return CommandOption(*app_->add_option(name, into, help));
}

CommandOption Command::option(const std::string& name, std::vector<std::string>& into,
                              const std::string& help) const {
  return CommandOption(*app_->add_option(name, into, help));
}

CommandOption Command::flag(const std::string& name, bool& into, const std::string& help) const {
  return CommandOption(*app_->add_flag(name, into, help));
}

void Command::act(std::function<int()> does) const {
  app_->callback([chosen = chosen_, does = std::move(does)] { *chosen = does; });
}

CommandLine::CommandLine(const std::string& about, const std::string& version)
    : app_(std::make_unique<CLI::App>(about)) {
  app_->require_subcommand(1);
  app_->fallthrough();
  app_->set_version_flag("--version", version);
}

CommandLine::~CommandLine() = default;

Command CommandLine::top() { return {*app_, chosen_}; }

std::optional<bool> CommandLine::parse(int argc, char** argv) {
  try {
    app_->parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::RequiredError& said) {
    if (const auto told = wants_command(*app_)) return std::cerr << *told << "\n", false;
    return app_->exit(said) == 0;
  } catch (const CLI::ParseError& said) {
    return app_->exit(said) == 0;
  }
}

}  // namespace commune_watch
