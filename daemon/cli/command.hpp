// The command line, its commands and their options. CLI11 is known to command.cpp alone: every file that
// includes it takes six seconds longer to compile.
//
// What an option writes into has to live until the command has acted: its file keeps it in what it hands to
// act().
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace commune_watch {

class CommandOption {
 public:
  explicit CommandOption(CLI::Option& option) : option_(&option) {}
  CommandOption& required();
  CommandOption& shows_default();  // in --help
  CommandOption& one_of(std::vector<std::string> words);
  CommandOption& excludes(const CommandOption& other);

 private:
  CLI::Option* option_;
};

class Command {
 public:
  // `chosen` becomes what the command on the line does.
  Command(CLI::App& app, std::function<int()>& chosen) : app_(&app), chosen_(&chosen) {}

  [[nodiscard]] Command command(const std::string& name, const std::string& help) const;
  // One that only gathers others, and one that is not for people.
  [[nodiscard]] Command group(const std::string& name, const std::string& help) const;
  [[nodiscard]] Command hidden(const std::string& name, const std::string& help) const;

  // A name without dashes is positional.
  CommandOption option(const std::string& name, std::string& into, const std::string& help) const;
  CommandOption option(const std::string& name, std::vector<std::string>& into,
                       const std::string& help) const;
  CommandOption flag(const std::string& name, bool& into, const std::string& help) const;
  void act(std::function<int()> does) const;  // its exit code

 private:
  CLI::App* app_;
  std::function<int()>* chosen_;
};

class CommandLine {
 public:
  CommandLine(const std::string& about, const std::string& version);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  [[nodiscard]] Command top();
  // Nothing: now act(). True: help or the version was asked for and printed. False: a mistake, told as well.
  [[nodiscard]] std::optional<bool> parse(int argc, char** argv);
  [[nodiscard]] int act() const { return chosen_(); }

 private:
  std::unique_ptr<CLI::App> app_;
  std::function<int()> chosen_;
};

}  // namespace commune_watch
