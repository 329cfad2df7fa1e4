// cpp-httplib as a client; what the daemon refuses comes back as its own words.
#include "cli/client.hpp"

#include <httplib.h>
#include <sys/socket.h>

#include <nlohmann/json.hpp>

namespace commune_watch {
namespace {

std::string with_query(std::string path, const std::map<std::string, std::string>& query) {
  char mark = '?';
  for (const auto& [key, value] : query) {
    path += std::exchange(mark, '&') + key + "=" + httplib::detail::encode_query_param(value);
  }
  return path;
}

bool silent(const httplib::Result& answer) { return !answer && answer.error() == httplib::Error::Read; }

Result<Client::Reply> judge(const httplib::Result& answer, const std::string& socket) {
  if (silent(answer))
    return fail(
        socket +
        ": dịch vụ nhận kết nối nhưng không trả lời, có thể đang treo / the daemon takes the connection but "
        "does not answer in time: it may hang");
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

httplib::Client open(const std::string& socket, std::chrono::milliseconds within) {
  httplib::Client client(socket);
  client.set_address_family(AF_UNIX);
  client.set_read_timeout(within);
  return client;
}

}  // namespace

Result<Client::Reply> Client::get(const std::string& path,
                                  const std::map<std::string, std::string>& query) const {
  auto client = open(socket_, within_);
  return judge(client.Get(with_query(path, query)), socket_);
}

Result<Client::Reply> Client::post(const std::string& path,
                                   const std::map<std::string, std::string>& query) const {
  auto client = open(socket_, within_);
  return judge(client.Post(with_query(path, query)), socket_);
}

Result<bool> Client::alive() const {
  auto client = open(socket_, within_);
  const auto answer = client.Get("/api/v1/logins");
  if (silent(answer)) return std::unexpected(judge(answer, socket_).error());
  return static_cast<bool>(answer);
}

}  // namespace commune_watch
