// The judgement of the http driver, apart from its coroutine: pure.
#pragma once
#include <optional>
#include <regex>
#include <string>
#include <vector>

#include "drivers/http_answer.hpp"

namespace commune_watch {

struct StatusRange {
  int low = 0, high = 0;
};

struct HttpRules {
  std::vector<StatusRange> good{{200, 399}};
  std::string body_contains;
  std::optional<std::regex> body_match;
  std::int64_t warn_days = 14;
  bool has_login = false;
};

HttpRules http_rules(const Target& target);
Finding judge(const HttpReply& reply, const HttpRules& rules, const Question& question);

}  // namespace commune_watch
