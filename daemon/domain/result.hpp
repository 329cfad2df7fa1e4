// A value or the reason why there is none: expected failures are values, exceptions mean bugs.
#pragma once
#include <expected>
#include <string>
#include <utility>

namespace commune_watch {

struct Failure {
  std::string why;  // one English sentence for the operator: what, where, what to do; never a secret
};

template <class T>
using Result = std::expected<T, Failure>;

inline std::unexpected<Failure> fail(std::string why) {
  return std::unexpected<Failure>{Failure{std::move(why)}};
}

}  // namespace commune_watch
