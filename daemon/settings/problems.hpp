// Everything that is wrong with a configuration, collected in one run and told in the files' order.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "settings/tree.hpp"

namespace commune_watch {

class Problems {
 public:
  int add_file(std::string_view path);  // its number, for Spot::file; numbers give the order of the messages
  void error(Spot at, std::string_view key, std::string_view why) { add(errors_, at, key, why); }
  void warning(Spot at, std::string_view key, std::string_view why) { add(warnings_, at, key, why); }

  [[nodiscard]] bool failed() const { return !errors_.empty(); }
  [[nodiscard]] std::size_t count() const { return errors_.size(); }
  [[nodiscard]] std::string place(Spot at) const;    // "gateway.toml:12:3"
  [[nodiscard]] std::string line_of(Spot at) const;  // "gateway.toml:12"
  [[nodiscard]] std::vector<std::string> errors() const { return told(errors_); }
  [[nodiscard]] std::vector<std::string> warnings() const { return told(warnings_); }

 private:
  struct Problem {
    Spot at;
    std::string key, why;
    friend auto operator<=>(const Problem&, const Problem&) = default;
  };
  static void add(std::vector<Problem>& list, Spot at, std::string_view key, std::string_view why);
  [[nodiscard]] std::vector<std::string> told(std::vector<Problem> list) const;

  std::vector<std::string> files_;
  std::vector<Problem> errors_, warnings_;
};

// "; did you mean 'interval'?" of the nearest candidate, or nothing when none is near.
std::string hint(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace commune_watch
