// The witness's word on every kind of request, and what is on the disk when it gives it.
#include "witness/witness.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "support/grown_log.hpp"
#include "support/manual_clock.hpp"
#include "support/process.hpp"
#include "witness/page.hpp"

namespace commune_watch::witness {
namespace {

using testing::HasSubstr;
using testing::Not;

std::atomic<int> syncs = 0;
std::atomic<int> syncs_left = -1;  // then they fail; below 0: never
int counted_sync(int descriptor) {
  ++syncs;
  if (syncs_left == 0) return errno = ENOSPC, -1;
  if (syncs_left > 0) --syncs_left;
  return ::fsync(descriptor);
}

std::string content(const std::string& file) {
  std::ostringstream out;
  out << std::ifstream(file).rdbuf();
  return out.str();
}

class WitnessHouse : public testing::Test {
 protected:
  WitnessHouse() {
    syncs_left = -1;
    know({&log});
    log.grow(3);
    log.grow(4);
    log.grow(93);
    begin();
  }
  void know(const std::vector<const GrownLog*>& all) {
    std::string lines = "# v" + std::to_string(++version_) + "\n";  // another size each time
    for (int i = 0; i < version_; ++i) lines += "#\n";
    for (const auto* one : all) lines += one->public_key().vkey() + "  # Xã <Tân Phú>\n";
    place.write("logs", lines);
  }
  void begin() {
    witness.reset();
    Options options;
    options.directory = place.path() + "/state";
    options.known_logs = place.path() + "/logs";
    options.name = "ben-tre/w1";
    options.growths_at_once = 10;
    options.growths_per_minute = 6;
    options.sync = counted_sync;
    options.say = [this](const std::string& line) {
      const std::lock_guard lock(mutex_);
      said += line + "\n";
    };
    auto opened = Witness::open(std::move(options), clock);
    ASSERT_TRUE(opened) << opened.error().why;
    witness = std::move(*opened);
    key = *evidence::PublicKey::of(witness->vkey());
  }
  Reply ask(std::uint64_t from, std::uint64_t to) {
    return witness->add_checkpoint(log.request(from, to), "test");
  }

  // The time of the cosignature in the answer, if it is one of that checkpoint.
  [[nodiscard]] std::optional<std::int64_t> cosigned(const Reply& reply, std::uint64_t size) const {
    if (reply.status != 200) return std::nullopt;
    auto note = evidence::read_note(log.note(size) + reply.body);
    if (!note) return std::nullopt;
    const auto at = evidence::cosigned(*note, key);
    if (!at || !*at) return std::nullopt;
    return (*at)->utc_seconds;
  }
  [[nodiscard]] std::string state(const std::string& below) const { return place.path() + "/state/" + below; }
  [[nodiscard]] std::vector<std::string> files(const std::string& below) const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(state(below)))
      names.push_back(entry.path().filename());
    return names;
  }

  TempDirectory place;
  ManualClock clock;
  GrownLog log;
  std::unique_ptr<Witness> witness;
  evidence::PublicKey key;
  std::string said;

 private:
  std::mutex mutex_;
  int version_ = 0;
};

TEST_F(WitnessHouse, GrowthIsCosignedWithTheTime) {
  EXPECT_EQ(cosigned(ask(0, 3), 3), 1'790'000'000);
  clock.advance(900'000);
  EXPECT_EQ(cosigned(ask(3, 7), 7), 1'790'000'900);
  EXPECT_EQ(cosigned(ask(7, 100), 100), 1'790'000'900);
  EXPECT_THAT(said, HasSubstr("commune-watch/tan-phu/gw1: 7 -> 100, 200 cosigned (test)"));
}

TEST_F(WitnessHouse, WhatCannotBeReadIs400AndSoIsAnOldSizeAboveTheNew) {
  EXPECT_EQ(witness->add_checkpoint("", "test").status, 400);
  EXPECT_EQ(witness->add_checkpoint("old x\n\n" + log.note(3), "test").status, 400);
  EXPECT_EQ(witness->add_checkpoint("old 7\n\n" + log.note(3), "test").status, 400);
}

TEST_F(WitnessHouse, AnUnknownLogIs404) {
  GrownLog stranger("commune-watch/xa-la/gw1");
  stranger.grow(1);
  EXPECT_EQ(witness->add_checkpoint(stranger.request(0, 1), "test").status, 404);
}

TEST_F(WitnessHouse, AKeyThatIsNotKnownIs403EvenInTheSameName) {
  GrownLog thief;
  thief.grow(3);
  EXPECT_EQ(witness->add_checkpoint(thief.request(0, 3), "test").status, 403);
  auto request = log.request(0, 3);
  request[request.size() - 10] ^= 1;
  EXPECT_EQ(witness->add_checkpoint(request, "test").status, 403);
}

TEST_F(WitnessHouse, SignaturesOfUnknownKeysArePassedOverAndNotKept) {
  const auto other = evidence::SigningKey::make();
  const auto line = evidence::signature_line(
      evidence::sign(other, other.public_key("xa-la", evidence::KeyUse::log), log.checkpoint(3).text()));
  EXPECT_EQ(witness->add_checkpoint(log.request(0, 3) + line, "test").status, 200);
  EXPECT_THAT(*witness->latest("commune-watch/tan-phu/gw1"), Not(HasSubstr("xa-la")));
}

TEST_F(WitnessHouse, ANewKeyIsTakenAsSoonAsTheFileNamesIt) {
  ASSERT_EQ(ask(0, 3).status, 200);
  const auto text = log.checkpoint(7).text();
  const GrownLog rotated;
  std::string request = log.request(3, 7);
  request = request.substr(0, request.find("\n\n") + 2) +
            evidence::Note{text, {evidence::sign(rotated.key, rotated.public_key(), text)}}.whole();
  EXPECT_EQ(witness->add_checkpoint(request, "test").status, 403);
  know({&log, &rotated});
  EXPECT_EQ(witness->add_checkpoint(request, "test").status, 200);
}

TEST_F(WitnessHouse, ABadFileOfKeysLeavesTheOldOneInForce) {
  place.write("logs", "mistyped\n");
  EXPECT_EQ(ask(0, 3).status, 200);
  EXPECT_THAT(said, HasSubstr("/logs:1: a key is written"));
  EXPECT_THAT(page(witness->view()), HasSubstr("/logs:1: a key is written"));
  know({});
  EXPECT_EQ(ask(3, 7).status, 404);
}

TEST_F(WitnessHouse, AnotherOldSizeIs409WithTheOneThatIsKnown) {
  ASSERT_EQ(ask(0, 7).status, 200);
  for (const std::uint64_t old : {0, 3}) {
    const auto reply = ask(old, 100);
    EXPECT_EQ(reply.status, 409);
    EXPECT_EQ(reply.type, "text/x.tlog.size");
    EXPECT_EQ(reply.body, "7\n");
  }
  EXPECT_EQ(ask(3, 3).status, 409) << "a log does not shrink";
  EXPECT_TRUE(files("forks").empty());
}

TEST_F(WitnessHouse, AProofThatDoesNotHoldIs422AndKept) {
  ASSERT_EQ(ask(0, 7).status, 200);
  const auto reply = witness->add_checkpoint("old 7\n\n" + log.note(100), "test");
  EXPECT_EQ(reply.status, 422);
  ASSERT_EQ(files("forks").size(), 1U);
  const auto kept = content(state("forks/" + files("forks").front()));
  EXPECT_THAT(kept, HasSubstr(log.note(7).substr(0, 60)));
  EXPECT_THAT(kept, HasSubstr(log.note(100)));
  EXPECT_THAT(page(witness->view()), HasSubstr("class=\"bad\""));
  EXPECT_EQ(witness->add_checkpoint("old 7\n\n" + log.note(100), "test").status, 422);
  EXPECT_EQ(files("forks").size(), 1U) << "the same one again";
  EXPECT_EQ(ask(7, 100).status, 200);
  EXPECT_TRUE(files("forks").empty()) << "the log has proved it after all";
  EXPECT_THAT(page(witness->view()), Not(HasSubstr("class=\"bad\"")));
}

TEST_F(WitnessHouse, AForkOfTheSameSizeIs409AndKeptForEver) {
  ASSERT_EQ(ask(0, 3).status, 200);
  ASSERT_EQ(ask(3, 7).status, 200);
  GrownLog forked("commune-watch/tan-phu/gw1", "false");
  forked.grow(7);
  forked.grow(5);
  const auto text = forked.checkpoint(7).text();
  const auto note = evidence::Note{text, {evidence::sign(log.key, log.public_key(), text)}}.whole();
  for (const char* old : {"old 7\n\n", "old 3\n\n"})
    EXPECT_EQ(witness->add_checkpoint(old + note, "test").status, 409);
  ASSERT_EQ(files("forks").size(), 1U);
  EXPECT_THAT(content(state("forks/" + files("forks").front())), HasSubstr(note));
  EXPECT_THAT(said, HasSubstr("SỔ RẼ NHÁNH"));
  begin();
  EXPECT_THAT(page(witness->view()), HasSubstr("SỔ RẼ NHÁNH"));
  EXPECT_EQ(ask(7, 100).status, 200) << "the history that was cosigned may go on";
  EXPECT_EQ(files("forks").size(), 1U);
}

TEST_F(WitnessHouse, AForkThatHasGrownIsNotCosigned) {
  ASSERT_EQ(ask(0, 7).status, 200);
  GrownLog forked("commune-watch/tan-phu/gw1", "false");
  forked.grow(7);
  forked.grow(5);
  const auto text = forked.checkpoint(12).text();
  std::string request = "old 7\n";
  for (const auto& hash : forked.proof(7, 12)) request += evidence::base64(hash) + '\n';
  request += '\n' + evidence::Note{text, {evidence::sign(log.key, log.public_key(), text)}}.whole();
  EXPECT_EQ(witness->add_checkpoint(request, "test").status, 422);
}

TEST_F(WitnessHouse, ForksAreBounded) {
  ASSERT_EQ(ask(0, 7).status, 200);
  for (std::size_t i = 0; i < Archive::kMostForks + 5; ++i) {
    auto checkpoint = log.checkpoint(100);
    checkpoint.root[0] = static_cast<std::byte>(i);
    const auto text = checkpoint.text();
    EXPECT_EQ(
        witness
            ->add_checkpoint(
                "old 7\n\n" + evidence::Note{text, {evidence::sign(log.key, log.public_key(), text)}}.whole(),
                "test")
            .status,
        422);
  }
  EXPECT_EQ(files("forks").size(), Archive::kMostForks);
}

TEST_F(WitnessHouse, TheSameCheckpointIsCosignedAgainButNotWrittenAgainWithinAMinute) {
  const auto first = ask(0, 3);
  const int before = syncs;
  EXPECT_EQ(ask(3, 3).body, first.body);
  EXPECT_EQ(syncs, before);
  clock.advance(60'000);
  EXPECT_EQ(cosigned(ask(3, 3), 3), 1'790'000'060);
  EXPECT_GT(syncs, before);
}

TEST_F(WitnessHouse, ItIsSyncedWithItsDirectoryBeforeItIsAnswered) {
  const int before = syncs;
  ASSERT_EQ(ask(0, 3).status, 200);
  EXPECT_EQ(syncs - before, 2) << "the file and its directory";
}

TEST_F(WitnessHouse, WhatCannotBeKeptIsNotCosigned) {
  ASSERT_EQ(ask(0, 3).status, 200);
  for (const int left : {0, 1}) {
    syncs_left = left;
    const auto reply = ask(3, 7);
    EXPECT_EQ(reply.status, 503);
    EXPECT_THAT(reply.body, Not(HasSubstr("ben-tre/w1")));
  }
  EXPECT_EQ(witness->view().logs.front().size, 3U);
  syncs_left = -1;
  EXPECT_EQ(ask(3, 7).status, 200);
}

TEST_F(WitnessHouse, OfTwoThatRaceOneIsToldOfTheOther) {
  ASSERT_EQ(ask(0, 3).status, 200);
  std::vector<Reply> replies(8);
  {
    std::vector<std::jthread> askers;
    askers.reserve(replies.size());
    for (std::size_t i = 0; i < replies.size(); ++i)
      askers.emplace_back([&, i] { replies[i] = ask(3, i % 2 == 0 ? 7 : 100); });
  }
  std::size_t grown = 0;
  const auto last = *witness->view().logs.front().size;
  for (std::size_t i = 0; i < replies.size(); ++i) {
    const std::uint64_t size = i % 2 == 0 ? 7 : 100;
    if (replies[i].status == 200) {
      ++grown;
      EXPECT_EQ(size, last);
    } else {
      EXPECT_EQ(replies[i].body, std::to_string(last) + "\n");
    }
  }
  EXPECT_EQ(grown, 1U);
}

TEST_F(WitnessHouse, ARestartKeepsAll) {
  ASSERT_EQ(ask(0, 7).status, 200);
  const auto note = witness->latest("commune-watch/tan-phu/gw1");
  const auto vkey = witness->vkey();
  begin();
  EXPECT_EQ(witness->vkey(), vkey);
  EXPECT_EQ(witness->latest("commune-watch/tan-phu/gw1"), note);
  EXPECT_EQ(ask(0, 100).body, "7\n");
}

TEST_F(WitnessHouse, AnUnfinishedFileIsNotReadAndGoes) {
  ASSERT_EQ(ask(0, 7).status, 200);
  const auto name = files("latest").front();
  std::ofstream(state("latest/" + name + ".new")) << "half";
  begin();
  EXPECT_EQ(files("latest"), std::vector{name});
  EXPECT_EQ(ask(7, 100).status, 200);
}

TEST_F(WitnessHouse, ADamagedNoteStopsThatLogAlone) {
  GrownLog other("commune-watch/b/gw1");
  other.grow(4);
  know({&log, &other});
  ASSERT_EQ(ask(0, 7).status, 200);
  std::ofstream(state("latest/" + files("latest").front()), std::ios::app) << "x";
  begin();
  EXPECT_THAT(said, HasSubstr("TỆP HỎNG"));
  EXPECT_EQ(ask(0, 100).status, 503) << "it would be cosigned from the beginning again";
  EXPECT_EQ(witness->add_checkpoint(other.request(0, 4), "test").status, 200);
  EXPECT_THAT(page(witness->view()), HasSubstr("TỆP HỎNG"));
}

TEST_F(WitnessHouse, ANoteThatAnotherKeyCosignedIsNotBelieved) {
  ASSERT_EQ(ask(0, 7).status, 200);
  witness.reset();
  std::filesystem::remove(state("witness.key"));
  begin();
  EXPECT_EQ(ask(0, 100).status, 503);
}

TEST_F(WitnessHouse, TheKeyIsSecretAndKeepsItsName) {
  struct stat there {};
  ASSERT_EQ(::stat(state("witness.key").c_str(), &there), 0);
  EXPECT_EQ(there.st_mode & 0777, 0600U);
  EXPECT_EQ(key.name, "ben-tre/w1");
  EXPECT_EQ(key.use, evidence::KeyUse::witness);
  witness.reset();
  const auto renamed = take_key(state(""), "another");
  ASSERT_FALSE(renamed);
  EXPECT_THAT(renamed.error().why, HasSubstr("named ben-tre/w1"));
  ::chmod(state("witness.key").c_str(), 0644);
  const auto loose = read_key(place.path() + "/state");
  ASSERT_FALSE(loose);
  EXPECT_THAT(loose.error().why, HasSubstr("chmod 600"));
}

TEST_F(WitnessHouse, TwoOnOneDirectoryAreRefused) {
  const auto second = Directory::take(place.path() + "/state");
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().why, HasSubstr("another witness runs"));
}

TEST_F(WitnessHouse, AClockThatWentBackIsNotSignedUnlessItWasSetRight) {
  clock.source = AnchorSource::system;
  ASSERT_EQ(ask(0, 3).status, 200);
  clock.step_wall(-3'600'000);
  EXPECT_EQ(ask(3, 7).status, 503);
  clock.source = AnchorSource::ntp;
  EXPECT_EQ(cosigned(ask(3, 7), 7), 1'790'000'000 - 3'600);
  clock.step_wall(-3'000);
  EXPECT_EQ(cosigned(ask(7, 100), 100), 1'790'000'000 - 3'600) << "a little is no reason to refuse";
}

TEST_F(WitnessHouse, AClockFromBeforeThisProgramIsNotSigned) {
  clock.step_wall(-1'790'000'000'000);
  EXPECT_EQ(ask(0, 3).status, 503);
}

TEST_F(WitnessHouse, ALogMayNotGrowWithoutEnd) {
  GrownLog busy("commune-watch/b/gw1");
  know({&log, &busy});
  for (std::uint64_t size = 0; size < 10; ++size) {
    busy.grow(1);
    EXPECT_EQ(witness->add_checkpoint(busy.request(size, size + 1), "test").status, 200);
  }
  busy.grow(1);
  const auto reply = witness->add_checkpoint(busy.request(10, 11), "test");
  EXPECT_EQ(reply.status, 429);
  EXPECT_GT(reply.retry_after, 0);
  EXPECT_EQ(ask(0, 3).status, 200) << "others are not concerned";
  clock.advance(10'000);
  EXPECT_EQ(witness->add_checkpoint(busy.request(10, 11), "test").status, 200);
}

TEST_F(WitnessHouse, ThePageTellsSilenceAndEscapesWhatItShows) {
  EXPECT_THAT(page(witness->view()), HasSubstr("chưa từng"));
  ASSERT_EQ(ask(0, 7).status, 200);
  clock.advance(5 * 3'600'000);
  const auto html = page(witness->view());
  EXPECT_THAT(html, HasSubstr("<td>7</td>"));
  EXPECT_THAT(html, HasSubstr("5 giờ"));
  EXPECT_THAT(html, HasSubstr("class=\"late\""));
  EXPECT_THAT(html, HasSubstr("Xã &lt;Tân Phú&gt;"));
  EXPECT_THAT(html, Not(HasSubstr("<Tân")));
  EXPECT_THAT(html, HasSubstr(witness->vkey()));
  EXPECT_THAT(html, HasSubstr("<th>Bộ giám sát <small>/ gateway"));
}

}  // namespace
}  // namespace commune_watch::witness
