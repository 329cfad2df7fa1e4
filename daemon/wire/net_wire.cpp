// The parts of the real Wire, in birth order.
#include "wire/net_wire.hpp"

#include <asio/io_context.hpp>

#include "wire/connector.hpp"
#include "wire/deadlines.hpp"
#include "wire/file_reader.hpp"
#include "wire/http_client.hpp"
#include "wire/resolver.hpp"
#include "wire/rtsp_client.hpp"
#include "wire/tls_check.hpp"

namespace commune_watch {

struct NetWire::Parts {
  Parts(asio::io_context& loop, IcmpAllowed allowed)
      : io(loop), deadlines(loop), pinger(loop, deadlines, resolver, allowed) {}

  asio::io_context& io;
  Deadlines deadlines;
  Resolver resolver{io, deadlines};
  Connector connector{io, deadlines, resolver};
  HttpClient http{io, deadlines, resolver};
  TlsCheck tls;  // of RTSP; HTTP has its own
  Pinger pinger;
};

NetWire::NetWire(asio::io_context& io, IcmpAllowed allowed) : parts_(std::make_unique<Parts>(io, allowed)) {}
NetWire::~NetWire() = default;

asio::awaitable<EchoReply> NetWire::echo(EchoRequest request) {
  return parts_->pinger.echo(std::move(request));
}
asio::awaitable<ConnectReply> NetWire::connect(ConnectRequest request) {
  return parts_->connector.connect(std::move(request));
}
asio::awaitable<HttpReply> NetWire::http(HttpRequest request) {
  return parts_->http.http(std::move(request));
}
asio::awaitable<RtspReply> NetWire::rtsp(RtspRequest request) {
  return rtsp_exchange(parts_->deadlines, parts_->resolver, parts_->tls, std::move(request));
}
asio::awaitable<FileReply> NetWire::file(FileRequest request) { co_return read_file(request); }
IcmpMode NetWire::icmp_mode() const { return parts_->pinger.mode(); }

}  // namespace commune_watch
