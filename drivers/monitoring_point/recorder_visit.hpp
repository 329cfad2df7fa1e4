// One visit to a recorder over HTTP: the ladder's lower rungs, the time that is left, the login law.
#pragma once
#include <string>

#include "drivers/http_answer.hpp"

namespace commune_watch {

// What every request of a target begins with: its login, its TLS policy, a connection that is kept.
HttpRequest recorder_request(const Target& target, std::size_t max_body);

struct RecorderVisit {
  const Question& question;
  Finding finding{};
  std::int64_t spent_us = 0;
  [[nodiscard]] Millis left() const;
  [[nodiscard]] bool hurried() const;  // under a quarter is left: what is not urgent waits

  // Sends it within the time that is left, with its login only if the question permits one and none was
  // refused in this visit.
  asio::awaitable<HttpReply> send(Wire& wire, HttpRequest request, bool with_login);
  // The first answer's rungs, reachable and answering. True: there is an answer to judge.
  bool begin(const HttpReply& reply);
};

}  // namespace commune_watch
