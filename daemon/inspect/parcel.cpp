#include "inspect/parcel.hpp"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstring>

namespace commune_watch::inspect {
namespace {

// A message with room for one descriptor.
struct Message {
  Message(void* bytes, std::size_t size) : part{bytes, size} {
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
  }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;
  iovec part;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr header{};
};

}  // namespace

bool send_parcel(int socket, std::string_view bytes, int descriptor) {
  Message message(const_cast<char*>(bytes.data()), bytes.size());
  cmsghdr* beside = CMSG_FIRSTHDR(&message.header);
  beside->cmsg_level = SOL_SOCKET;
  beside->cmsg_type = SCM_RIGHTS;
  beside->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(beside), &descriptor, sizeof(int));
  return ::sendmsg(socket, &message.header, MSG_NOSIGNAL | MSG_DONTWAIT) ==
         static_cast<ssize_t>(bytes.size());
}

Parcel receive_parcel(int socket, std::size_t most, int flags) {
  Parcel parcel{.bytes = std::string(most, '\0'), .descriptor = -1};
  Message message(parcel.bytes.data(), parcel.bytes.size());
  ssize_t size = 0;
  do {
    size = ::recvmsg(socket, &message.header, flags | MSG_CMSG_CLOEXEC);
  } while (size < 0 && errno == EINTR);
  parcel.bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  const cmsghdr* beside = size > 0 ? CMSG_FIRSTHDR(&message.header) : nullptr;
  if (beside != nullptr && beside->cmsg_level == SOL_SOCKET && beside->cmsg_type == SCM_RIGHTS &&
      beside->cmsg_len == CMSG_LEN(sizeof(int)))
    std::memcpy(&parcel.descriptor, CMSG_DATA(beside), sizeof(int));
  return parcel;
}

}  // namespace commune_watch::inspect
