// Bytes with a descriptor beside them, over a SOCK_SEQPACKET socket (unix(7), SCM_RIGHTS).
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace commune_watch::inspect {

struct Parcel {
  std::string bytes;    // empty: the other end is gone, or nothing is there
  int descriptor = -1;  // the receiver's to close; negative: there was none
};

// Never waits, never signals; false if it did not leave whole. `descriptor` stays the caller's.
bool send_parcel(int socket, std::string_view bytes, int descriptor);
// At most `most` bytes. `flags` as recvmsg(2) has them: MSG_DONTWAIT, or 0 to wait.
Parcel receive_parcel(int socket, std::size_t most, int flags);

}  // namespace commune_watch::inspect
