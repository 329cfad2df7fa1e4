// cpp-httplib as a client; what the daemon refuses comes back as its own words.
#include "cli/client.hpp"

#include <httplib.h>
#include <sys/socket.h>

#include <nlohmann/json.hpp>

namespace commune_watch {
namespace {

constexpr time_t kAnswerWithin = 100;  // seconds: a probe may take its limit

std::string with_query(std::string path, const std::map<std::string, std::string>& query) {
  char mark = '?';
  for (const auto& [key, value] : query) {
    path += std::exchange(mark, '&') + key + "=" + httplib::detail::encode_query_param(value);
  }
  return path;
}

Result<Client::Reply> judge(const httplib::Result& answer, const std::string& socket) {
  if (!answer)
    return fail(
        socket +
        ": dịch vụ không trả lời, nó có đang chạy không? / the daemon does not answer, is it running? (" +
        httplib::to_string(answer.error()) + ")");
  if (answer->status == 200) {
    Client::Reply reply;
    reply.body = answer->body;
    if (answer->get_header_value("Commune-Language") == "en") reply.language = Language::en;
    const auto offset = answer->get_header_value("Commune-Utc-Offset");
    if (!offset.empty()) reply.zone = Zone({{INT64_MIN, std::strtoll(offset.c_str(), nullptr, 10)}});
    return reply;
  }
  const auto json = nlohmann::json::parse(answer->body, nullptr, false);
  return fail(json.is_object() ? json.value("why", answer->body) : answer->body);
}

httplib::Client open(const std::string& socket) {
  httplib::Client client(socket);
  client.set_address_family(AF_UNIX);
  client.set_read_timeout(kAnswerWithin);
  return client;
}

}  // namespace

Result<Client::Reply> Client::get(const std::string& path,
                                  const std::map<std::string, std::string>& query) const {
  auto client = open(socket_);
  return judge(client.Get(with_query(path, query)), socket_);
}

Result<Client::Reply> Client::post(const std::string& path,
                                   const std::map<std::string, std::string>& query) const {
  auto client = open(socket_);
  return judge(client.Post(with_query(path, query)), socket_);
}

bool Client::alive() const {
  auto client = open(socket_);
  return static_cast<bool>(client.Get("/api/v1/logins"));
}

}  // namespace commune_watch
