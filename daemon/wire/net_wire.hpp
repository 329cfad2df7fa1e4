// The real Wire: everything that this project sends to a device leaves here.
#pragma once
#include <memory>

#include "wire/pinger.hpp"
#include "wire/wire.hpp"

namespace asio {
class io_context;
}

namespace commune_watch {

// Lives on one loop and is used on its thread only. Sockets for pings are opened here, before the process
// confines itself.
class NetWire final : public Wire {
 public:
  explicit NetWire(asio::io_context& io, IcmpAllowed allowed = {});
  ~NetWire() override;

  asio::awaitable<EchoReply> echo(EchoRequest request) override;
  asio::awaitable<ConnectReply> connect(ConnectRequest request) override;
  asio::awaitable<HttpReply> http(HttpRequest request) override;
  asio::awaitable<RtspReply> rtsp(RtspRequest request) override;
  asio::awaitable<FileReply> file(FileRequest request) override;

  // How pings are sent; none: echo() answers not_permitted and says which sysctl would help.
  [[nodiscard]] IcmpMode icmp_mode() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace commune_watch
