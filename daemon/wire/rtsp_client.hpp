// An RTSP visit over real sockets: the coroutine that feeds an RtspSession.
#pragma once
#include <asio/awaitable.hpp>

#include "wire/deadlines.hpp"
#include "wire/resolver.hpp"
#include "wire/tls_check.hpp"
#include "wire/wire.hpp"

namespace commune_watch {

// Connects, lets the session speak, says TEARDOWN, closes: all within request.limit (plus 200 ms for the
// goodbye). Runs on the executor of the coroutine that awaits it, which must be one thread. Cancelled, it
// unwinds with operation_aborted; a camera that streams is then still sent its TEARDOWN, without waiting for
// the answer. rtsps:// is the same over TLS: nothing is asked of a server whose certificate is not the right
// one.
asio::awaitable<RtspReply> rtsp_exchange(Deadlines& deadlines, Resolver& resolver, TlsCheck& check,
                                         RtspRequest request);

}  // namespace commune_watch
