// A Wire that keeps the login law for every driver: no login without permission, and a refusal is told the
// moment it is seen. Pictures go to the inspector.
#pragma once
#include <functional>

#include "domain/reading.hpp"
#include "poll/prober/inspector.hpp"
#include "wire/wire.hpp"

namespace commune_watch {

// Lives for one question. What a device refuses over HTTP after it has accepted the login is no refusal of
// it: the account may not see that page. `refused` is called before the driver sees the reply; where the
// login bore a time (SoapLogin), which a device may refuse for its own clock's sake, when the driver has had
// its say: end().
class LawWire : public Wire {
 public:
  LawWire(Wire& real, Inspector& inspector, bool may_log_in,
          std::function<void(const std::string& words)> refused)
      : real_(real), inspector_(inspector), may_log_in_(may_log_in), refused_(std::move(refused)) {}

  asio::awaitable<EchoReply> echo(EchoRequest request) override;
  asio::awaitable<ConnectReply> connect(ConnectRequest request) override;
  asio::awaitable<HttpReply> http(HttpRequest request) override;
  asio::awaitable<RtspReply> rtsp(RtspRequest request) override;
  asio::awaitable<FileReply> file(FileRequest request) override;
  asio::awaitable<PictureReply> picture(PictureRequest request) override;

  // What became of the login; `driver`: what the driver says of it.
  LoginUse end(LoginUse driver);

 private:
  // The login is taken out where it may not be used, or was refused earlier within this question.
  void guard(std::optional<Login>& login) const;
  void note(LoginAnswer answer, const std::string& words, bool with_time);

  Wire& real_;
  Inspector& inspector_;
  bool may_log_in_;
  std::function<void(const std::string&)> refused_;
  LoginUse use_ = LoginUse::none;
  std::optional<std::string> untold_{};  // the words of a refusal that the driver has yet to judge
};

}  // namespace commune_watch
