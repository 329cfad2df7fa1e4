// Reads dialogues and plays them back.
#include "support/scripted_wire.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace commune_watch {
namespace {

using Exchange = ScriptedWire::Exchange;

template <class T>
struct Word {
  std::string_view text;
  T value;
};
constexpr auto kTroubles = std::to_array<Word<Trouble>>({{"none", Trouble::none},
                                                         {"refused", Trouble::refused},
                                                         {"host-unreachable", Trouble::host_unreachable},
                                                         {"net-unreachable", Trouble::net_unreachable},
                                                         {"timed-out", Trouble::timed_out},
                                                         {"reset", Trouble::reset},
                                                         {"closed", Trouble::closed},
                                                         {"stalled", Trouble::stalled},
                                                         {"name", Trouble::name},
                                                         {"tls", Trouble::tls},
                                                         {"too-large", Trouble::too_large},
                                                         {"malformed", Trouble::malformed},
                                                         {"local", Trouble::local},
                                                         {"not-permitted", Trouble::not_permitted},
                                                         {"no-route", Trouble::no_route}});
constexpr auto kLogins = std::to_array<Word<LoginAnswer>>({{"not-asked", LoginAnswer::not_asked},
                                                           {"not-given", LoginAnswer::not_given},
                                                           {"accepted", LoginAnswer::accepted},
                                                           {"refused", LoginAnswer::refused},
                                                           {"wants-basic", LoginAnswer::wants_basic},
                                                           {"unsupported", LoginAnswer::unsupported},
                                                           {"unsettled", LoginAnswer::unsettled}});
constexpr auto kStages = std::to_array<Word<RtspStage>>({{"connect", RtspStage::connect},
                                                         {"describe", RtspStage::describe},
                                                         {"setup", RtspStage::setup},
                                                         {"play", RtspStage::play},
                                                         {"media", RtspStage::media},
                                                         {"key-frame", RtspStage::key_frame}});
constexpr auto kTransports = std::to_array<Word<RtspTransport>>(
    {{"automatic", RtspTransport::automatic}, {"tcp", RtspTransport::tcp}, {"udp", RtspTransport::udp}});
constexpr auto kAlgorithms = std::to_array<Word<DigestAlgorithm>>({{"automatic", DigestAlgorithm::automatic},
                                                                   {"md5", DigestAlgorithm::md5},
                                                                   {"sha256", DigestAlgorithm::sha256}});

template <class T, std::size_t N>
T value_of(const std::array<Word<T>, N>& words, std::string_view text) {
  const auto found = std::ranges::find(words, text, &Word<T>::text);
  if (found == words.end()) throw std::runtime_error("unknown word '" + std::string(text) + "'");
  return found->value;
}

template <class T = std::int64_t>
T number(std::string_view text) {
  T value{};
  const auto end = text.data() + text.size();
  if (std::from_chars(text.data(), end, value).ptr != end || text.empty())
    throw std::runtime_error("'" + std::string(text) + "' is not a number");
  return value;
}

// "first rest of it" → first, and the rest without leading spaces.
std::pair<std::string_view, std::string_view> split(std::string_view text) {
  const auto space = text.find(' ');
  if (space == std::string_view::npos) return {text, {}};
  const auto rest = text.find_first_not_of(' ', space);
  return {text.substr(0, space), rest == std::string_view::npos ? std::string_view{} : text.substr(rest)};
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

[[noreturn]] void unknown(std::string_view key) {
  throw std::runtime_error("unknown answer word '" + std::string(key) + "'");
}

void answer(EchoReply&, std::string_view key, std::string_view) { unknown(key); }

void answer(ConnectReply& reply, std::string_view key, std::string_view rest) {
  if (key == "error")
    reply.error = number<int>(rest);
  else
    unknown(key);
}

void answer(HttpReply& reply, std::string_view key, std::string_view rest) {
  if (key == "status") {
    reply.status = number<int>(rest);
    reply.connected = true;
  } else if (key == "header") {
    const auto colon = rest.find(':');
    if (colon == std::string_view::npos) throw std::runtime_error("a header needs a colon");
    const auto value = rest.find_first_not_of(' ', colon + 1);
    reply.headers.emplace_back(lower(rest.substr(0, colon)),
                               value == std::string_view::npos ? "" : std::string(rest.substr(value)));
  } else if (key == "login") {
    reply.login = value_of(kLogins, rest);
  } else if (key == "silent-connect") {
    reply.connected = true;
  } else if (key == "certificate") {
    reply.certificate_not_after = number(rest);
  } else if (key == "certificate-trouble") {
    reply.certificate_trouble = rest;
  } else if (key == "spki") {
    reply.spki_sha256 = rest;
  } else {
    unknown(key);
  }
}

void answer(RtspReply& reply, std::string_view key, std::string_view rest) {
  if (key == "connected")
    reply.connected = true;
  else if (key == "reached")
    reply.reached = value_of(kStages, rest);
  else if (key == "status")
    reply.status = number<int>(rest);
  else if (key == "login")
    reply.login = value_of(kLogins, rest);
  else if (key == "credentialed")
    reply.credentialed_requests = number<int>(rest);
  else if (key == "codec")
    reply.codec = rest;
  else if (key == "transport")
    reply.transport = value_of(kTransports, rest);
  else if (key == "algorithm")
    reply.algorithm = value_of(kAlgorithms, rest);
  else if (key == "packets")
    reply.rtp.packets = number(rest);
  else if (key == "lost")
    reply.rtp.lost = number(rest);
  else if (key == "bytes")
    reply.rtp.bytes = number(rest);
  else if (key == "jitter")
    reply.rtp.jitter_us = number(rest);
  else if (key == "frames")
    reply.rtp.frames = number(rest);
  else if (key == "span")
    reply.rtp.span = number(rest);
  else if (key == "key-frame-bytes")
    reply.key_frame_bytes = number(rest);
  else if (key == "key-frame-after")
    reply.key_frame_after = number(rest);
  else
    unknown(key);
}

void answer(FileReply& reply, std::string_view key, std::string_view rest) {
  if (key == "modified")
    reply.modified = number(rest);
  else
    unknown(key);
}

void answer_line(Exchange& exchange, std::string_view line) {
  const auto [key, rest] = split(line);
  std::visit(
      [&](auto& reply) {
        if (key == "trouble")
          reply.trouble = value_of(kTroubles, rest);
        else if (key == "words")
          reply.words = rest;
        else if (key == "took")
          reply.took_us = number(rest);
        else
          answer(reply, key, rest);
      },
      exchange.reply);
}

ScriptedWire::Reply empty_reply(std::string_view operation) {
  if (operation == "echo") return EchoReply{};
  if (operation == "connect") return ConnectReply{};
  if (operation == "http") return HttpReply{};
  if (operation == "rtsp") return RtspReply{};
  if (operation == "file") return FileReply{};
  throw std::runtime_error("unknown operation '" + std::string(operation) + "'");
}

std::string login_text(const std::optional<Login>& login) {
  if (!login) return "none";
  return login->username + (login->allow_basic ? " basic" : "");
}

// Line by line; `reading_body` is the only state beside the exchanges themselves.
class Reader {
 public:
  std::deque<Exchange> exchanges;

  void line(std::string_view text) {
    if (body_ != nullptr) return body_line(text);
    if (text.empty() || text.front() == '#') return;
    if (text.starts_with("? login ")) return login(text.substr(8));
    if (text.starts_with("? ")) return begin(text.substr(2));
    if (text == "! body") return begin_body();
    if (text.starts_with("! ")) return answer_line(last(), text.substr(2));
    throw std::runtime_error("lines begin with '? ', '! ' or '#'");
  }
  [[nodiscard]] bool in_body() const { return body_ != nullptr; }

 private:
  Exchange& last() {
    if (exchanges.empty()) throw std::runtime_error("nothing was asked yet");
    return exchanges.back();
  }
  void begin(std::string_view asked) {
    exchanges.push_back({.asked = std::string(asked), .login = {}, .reply = empty_reply(split(asked).first)});
  }
  void login(std::string_view who) { last().login = std::string(who); }
  void begin_body() {
    if (auto* reply = std::get_if<HttpReply>(&last().reply)) body_ = &reply->body;
    if (auto* reply = std::get_if<FileReply>(&last().reply)) body_ = &reply->text;
    if (body_ == nullptr) throw std::runtime_error("only http and file answers have a body");
  }
  void body_line(std::string_view text) {
    if (text == "! end") {
      body_ = nullptr;
    } else {
      body_->append(text).append("\n");
    }
  }

  std::string* body_ = nullptr;
};

}  // namespace

ScriptedWire ScriptedWire::from_text(std::string_view dialogue) {
  Reader reader;
  std::istringstream lines{std::string(dialogue)};
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    try {
      reader.line(line);
    } catch (const std::runtime_error& error) {
      throw std::runtime_error("dialogue line " + std::to_string(number) + ": " + error.what());
    }
  }
  if (reader.in_body()) throw std::runtime_error("dialogue: a body without '! end'");
  ScriptedWire wire;
  wire.exchanges_ = std::move(reader.exchanges);
  return wire;
}

ScriptedWire ScriptedWire::from_file(const std::string& name) {
  const std::string path = std::string(CW_SOURCE_DIR "/tests/dialogues/") + name + ".txt";
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("no dialogue " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return from_text(text.str());
}

ScriptedWire& ScriptedWire::expect(std::string asked, Reply reply) {
  exchanges_.push_back({.asked = std::move(asked), .login = {}, .reply = std::move(reply)});
  return *this;
}

std::vector<std::string> ScriptedWire::left() const {
  std::vector<std::string> result;
  for (const Exchange& exchange : exchanges_) result.push_back(exchange.asked);
  return result;
}

template <class T>
T ScriptedWire::next(std::string asked, const std::optional<Login>* login) {
  asked_.push_back(asked + (login != nullptr && *login ? " login " + login_text(*login) : ""));
  if (exchanges_.empty()) throw std::logic_error("nothing more was to be asked, but: " + asked);
  Exchange exchange = std::move(exchanges_.front());
  exchanges_.pop_front();
  if (exchange.asked != asked)
    throw std::logic_error("to be asked: " + exchange.asked + "; but asked: " + asked);
  if (exchange.login && login != nullptr && *exchange.login != login_text(*login))
    throw std::logic_error(asked + ": login to be given: " + *exchange.login +
                           "; given: " + login_text(*login));
  T reply = std::get<T>(std::move(exchange.reply));
  if (clock_ != nullptr) clock_->advance(reply.took_us / 1'000);
  return reply;
}

asio::awaitable<EchoReply> ScriptedWire::echo(EchoRequest request) {
  co_return next<EchoReply>("echo " + request.host, nullptr);
}

asio::awaitable<ConnectReply> ScriptedWire::connect(ConnectRequest request) {
  const bool v6 = request.host.find(':') != std::string::npos;
  co_return next<ConnectReply>(
      "connect " + (v6 ? "[" + request.host + "]" : request.host) + ":" + std::to_string(request.port),
      nullptr);
}

asio::awaitable<HttpReply> ScriptedWire::http(HttpRequest request) {
  http_requests.push_back(request);
  co_return next<HttpReply>("http " + request.method + " " + request.url.text(), &request.login);
}

asio::awaitable<RtspReply> ScriptedWire::rtsp(RtspRequest request) {
  rtsp_requests.push_back(request);
  co_return next<RtspReply>("rtsp " + request.url.text(), &request.login);
}

asio::awaitable<FileReply> ScriptedWire::file(FileRequest request) {
  co_return next<FileReply>("file " + request.path, nullptr);
}

asio::awaitable<PictureReply> ScriptedWire::picture(PictureRequest request) {
  if (pictures.empty())
    throw std::logic_error("no picture was to be looked at, but one of " + request.picture.codec);
  picture_requests.push_back(std::move(request));
  PictureReply reply = std::move(pictures.front());
  pictures.pop_front();
  co_return reply;
}

}  // namespace commune_watch
