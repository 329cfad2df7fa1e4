// The witness on a real socket of loopback: addresses, bounds, deadlines.
#include "witness/server.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "support/grown_log.hpp"
#include "support/manual_clock.hpp"
#include "support/process.hpp"

namespace commune_watch::witness {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class WitnessServer : public testing::Test {
 protected:
  WitnessServer() {
    log.grow(3);
    log.grow(4);
    place.write("logs", log.public_key().vkey() + "\n");
    Options options;
    options.directory = place.path() + "/state";
    options.known_logs = place.path() + "/logs";
    options.name = "w1";
    options.say = [](const std::string&) {};
    witness = std::move(*Witness::open(std::move(options), clock));
    serve(5'000);
  }
  void serve(Millis limit) {
    server.reset();
    server = std::make_unique<Server>(ServerOptions{.request_limit = limit}, *witness);
    const auto started = server->start();
    ASSERT_TRUE(started) << started.error().why;
  }
  [[nodiscard]] int knock() const {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server->port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return socket;
  }
  static void send(int socket, std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  static std::string hear_all(int socket) {
    std::string heard;
    std::array<char, 4096> some{};
    for (ssize_t got = 0; (got = ::recv(socket, some.data(), some.size(), 0)) > 0;)
      heard.append(some.data(), static_cast<std::size_t>(got));
    ::close(socket);
    return heard;
  }
  [[nodiscard]] std::string ask(const std::string& request) const {
    const int socket = knock();
    send(socket, request);
    return hear_all(socket);
  }
  [[nodiscard]] std::string get(const std::string& path) const {
    return ask("GET " + path + " HTTP/1.1\r\nHost: w\r\nConnection: close\r\n\r\n");
  }
  static std::string post(const std::string& body, const std::string& headers = "Connection: close\r\n") {
    return "POST /add-checkpoint HTTP/1.1\r\nHost: w\r\n" + headers +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  TempDirectory place;
  ManualClock clock;
  GrownLog log;
  std::unique_ptr<Witness> witness;
  std::unique_ptr<Server> server;
};

TEST_F(WitnessServer, AddCheckpointAnswersAsTheProtocolSays) {
  EXPECT_THAT(ask(post(log.request(0, 3))), StartsWith("HTTP/1.1 200 "));
  const auto conflict = ask(post(log.request(0, 7)));
  EXPECT_THAT(conflict, StartsWith("HTTP/1.1 409 "));
  EXPECT_THAT(conflict, HasSubstr("Content-Type: text/x.tlog.size\r\n"));
  EXPECT_THAT(conflict, HasSubstr("\r\n\r\n3\n"));
  EXPECT_THAT(ask(post("old 3\n\n" + log.note(7))), StartsWith("HTTP/1.1 422 "));
  EXPECT_THAT(ask(post("nonsense")), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(get("/add-checkpoint"), StartsWith("HTTP/1.1 404 "));
}

TEST_F(WitnessServer, AFormsContentTypeIsNoReasonToReadItOtherwise) {
  EXPECT_THAT(ask(post(log.request(0, 3),
                       "Connection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n")),
              StartsWith("HTTP/1.1 200 "));
}

TEST_F(WitnessServer, AConnectionMayAskSeveralTimes) {
  const int socket = knock();
  send(socket, post(log.request(0, 3), "") + post(log.request(3, 7)));
  const auto heard = hear_all(socket);
  EXPECT_THAT(heard, StartsWith("HTTP/1.1 200 "));
  EXPECT_NE(heard.find("HTTP/1.1 200 ", 10), std::string::npos) << heard;
}

TEST_F(WitnessServer, PeopleReadThePageTheLatestNoteAndTheKey) {
  EXPECT_THAT(get("/latest/commune-watch/tan-phu/gw1"), StartsWith("HTTP/1.1 404 "));
  ASSERT_THAT(ask(post(log.request(0, 3))), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(get("/latest/commune-watch/tan-phu/gw1"), HasSubstr("\r\n\r\ncommune-watch/tan-phu/gw1\n3\n"));
  EXPECT_THAT(get("/latest/commune-watch%2Ftan-phu%2Fgw1"),
              HasSubstr("\r\n\r\ncommune-watch/tan-phu/gw1\n3\n"));
  EXPECT_THAT(get("/witness-key"), HasSubstr("\r\n\r\n" + witness->vkey() + "\n"));
  const auto page = get("/");
  EXPECT_THAT(page, HasSubstr("Nhân chứng của sổ giám sát"));
  EXPECT_THAT(page, HasSubstr("Content-Security-Policy: default-src 'none'"));
}

TEST_F(WitnessServer, ABodyOverItsBoundIs413AndEndsTheConnection) {
  const int socket = knock();
  send(socket, post(std::string(kMaxBody + 1, 'x'), "") + post(log.request(0, 3)));
  const auto heard = hear_all(socket);
  EXPECT_THAT(heard, StartsWith("HTTP/1.1 413 "));
  EXPECT_EQ(heard.find("HTTP/1.1 ", 10), std::string::npos) << "what came behind was read as a request";
  EXPECT_THAT(ask("POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nTransfer-Encoding: "
                  "chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 400 "));
}

TEST_F(WitnessServer, AHeaderWithoutEndIsCutOff) {
  const int socket = knock();
  std::string head = "GET / HTTP/1.1\r\n";
  while (head.size() < 4 * kMaxBody) head += "X-Many: " + std::string(1000, 'x') + "\r\n";
  send(socket, head);
  EXPECT_EQ(hear_all(socket).find("200"), std::string::npos);
  EXPECT_THAT(get("/witness-key"), StartsWith("HTTP/1.1 200 "));
}

// Each drips slowly enough that no single wait is long; all together have their limit.
TEST_F(WitnessServer, ThirtyTwoThatDripDoNotKeepOthersOutForLong) {
  serve(300);
  std::vector<int> sockets;
  for (int i = 0; i < 40; ++i) sockets.push_back(knock());
  for (const char c : std::string_view("GET / HT"))
    for (const int socket : sockets) send(socket, {&c, 1});
  EXPECT_THAT(get("/witness-key"), StartsWith("HTTP/1.1 200 "));
  for (const int socket : sockets) hear_all(socket);
}

TEST_F(WitnessServer, AStopDoesNotWaitForThoseWhoSayNothing) {
  serve(3'600'000);
  std::vector<int> sockets;
  for (int i = 0; i < 40; ++i) sockets.push_back(knock());
  send(sockets.front(), "GET / HTTP/1.1\r\n");
  server.reset();
  for (const int socket : sockets) hear_all(socket);
  SUCCEED() << "it has ended";
}

TEST_F(WitnessServer, APortInUseIsToldInWords) {
  Server second({.port = server->port()}, *witness);
  const auto started = second.start();
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().why, HasSubstr("cannot listen here"));
}

}  // namespace
}  // namespace commune_watch::witness
