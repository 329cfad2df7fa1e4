// errno sorted by who has to act.
#include "wire/trouble.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace commune_watch {

Trouble trouble_of(int error) {
  switch (error) {
    case 0:
      return Trouble::none;
    case ECONNREFUSED:
      return Trouble::refused;
    case EHOSTUNREACH:
    case EHOSTDOWN:
      return Trouble::host_unreachable;
    case ENETUNREACH:
    case ENETDOWN:
      return Trouble::net_unreachable;
    case ETIMEDOUT:
      return Trouble::timed_out;
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
      return Trouble::reset;
    case EPERM:  // a firewall or the unit's IPAddressDeny=
    case EACCES:
      return Trouble::not_permitted;
    default:
      return Trouble::local;
  }
}

std::string words_of(int error) { return std::generic_category().message(error); }

bool has_route(const std::string& address) {
  sockaddr_in v4{.sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {}, .sin_zero = {}};
  sockaddr_in6 v6{.sin6_family = AF_INET6,
                  .sin6_port = htons(9),
                  .sin6_flowinfo = 0,
                  .sin6_addr = {},
                  .sin6_scope_id = 0};
  const bool is_v4 = inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1;
  if (!is_v4 && inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) != 1) return true;
  const int socket = ::socket(is_v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return is_v4;  // no IPv6 in this kernel: no way there
  const int failed = is_v4 ? ::connect(socket, reinterpret_cast<const sockaddr*>(&v4), sizeof v4)
                           : ::connect(socket, reinterpret_cast<const sockaddr*>(&v6), sizeof v6);
  const bool no_way = failed != 0 && (errno == ENETUNREACH || errno == EADDRNOTAVAIL);
  ::close(socket);
  return !no_way;
}

}  // namespace commune_watch
