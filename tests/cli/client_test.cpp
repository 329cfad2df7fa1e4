// A daemon that listens and is silent, one that is not there, and a path that is none.
#include "cli/client.hpp"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace commune_watch {
namespace {

using testing::HasSubstr;

constexpr std::chrono::milliseconds kSoon{50};

// Takes connections (the kernel does) and never says a word, as a stopped process.
class Silent {
 public:
  Silent() : path_(testing::TempDir() + "cw-silent-" + std::to_string(::getpid()) + ".sock") {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    ::unlink(path_.c_str());
    socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    listens_ = ::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
               ::listen(socket_, 5) == 0;
  }
  ~Silent() {
    ::close(socket_);
    ::unlink(path_.c_str());
  }
  Silent(const Silent&) = delete;
  Silent& operator=(const Silent&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] bool listens() const { return listens_; }

 private:
  std::string path_;
  int socket_ = -1;
  bool listens_ = false;
};

TEST(Client, ASilentDaemonIsGivenUpAndSaidToHang) {
  const Silent daemon;
  ASSERT_TRUE(daemon.listens());
  const Client client(daemon.path(), kSoon);
  for (const auto& answer : {client.get("/api/v1/status"), client.post("/api/v1/reload")}) {
    ASSERT_FALSE(answer);
    EXPECT_THAT(answer.error().why, HasSubstr("it may hang"));
  }
  const auto alive = client.alive();
  ASSERT_FALSE(alive);
  EXPECT_THAT(alive.error().why, HasSubstr("it may hang"));
}

TEST(Client, WhereNobodyListensNoDaemonRuns) {
  const Client client(testing::TempDir() + "cw-nobody.sock", kSoon);
  EXPECT_EQ(client.alive().value_or(true), false);
  const auto answer = client.get("/api/v1/status");
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().why, HasSubstr("is it running?"));
}

TEST(Client, AnAnswerHasFifteenSecondsAndAProbeMoreThanTheDaemonGivesIt) {
  EXPECT_EQ(Client::kAnswerWithin, std::chrono::seconds(15));
  EXPECT_GT(Client::kProbeWithin, std::chrono::seconds(90));
}

}  // namespace
}  // namespace commune_watch
