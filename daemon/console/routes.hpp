// Every question that is answered in one piece, one row an address (docs/openapi.yaml): what it reads of the
// request and what it asks of the desk. Knows nothing of sockets and threads.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "console/desk.hpp"
#include "domain/log.hpp"
#include "domain/result.hpp"

namespace commune_watch {

inline constexpr const char* kJson = "application/json";

// Of a request what an answer depends on. A value: the loop may come to a question whose asker has left.
struct Asked {
  std::string matched;                                 // what the address's pattern caught
  std::multimap<std::string, std::string> parameters;  // foreign text
  [[nodiscard]] bool has(const std::string& name) const;
  [[nodiscard]] std::string get(const std::string& name) const;  // the first of them; empty: not given
};

struct Route {
  enum class Method { get, post };
  // On the loop.
  using Question = std::function<Result<std::string>(Desk& on, const Asked& asked)>;
  Method method = Method::get;
  std::string path;  // a regular expression of the whole of it, with one group at most
  Question question;
  const char* type = kJson;  // of the answer
};
std::vector<Route> routes();

bool read_number(std::string_view text, Seq& into);  // the whole text, digits only

}  // namespace commune_watch
