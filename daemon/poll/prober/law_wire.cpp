// Every login passes through guard() on its way out and note() on its way back.
#include "poll/prober/law_wire.hpp"

namespace commune_watch {

void LawWire::guard(std::optional<Login>& login) const {
  if (!may_log_in_ || use_ == LoginUse::refused) login.reset();
}

void LawWire::note(LoginAnswer answer, const std::string& words, bool with_time) {
  if (answer == LoginAnswer::refused) {
    use_ = LoginUse::refused;
    if (with_time)
      untold_ = clean_words(words);
    else
      refused_(clean_words(words));
  } else if (answer == LoginAnswer::accepted && use_ != LoginUse::refused) {
    use_ = LoginUse::accepted;
  } else if (answer == LoginAnswer::unsettled && use_ == LoginUse::none) {
    use_ = LoginUse::unsettled;
  }
}

LoginUse LawWire::end(LoginUse driver) {
  if (untold_ && driver == LoginUse::unsettled)
    use_ = LoginUse::unsettled;
  else if (untold_)
    refused_(*untold_);
  untold_.reset();
  return use_;
}

asio::awaitable<EchoReply> LawWire::echo(EchoRequest request) { return real_.echo(std::move(request)); }

asio::awaitable<ConnectReply> LawWire::connect(ConnectRequest request) {
  return real_.connect(std::move(request));
}

asio::awaitable<HttpReply> LawWire::http(HttpRequest request) {
  guard(request.login);
  const bool with_time = request.soap.has_value();
  const bool accepted = use_ == LoginUse::accepted;
  HttpReply reply = co_await real_.http(std::move(request));
  if (accepted && reply.login == LoginAnswer::refused) reply.login = LoginAnswer::unsettled;
  note(reply.login, reply.words, with_time);
  co_return reply;
}

asio::awaitable<RtspReply> LawWire::rtsp(RtspRequest request) {
  guard(request.login);
  RtspReply reply = co_await real_.rtsp(std::move(request));
  note(reply.login, reply.words, false);
  co_return reply;
}

asio::awaitable<FileReply> LawWire::file(FileRequest request) { return real_.file(std::move(request)); }

asio::awaitable<PictureReply> LawWire::picture(PictureRequest request) {
  return inspector_.look(std::move(request));
}

}  // namespace commune_watch
