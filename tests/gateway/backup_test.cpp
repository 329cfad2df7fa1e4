// The nightly backup as the gateway keeps it: once a day, a copy for whoever asks, and the second medium that
// comes and goes.
#include <gmock/gmock.h>
#include <unistd.h>

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>

#include "gateway/house.hpp"
#include "gateway_backup.hpp"

namespace commune_watch {
namespace {

namespace fs = std::filesystem;
using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr Millis kMinute = 60'000, kDay = 24 * 60 * kMinute;

class Nights : public ::testing::Test {
 protected:
  // Of another disk than the state directory.
  static std::string medium() {
    struct Directory {
      Directory() {
        if (mkdtemp(name.data()) == nullptr) std::abort();
        fs::remove(name);
      }
      ~Directory() { fs::remove_all(name); }
      Directory(const Directory&) = delete;
      Directory& operator=(const Directory&) = delete;
      std::string name = "/dev/shm/cw-medium-XXXXXX";
    };
    static const Directory kDirectory;
    return kDirectory.name;
  }
  void TearDown() override { fs::remove_all(medium()); }

  void drain() {
    while (!tasks_.empty()) {
      const auto task = std::move(tasks_.front());
      tasks_.pop_front();
      task();
    }
  }
  // What the thread of the medium has to say.
  void hear() {
    std::unique_lock lock(mutex_);
    posted_.wait(lock, [&] { return told_ != nullptr; });
    std::exchange(told_, nullptr)();
  }
  void night() {
    backups_.tick();
    drain();
  }
  std::string file() { return backups_.ask(false)->file; }
  [[nodiscard]] std::string alarm(const std::string& about) const {
    const auto found = world_.house.alarms.find(about);
    return found == world_.house.alarms.end() ? "" : found->second;
  }

  TestHouse world_{camera("cam") + "[gateway]\nid = \"gw1\"\nbackup_directory = \"" + medium() + "\"\n"};
  std::mutex mutex_;
  std::condition_variable posted_;
  std::function<void()> told_;
  std::deque<std::function<void()>> tasks_;
  bool trusted_ = true;
  BackupKeeper backups_{world_.house,
                        world_.files.path("state"),
                        {[this](Millis, std::function<void()> task) { tasks_.push_back(std::move(task)); },
                         [this](std::function<void()> task) {
                           const std::lock_guard lock(mutex_);
                           told_ = std::move(task);
                           posted_.notify_one();
                         },
                         [this] { return trusted_; }}};
};

TEST_F(Nights, EachMakesOneAndTwoFilesTakeTurns) {
  fs::create_directory(medium());
  night();
  EXPECT_EQ(file(), "") << "too soon after the start";
  trusted_ = false;
  world_.clock.advance(10 * kMinute);
  night();
  EXPECT_EQ(file(), "") << "nobody knows what day it is";
  trusted_ = true;
  night();
  EXPECT_THAT(file(), EndsWith("/backup/commune-watch-b.db"));
  hear();
  fs::remove(file());
  world_.clock.advance(kMinute);
  night();
  EXPECT_FALSE(fs::exists(file())) << "one a day";
  world_.clock.advance(kDay);
  night();
  EXPECT_THAT(file(), EndsWith("/backup/commune-watch-a.db"));
  hear();
  EXPECT_EQ(alarm("backup"), "");
}

TEST_F(Nights, WhoeverAsksGetsACopyOfItsOwnEvenMeanwhile) {
  fs::create_directory(medium());
  world_.clock.advance(10 * kMinute);
  backups_.tick();
  const auto asked = backups_.ask(true);
  EXPECT_TRUE(asked->under_way);
  drain();
  EXPECT_THAT(file(), EndsWith("/backup/commune-watch-20260921.db"));
  EXPECT_TRUE(fs::exists(world_.files.path("state") + "/backup/commune-watch-b.db"));
  hear();
  fs::remove(file());
  EXPECT_TRUE(backups_.ask(true)->under_way);
  drain();
  EXPECT_TRUE(fs::exists(file()));
  hear();
}

TEST_F(Nights, ASecondMediumThatIsAbsentIsAnAlarmUntilItIsBack) {
  world_.clock.advance(10 * kMinute);
  night();
  hear();
  EXPECT_THAT(alarm("backup-medium"), HasSubstr("KHÔNG SAO LƯU ĐƯỢC SANG Ổ THỨ HAI"));
  EXPECT_EQ(alarm("backup"), "");
  fs::create_directory(medium());
  world_.clock.advance(kDay);
  night();
  hear();
  EXPECT_EQ(alarm("backup-medium"), "");
  EXPECT_TRUE(fs::exists(medium() + "/commune-watch-c.db"));
}

}  // namespace
}  // namespace commune_watch
