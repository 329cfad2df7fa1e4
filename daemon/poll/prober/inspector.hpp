// The prober's way to have a picture looked at: one at a time, by an inspector that the gateway starts when
// the first one is wanted.
//
// An inspector that dies costs the picture it had; one that is late is ended. Neither is the camera's fault:
// Look::nobody.
#pragma once
#include <asio/awaitable.hpp>
#include <memory>

#include "wire/wire.hpp"

namespace asio {
class io_context;
}

namespace commune_watch {

class Inspector {
 public:
  // `desk`: the socket on which the gateway is asked (poll/inspector_desk.hpp); taken over. Negative: there
  // is none.
  Inspector(asio::io_context& loop, int desk);
  ~Inspector();
  Inspector(const Inspector&) = delete;
  Inspector& operator=(const Inspector&) = delete;

  // Ends within the request's limit; an inspector that has not answered by then, or whose asker was called
  // off, is ended, for nobody knows when it would be free again.
  asio::awaitable<PictureReply> look(PictureRequest request);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace commune_watch
