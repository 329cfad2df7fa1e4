// Tables of the two versions; see reason_codes.hpp.
#include "publish/reason_codes.hpp"

#include <array>
#include <cstdio>
#include <string_view>

namespace commune_watch::publish {
namespace {

struct Row {
  int code;
  std::string_view words;
};
constexpr Row kFive[] = {
    {0x80, "unspecified error"},
    {0x81, "malformed packet"},
    {0x82, "protocol error"},
    {0x83, "implementation specific error"},
    {0x84, "unsupported protocol version"},
    {0x85, "client identifier not valid"},
    {0x86, "bad user name or password"},
    {0x87, "not authorized"},
    {0x88, "server unavailable"},
    {0x89, "server busy"},
    {0x8A, "banned"},
    {0x8B, "server shutting down"},
    {0x8C, "bad authentication method"},
    {0x8D, "keep alive timeout"},
    {0x8E, "session taken over"},
    {0x90, "topic name invalid"},
    {0x93, "receive maximum exceeded"},
    {0x95, "packet too large"},
    {0x96, "message rate too high"},
    {0x97, "quota exceeded"},
    {0x98, "administrative action"},
    {0x99, "payload format invalid"},
    {0x9A, "retain not supported"},
    {0x9B, "QoS not supported"},
    {0x9C, "use another server"},
    {0x9D, "server moved"},
    {0x9F, "connection rate exceeded"},
};
constexpr Row kThree[] = {
    {1, "unacceptable protocol version"}, {2, "identifier rejected"}, {3, "server unavailable"},
    {4, "bad user name or password"},     {5, "not authorized"},
};

}  // namespace

std::string reason_words(int version, int code) {
  std::array<char, 16> hex{};
  std::snprintf(hex.data(), hex.size(), "0x%02x", static_cast<unsigned>(code));
  std::string out{hex.data()};
  const auto look = [&](const auto& rows) {
    for (const Row& row : rows)
      if (row.code == code) out.append(" ").append(row.words);
  };
  if (version >= 5)
    look(kFive);
  else
    look(kThree);
  return out;
}

bool refuses_login(int version, int code) {
  return version >= 5 ? code == 0x86 || code == 0x87 || code == 0x8A || code == 0x8C : code == 4 || code == 5;
}

bool refuses_version(int version, int code) { return version >= 5 && (code == 0x84 || code == 1); }

}  // namespace commune_watch::publish
