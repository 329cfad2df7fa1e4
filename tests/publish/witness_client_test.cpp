// The gateway's side of a witness: against the real one on loopback, and against servers that misbehave.
#include "publish/witness_client.hpp"

#include <gmock/gmock.h>

#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <chrono>

#include "support/grown_log.hpp"
#include "support/http_peer.hpp"
#include "support/manual_clock.hpp"
#include "support/nginx.hpp"
#include "witness/server.hpp"

namespace commune_watch::publish {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class AskingAWitness : public testing::Test {
 protected:
  AskingAWitness() {
    for (const std::uint64_t by : {3, 4, 93}) log.grow(by);
    place.write("logs", log.public_key().vkey() + "\n");
    options.clock = [this] { return now; };
    options.limit = 20'000;
    begin_witness("state");
  }
  void begin_witness(const std::string& below, std::uint16_t port = 0) {
    server.reset();
    witness.reset();
    witness::Options w;
    w.directory = place.path() + "/" + below;
    w.known_logs = place.path() + "/logs";
    w.name = "ben-tre/w1";
    w.say = [](const std::string&) {};
    auto opened = witness::Witness::open(std::move(w), clock);
    ASSERT_TRUE(opened) << opened.error().why;
    witness = std::move(*opened);
    server = std::make_unique<witness::Server>(witness::ServerOptions{.port = port}, *witness);
    ASSERT_TRUE(server->start());
    options.key = *evidence::PublicKey::of(witness->vkey());
    options.url = "http://127.0.0.1:" + std::to_string(server->port());
  }
  void begin() {
    WitnessHooks hooks;
    hooks.post = [this](std::function<void()> f) { asio::post(io, std::move(f)); };
    hooks.proof = [this](std::uint64_t from, std::uint64_t to) -> Result<std::vector<evidence::Hash>> {
      ++proofs;
      return log.proof(from, to);
    };
    hooks.on_cosigned = [this](const WitnessCosignature& one) { cosigned.push_back(one); };
    hooks.on_trouble = [this](const std::string& text) { troubles.push_back(text); };
    client = std::make_unique<WitnessClient>(options, std::move(hooks));
  }
  void submit(std::uint64_t size) { client->submit({size, log.note(size)}); }
  template <class Ready>
  void run_until(Ready ready) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!ready() && std::chrono::steady_clock::now() < until) {
      io.restart();
      io.run_one_for(std::chrono::milliseconds(50));
    }
    ASSERT_TRUE(ready());
  }
  void run_until_answered() {
    run_until([this] { return !client->asking(); });
  }
  void try_again() {
    now += options.retry_most;
    client->tick();
    run_until_answered();
  }
  // Asks a server that always answers so; what the trouble is then.
  std::string trouble_with(const std::string& answer,
                           HttpPeer::Answer::Then then = HttpPeer::Answer::Then::close) {
    HttpPeer peer(io, [&](const HttpPeer::Request&) { return HttpPeer::Answer{answer, then}; });
    options.url = peer.url("/");
    begin();
    submit(7);
    run_until_answered();
    requests = peer.requests();
    return client->health().trouble;
  }

  TempDirectory place;
  ManualClock clock;
  GrownLog log;
  Millis now = 1'000'000;
  asio::io_context io;
  WitnessOptions options;
  std::unique_ptr<witness::Witness> witness;
  std::unique_ptr<witness::Server> server;
  std::unique_ptr<WitnessClient> client;
  std::vector<WitnessCosignature> cosigned;
  std::vector<std::string> troubles;
  std::vector<HttpPeer::Request> requests;
  int proofs = 0;
};

TEST_F(AskingAWitness, GrowthIsCosignedAndTheLineVerifiesUnderTheNote) {
  begin();
  for (const std::uint64_t size : {3, 7, 100}) {
    submit(size);
    run_until_answered();
  }
  ASSERT_EQ(cosigned.size(), 3U);
  EXPECT_EQ(cosigned.back().size, 100U);
  EXPECT_EQ(cosigned.back().utc, 1'790'000'000'000);
  const auto note = evidence::read_note(log.note(100) + cosigned.back().line);
  ASSERT_TRUE(note);
  EXPECT_TRUE(evidence::cosigned(*note, options.key)->has_value());
  EXPECT_EQ(client->health().asked, 3U) << "it remembers how far the witness is";
  EXPECT_EQ(client->health().cosigned, 100U);
  EXPECT_TRUE(troubles.empty());
}

TEST_F(AskingAWitness, AClientThatForgotIsToldBy409AndAsksAgainAtOnce) {
  begin();
  submit(7);
  run_until_answered();
  begin();
  submit(100);
  run_until([this] { return cosigned.size() == 2; });
  EXPECT_EQ(cosigned.back().size, 100U);
  EXPECT_EQ(client->health().asked, 2U);
  EXPECT_TRUE(troubles.empty());
  options.known = 100;
  begin();
  submit(100);
  run_until_answered();
  EXPECT_EQ(client->health().asked, 1U);
  EXPECT_EQ(cosigned.size(), 3U);
}

TEST_F(AskingAWitness, AWitnessThatForgotIsAskedFromTheBeginning) {
  begin();
  submit(7);
  run_until_answered();
  const auto port = server->port();
  begin_witness("another", port);
  options.key = *evidence::PublicKey::of(witness->vkey());
  options.known = 7;
  begin();
  submit(100);
  run_until([this] { return cosigned.size() == 2; });
  EXPECT_EQ(client->health().asked, 2U);
}

TEST_F(AskingAWitness, OnlyTheNewestThatWaitsIsAsked) {
  begin();
  submit(3);
  submit(7);
  submit(100);
  run_until([this] { return cosigned.size() == 2; });
  EXPECT_EQ(cosigned.front().size, 3U);
  EXPECT_EQ(cosigned.back().size, 100U);
  EXPECT_FALSE(client->asking());
}

TEST_F(AskingAWitness, ASilentWitnessIsTriedAgainWithPatienceAndTheTroubleEnds) {
  const auto port = server->port();
  server.reset();
  begin();
  submit(3);
  run_until_answered();
  EXPECT_THAT(client->health().trouble, StartsWith("không kết nối được với nhân chứng"));
  submit(7);
  client->tick();
  EXPECT_FALSE(client->asking()) << "not before the wait is over";
  ASSERT_TRUE(client->health().retry_in);
  EXPECT_GE(*client->health().retry_in, options.retry_first / 2);
  EXPECT_LE(*client->health().retry_in, options.retry_first);
  Millis longest = 0;
  for (int i = 0; i < 12; ++i) {
    try_again();
    longest = std::max(longest, *client->health().retry_in);
  }
  EXPECT_GT(longest, options.retry_most / 2 - 1);
  EXPECT_LE(longest, options.retry_most);
  EXPECT_EQ(troubles.size(), 1U) << "the same trouble is told once";
  begin_witness("state", port);
  try_again();
  ASSERT_EQ(cosigned.size(), 1U);
  EXPECT_EQ(cosigned.front().size, 7U);
  EXPECT_EQ(troubles.back(), "");
  EXPECT_FALSE(client->health().retry_in);
}

TEST_F(AskingAWitness, ARewrittenLogIsToldAsThat) {
  begin();
  submit(7);
  run_until_answered();
  GrownLog forked("commune-watch/tan-phu/gw1", "false");
  forked.grow(7);
  forked.grow(5);
  const auto note = [&](std::uint64_t size) {
    const auto text = forked.checkpoint(size).text();
    return evidence::Note{text, {evidence::sign(log.key, log.public_key(), text)}}.whole();
  };
  client->submit({7, note(7)});
  run_until_answered();
  EXPECT_THAT(client->health().trouble, StartsWith("SỔ RẼ NHÁNH"));
  client->submit({12, note(12)});
  try_again();
  EXPECT_THAT(client->health().trouble, StartsWith("SỔ KHÔNG NỐI TIẾP"));
  client->submit({3, log.note(3)});
  try_again();
  EXPECT_THAT(client->health().trouble, StartsWith("nhân chứng đã thấy sổ dài 7 dòng, ở đây chỉ có 3"));
  EXPECT_EQ(cosigned.size(), 1U);
  submit(100);
  try_again();
  EXPECT_EQ(cosigned.size(), 2U) << "the true history may go on";
}

TEST_F(AskingAWitness, WhoIsNotKnownIsToldWhatToDo) {
  place.write("logs", "# nobody\n");
  begin();
  submit(3);
  run_until_answered();
  EXPECT_THAT(client->health().trouble, HasSubstr("gửi khóa công khai cho tỉnh"));
  const GrownLog other;
  place.write("logs", "# another key of it\n" + other.public_key().vkey() + "\n");
  try_again();
  EXPECT_THAT(client->health().trouble, HasSubstr("không có khóa đang ký"));
}

TEST_F(AskingAWitness, ACosignatureOfAnotherKeyIsNotTaken) {
  const auto other = evidence::SigningKey::make();
  options.key = other.public_key("ben-tre/w1", evidence::KeyUse::witness);
  begin();
  submit(3);
  run_until_answered();
  EXPECT_TRUE(cosigned.empty());
  EXPECT_THAT(client->health().trouble, HasSubstr("không có chữ ký của khóa đã cấu hình"));
}

TEST_F(AskingAWitness, ACosignatureOfAnotherCheckpointIsNotTaken) {
  const auto key = evidence::SigningKey::make();
  options.key = key.public_key("w", evidence::KeyUse::witness);
  const auto line =
      evidence::signature_line(evidence::cosign(key, options.key, log.checkpoint(3).text(), 1'790'000'000));
  EXPECT_THAT(trouble_with(http_answer(200, line)), StartsWith("chữ ký của nhân chứng sai"));
  const auto good = evidence::cosign(key, options.key, log.checkpoint(7).text(), 1'790'000'000);
  EXPECT_EQ(trouble_with(http_answer(200, "— x AAAA\nnonsense\n" + evidence::signature_line(good))), "");
  EXPECT_EQ(cosigned.size(), 1U);
  const auto never = evidence::cosign(key, options.key, log.checkpoint(7).text(), INT64_MAX);
  EXPECT_THAT(trouble_with(http_answer(200, evidence::signature_line(never))), HasSubstr("vô lý"));
}

TEST_F(AskingAWitness, GarbageIsTroubleAndNothingElse) {
  for (const auto& answer :
       {std::string("nonsense"), http_answer(200, ""), http_answer(200, std::string("\0\xff", 2)),
        http_answer(500, "x"), http_answer(409, "7"), http_answer(409, "7\n", "Content-Type: text/plain\r\n"),
        http_answer(409, "-7\n", "Content-Type: text/x.tlog.size\r\n"),
        http_answer(409, "99999999999999999999999\n", "Content-Type: text/x.tlog.size\r\n"),
        http_answer(409, "18446744073709551615\n", "Content-Type: text/x.tlog.size\r\n")}) {
    EXPECT_NE(trouble_with(answer), "") << answer;
    EXPECT_EQ(requests.size(), 1U) << answer;
  }
  EXPECT_TRUE(cosigned.empty());
}

TEST_F(AskingAWitness, AWitnessThatChangesItsWordIsAskedTwiceAndThenLeftAlone) {
  int told = 2;
  HttpPeer peer(io, [&](const HttpPeer::Request&) {
    return HttpPeer::Answer{
        http_answer(409, std::to_string(++told) + "\n", "Content-Type: text/x.tlog.size\r\n"),
        HttpPeer::Answer::Then::close};
  });
  options.url = peer.url("");
  begin();
  submit(100);
  run_until_answered();
  EXPECT_EQ(peer.requests().size(), 2U);
  EXPECT_THAT(client->health().trouble, HasSubstr("đổi lời"));
}

TEST_F(AskingAWitness, ARedirectIsNotFollowed) {
  EXPECT_THAT(trouble_with(http_answer(307, "", "Location: /elsewhere\r\n")), HasSubstr("HTTP 307"));
  EXPECT_EQ(requests.size(), 1U);
  EXPECT_THAT(requests.front().head, StartsWith("POST /add-checkpoint HTTP/1.1\r\n"));
}

TEST_F(AskingAWitness, AnAnswerWithoutEndIsCutOff) {
  EXPECT_THAT(trouble_with("HTTP/1.1 200 OK\r\n\r\n" + std::string(200'000, 'x')),
              StartsWith("nhân chứng trả lời quá dài"));
}

TEST_F(AskingAWitness, AnAnswerThatStopsHalfwayHasADeadline) {
  options.limit = 300;
  EXPECT_THAT(trouble_with("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc", HttpPeer::Answer::Then::wait),
              StartsWith("nhân chứng không trả lời kịp"));
}

TEST_F(AskingAWitness, TheEndDoesNotWaitForTheWitness) {
  HttpPeer peer(io, [](const HttpPeer::Request&) {
    return HttpPeer::Answer{"", HttpPeer::Answer::Then::wait};
  });
  options.url = peer.url("");
  options.limit = 3'600'000;
  begin();
  submit(7);
  run_until([&] { return !peer.requests().empty(); });
  client.reset();
  io.restart();
  io.poll();
  EXPECT_TRUE(cosigned.empty() && troubles.empty());
}

TEST_F(AskingAWitness, PlainHttpBeyondThisMachineNeedsAWord) {
  options.url = "http://witness.invalid:8899";
  begin();
  submit(7);
  EXPECT_FALSE(client->asking());
  EXPECT_THAT(client->health().trouble, HasSubstr("https"));
}

TEST_F(AskingAWitness, ACertificateIsChecked) {
  const auto certificate = make_certificate("127.0.0.1", 1'500'000'000'000, 4'000'000'000'000);
  const Nginx nginx("location / { return 404; }", &certificate);
  options.url = nginx.https_url("");
  begin();
  submit(7);
  run_until_answered();
  EXPECT_THAT(client->health().trouble, StartsWith("chứng thư TLS của nhân chứng không được chấp nhận"));
  options.ca_file = place.write("ca.pem", certificate.certificate_pem);
  begin();
  submit(7);
  run_until_answered();
  EXPECT_THAT(client->health().trouble, HasSubstr("chưa biết bộ giám sát này"));
}

TEST_F(AskingAWitness, ATreeThatCannotProveIsATroubleOfOurs) {
  options.known = 5;
  WitnessHooks hooks;
  hooks.post = [this](std::function<void()> f) { asio::post(io, std::move(f)); };
  hooks.proof = [](std::uint64_t, std::uint64_t) -> Result<std::vector<evidence::Hash>> {
    return fail("cây băm hỏng / the tree is damaged");
  };
  hooks.on_cosigned = [](const WitnessCosignature&) {};
  hooks.on_trouble = [this](const std::string& text) { troubles.push_back(text); };
  client = std::make_unique<WitnessClient>(options, std::move(hooks));
  submit(7);
  EXPECT_FALSE(client->asking());
  EXPECT_EQ(troubles, std::vector<std::string>{"cây băm hỏng / the tree is damaged"});
}

}  // namespace
}  // namespace commune_watch::publish
