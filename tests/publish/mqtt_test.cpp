// The publisher against a real mosquitto and against brokers that misbehave.
#include "publish/mqtt.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mqtt/async_client.h>

#include "publish/mosquitto.hpp"
#include "publish/publisher_house.hpp"
#include "publish/raw_mqtt.hpp"
#include "support/certificate.hpp"

namespace commune_watch::publish {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

const std::string kStatus = "commune-watch/v1/tan-phu/gw1/status";

// The payload last seen of a topic; "(nothing)" if none.
std::string last_of(Subscriber& subscriber, const std::string& topic) {
  std::string out = "(nothing)";
  for (const Subscriber::Seen& one : subscriber.seen())
    if (one.topic == topic) out = one.payload;
  return out;
}

TEST(Mqtt, EveryEventArrivesOnceAndInOrderAndTheCursorEndsBehindTheLastRecord) {
  Mosquitto broker;
  broker.start();
  Subscriber subscriber{broker.port()};
  House house{broker.port()};
  house.log.grow(1'000);
  house.start();
  ASSERT_TRUE(house.all_acknowledged());
  house.log.grow(5);
  house.publisher->pump();
  ASSERT_TRUE(house.all_acknowledged());
  ASSERT_TRUE(
      house.until([&] { return events_of(subscriber.seen()).ids.size() == house.log.event_ids().size(); }));
  EXPECT_EQ(events_of(subscriber.seen()).ids, house.log.event_ids());
  EXPECT_EQ(events_of(subscriber.seen()).repeated, 0U);
  EXPECT_FALSE(house.went_back);
  EXPECT_EQ(house.publisher->health().version, 5);
}

TEST(Mqtt, StatusComesFirstThenTheFactsThenTheBacklog) {
  Mosquitto broker;
  broker.start();
  Subscriber subscriber{broker.port()};
  House house{broker.port()};
  house.log.grow(50);
  for (int i = 0; i < 400; ++i) house.facts["fact/" + std::to_string(i)] = "{}";
  house.start();
  ASSERT_TRUE(house.all_acknowledged());
  ASSERT_TRUE(house.until([&] { return subscriber.count() == 401 + house.log.event_ids().size(); }));
  const auto seen = subscriber.seen();
  EXPECT_EQ(seen.at(0).topic, kStatus);
  EXPECT_THAT(seen.at(0).payload, HasSubstr("\"online\",\"reason\":\"start\""));
  for (std::size_t i = 1; i <= 400; ++i) EXPECT_THAT(seen.at(i).topic, HasSubstr("fact/"));
  EXPECT_THAT(seen.at(401).payload, HasSubstr("\"historical\":true"));
}

TEST(Mqtt, FiveThousandRecordsThatWaitedForTheBrokerAllArriveInOrder) {
  Mosquitto broker;
  broker.start();
  Relay relay{broker.port()};
  relay.open();
  House house{relay.port()};
  house.log.grow(10);
  house.start();
  ASSERT_TRUE(house.all_acknowledged());
  relay.close();
  broker.kill(SIGTERM);
  ASSERT_TRUE(house.until([&] { return !house.publisher->health().connected; }));
  for (int i = 0; i < 50; ++i) {
    house.log.grow(100);
    house.publisher->pump();
  }
  EXPECT_EQ(house.cursor, 10U);
  broker.start();
  Subscriber subscriber{broker.port()};
  relay.open();
  ASSERT_TRUE(house.all_acknowledged());
  const auto expected = house.log.event_ids(10);
  ASSERT_TRUE(house.until([&] { return events_of(subscriber.seen()).ids.size() == expected.size(); }));
  EXPECT_EQ(events_of(subscriber.seen()).ids, expected);
  EXPECT_EQ(events_of(subscriber.seen()).repeated, 0U);
  EXPECT_THAT(last_of(subscriber, kStatus), HasSubstr("\"reconnected\""));
}

TEST(Mqtt, ABrokerKilledWhileItReceivesCostsNothing) {
  Mosquitto broker;
  broker.start();
  Relay relay{broker.port()};
  relay.open();
  House house{relay.port()};
  house.log.grow(3'000);
  std::vector<Subscriber::Seen> seen;
  std::size_t rounds = 0;
  house.options.window = 10;
  house.options.events_per_second = 2'000;
  auto subscriber = std::make_unique<Subscriber>(broker.port());
  house.start();
  for (const Seq kill_at : {Seq{400}, Seq{1'100}, Seq{2'000}}) {
    // What the broker has acknowledged but not yet written to the subscriber dies with it: that is not what
    // is asked here.
    const std::size_t before = events_of(seen).ids.size();
    ASSERT_TRUE(house.until([&] {
      const std::size_t acknowledged =
          house.log.event_ids().size() - house.log.event_ids(house.cursor).size();
      return house.cursor >= kill_at && before + subscriber->count() + 50 >= acknowledged;
    }));
    broker.kill(SIGKILL);
    relay.close();
    subscriber->join_broken();
    for (auto& one : subscriber->seen()) seen.push_back(std::move(one));
    EXPECT_LT(house.cursor, house.log.next());
    broker.start();
    subscriber = std::make_unique<Subscriber>(broker.port());
    relay.open();
    ++rounds;
  }
  ASSERT_TRUE(house.all_acknowledged());
  const auto expected = house.log.event_ids();
  const auto together = [&] {
    auto all = seen;
    for (auto& one : subscriber->seen()) all.push_back(std::move(one));
    return events_of(all);
  };
  ASSERT_TRUE(house.until([&] { return together().ids.size() >= expected.size(); }));
  EXPECT_EQ(together().ids, expected);
  EXPECT_LE(together().repeated, rounds * 10);  // at most the window, each time
  EXPECT_FALSE(house.went_back);
}

TEST(Mqtt, TheCursorWaitsForTheAcknowledgement) {
  std::atomic<bool> answer{false};
  std::atomic<int> held{0};
  ScriptedBroker broker{[&](int fd, int) {
    std::vector<std::string> owed;
    while (const auto packet = read_packet(fd)) {
      if (packet->type == 1) write_packet(fd, 2, 0, std::string("\0\0\0", 3));
      if (packet->type == 12) write_packet(fd, 13, 0, {});
      if (packet->type == 14) return;
      if (packet->type != 3 || (packet->flags & 6) == 0) continue;
      owed.push_back(packet->body.substr(2 + two_at(packet->body, 0), 2));
      held = static_cast<int>(owed.size());
      if (owed.size() < 5) continue;  // status and four events: all that the window lets through
      const Deadline deadline = within(10'000);
      while (!answer && std::chrono::steady_clock::now() < deadline) ::poll(nullptr, 0, 1);
      for (const std::string& id : owed) write_packet(fd, 4, 0, id);
      owed.clear();
    }
  }};
  House house{broker.port()};
  house.options.window = 5;
  house.log.grow(4);
  house.start();
  ASSERT_TRUE(house.until([&] { return held == 5; }));
  EXPECT_FALSE(house.until([&] { return house.cursor > 0; }, 100));
  answer = true;
  ASSERT_TRUE(house.until([&] { return house.cursor == 4; }));
}

// The most messages that were in flight at once, as a broker with this Receive Maximum saw it.
int most_in_flight(char receive_maximum, int window) {
  std::atomic<int> most{0}, total{0};
  const std::string welcome = std::string("\0\0\3\x21\0", 5) + receive_maximum;
  ScriptedBroker broker{[&](int fd, int) {
    std::deque<std::string> owed;
    for (;;) {
      pollfd ready{fd, POLLIN, 0};
      if (::poll(&ready, 1, owed.empty() ? 10'000 : 50) ==
          0) {  // silence: nothing more comes without an acknowledgement
        if (owed.empty()) return;
        write_packet(fd, 4, 0, owed.front());
        owed.pop_front();
        continue;
      }
      const auto packet = read_packet(fd);
      if (!packet || packet->type == 14) return;
      if (packet->type == 1) write_packet(fd, 2, 0, welcome);
      if (packet->type == 12) write_packet(fd, 13, 0, {});
      if (packet->type != 3 || (packet->flags & 6) == 0) continue;
      owed.push_back(packet->body.substr(2 + two_at(packet->body, 0), 2));
      most = std::max<int>(most, static_cast<int>(owed.size()));
      ++total;
    }
  }};
  House house{broker.port()};
  house.options.window = window;
  house.log.grow(30);
  house.start();
  EXPECT_TRUE(house.all_acknowledged());
  EXPECT_EQ(total, static_cast<int>(house.log.event_ids().size()) + 1);
  return most;
}

TEST(Mqtt, TheWindowIsKept) { EXPECT_EQ(most_in_flight(100, 4), 4); }

TEST(Mqtt, AServerThatAllowsLessThanTheWindowGetsLess) { EXPECT_EQ(most_in_flight(3, 20), 3); }

TEST(Mqtt, ARefusedEventRaisesTheAlarmHoldsTheStreamAndIsOfferedAgain) {
  Mosquitto broker;
  broker.write("acl", "topic readwrite #\ntopic deny commune-watch/v1/tan-phu/gw1/dev/cam-7/event\n");
  broker.start("allow_anonymous true\nacl_file " + broker.path("acl") + "\n");
  Subscriber subscriber{broker.port()};
  House house{broker.port()};
  house.options.window = 4;
  house.log.grow(40);
  house.start();
  ASSERT_TRUE(house.until([&] { return !house.alarm.empty(); }));
  EXPECT_THAT(house.alarm, HasSubstr("0x87 not authorized"));
  EXPECT_THAT(house.alarm, HasSubstr("từ chối"));
  ASSERT_TRUE(house.until([&] { return house.publisher->health().refused >= 3; }));
  EXPECT_EQ(house.cursor, 7U);
  // Only what was in flight beside it went past.
  EXPECT_THAT(events_of(subscriber.seen()).ids, Not(Contains(event_id(MemoryLog::kHouse, 12))));

  broker.write("acl", "topic readwrite #\n");
  broker.reload();
  ASSERT_TRUE(house.all_acknowledged());
  EXPECT_EQ(house.alarm, "");
  ASSERT_TRUE(
      house.until([&] { return events_of(subscriber.seen()).ids.size() == house.log.event_ids().size(); }));
  std::vector<std::string> ids = events_of(subscriber.seen()).ids;
  std::vector<std::string> expected = house.log.event_ids();
  std::ranges::sort(ids);
  std::ranges::sort(expected);
  EXPECT_EQ(ids, expected);
}

TEST(Mqtt, ARefusedFactHoldsNobodyElse) {
  Mosquitto broker;
  broker.write("acl", "topic readwrite #\ntopic deny fact/secret\n");
  broker.start("allow_anonymous true\nacl_file " + broker.path("acl") + "\n");
  Subscriber subscriber{broker.port()};
  House house{broker.port()};
  house.facts["fact/open"] = "1";
  house.facts["fact/secret"] = "2";
  house.log.grow(20);
  house.start();
  ASSERT_TRUE(house.all_acknowledged());
  ASSERT_TRUE(house.until([&] { return house.alarm.find("0x87") != std::string::npos; }));
  broker.write("acl", "topic readwrite #\n");
  broker.reload();
  ASSERT_TRUE(house.until([&] { return last_of(subscriber, "fact/secret") == "2" && house.alarm.empty(); }));
  EXPECT_EQ(last_of(subscriber, "fact/open"), "1");
}

TEST(Mqtt, AWrongPasswordIsAnAlarmNotAStormAndIsNeverSaid) {
  Mosquitto broker;
  broker.write("passwd", "");
  ASSERT_EQ(
      std::system(("mosquitto_passwd -b " + broker.path("passwd") + " gw1 right >/dev/null 2>&1").c_str()),
      0);
  broker.start("allow_anonymous false\npassword_file " + broker.path("passwd") + "\n");
  House house{broker.port()};
  house.options.username = "gw1";
  house.options.password = "hunter2-wrong";
  house.options.retry_login = 60'000;
  house.log.grow(3);
  house.start();
  ASSERT_TRUE(house.until([&] { return !house.alarm.empty(); }));
  EXPECT_THAT(house.alarm, HasSubstr("login"));
  EXPECT_FALSE(house.until([&] { return house.publisher->health().attempts > 1; }, 300));
  EXPECT_EQ(house.cursor, 0U);
  for (const std::string& text : house.said) EXPECT_THAT(text, Not(HasSubstr("hunter2")));
  for (const std::string& text : house.alarms) EXPECT_THAT(text, Not(HasSubstr("hunter2")));
}

TEST(Mqtt, TheRightPasswordIsTaken) {
  Mosquitto broker;
  broker.write("passwd", "");
  ASSERT_EQ(
      std::system(("mosquitto_passwd -b " + broker.path("passwd") + " gw1 right >/dev/null 2>&1").c_str()),
      0);
  broker.start("allow_anonymous false\npassword_file " + broker.path("passwd") + "\n");
  House house{broker.port()};
  house.options.username = "gw1";
  house.options.password = "right";
  house.log.grow(3);
  house.start();
  EXPECT_TRUE(house.all_acknowledged());
  EXPECT_TRUE(house.alarms.empty());
}

// A mosquitto that shows this certificate; its own port in the URL.
void start_with(Mosquitto& broker, const Certificate& certificate) {
  broker.write("broker.pem", certificate.certificate_pem);
  broker.write("broker.key", certificate.key_pem);
  broker.start("allow_anonymous true\ncertfile " + broker.path("broker.pem") + "\nkeyfile " +
               broker.path("broker.key") + "\n");
}
constexpr Millis kLongAgo = 1'000'000'000'000, kFarAhead = 4'000'000'000'000;

TEST(Mqtt, ABrokerWhoseCertificateIsTrustedIsSpokenToInTls) {
  Mosquitto broker;
  start_with(broker, make_certificate("127.0.0.1", kLongAgo, kFarAhead));
  House house{broker.port()};
  house.options.url = "mqtts://127.0.0.1:" + std::to_string(broker.port());
  house.options.ca_file = broker.path("broker.pem");
  house.log.grow(30);
  house.start();
  EXPECT_TRUE(house.all_acknowledged());
  EXPECT_TRUE(house.alarms.empty());
}

// What the house says of a broker with this certificate; nothing must have reached the broker.
std::string alarm_about(const Certificate& certificate, bool trusted) {
  Mosquitto broker;
  start_with(broker, certificate);
  House house{broker.port()};
  house.options.url = "mqtts://127.0.0.1:" + std::to_string(broker.port());
  if (trusted) house.options.ca_file = broker.path("broker.pem");
  house.options.username = "gw1";
  house.options.password = "hunter2";
  house.log.grow(3);
  house.start();
  EXPECT_TRUE(house.until([&] { return !house.alarm.empty(); }));
  EXPECT_EQ(house.publisher->health().connections, 0U);
  EXPECT_EQ(house.cursor, 0U);
  return house.alarm;
}

TEST(Mqtt, AnUntrustedCertificateIsNamedAndNothingIsSent) {
  EXPECT_THAT(alarm_about(make_certificate("127.0.0.1", kLongAgo, kFarAhead), false),
              HasSubstr("self-signed certificate"));
}

TEST(Mqtt, AnExpiredCertificateIsNamedAndNothingIsSent) {
  EXPECT_THAT(alarm_about(make_certificate("127.0.0.1", kLongAgo, kLongAgo + 86'400'000), true),
              HasSubstr("certificate has expired"));
}

TEST(Mqtt, ACertificateOfAnotherNameIsNamedAndNothingIsSent) {
  EXPECT_THAT(alarm_about(make_certificate("broker.example", kLongAgo, kFarAhead), true),
              HasSubstr("mismatch"));
}

TEST(Mqtt, ABrokerThatClosesOnVersionFiveIsSpokenToIn311) {
  std::atomic<int> fives{0}, fours{0};
  ScriptedBroker broker{[&](int fd, int) {
    while (const auto packet = read_packet(fd)) {
      if (packet->type == 1 && version_of(*packet) == 5) {
        ++fives;
        return;
      }
      if (packet->type == 1) {
        ++fours;
        write_packet(fd, 2, 0, std::string("\0\0", 2));
      }
      if (packet->type == 3 && (packet->flags & 6) != 0)
        write_packet(fd, 4, 0, packet->body.substr(2 + two_at(packet->body, 0), 2));
      if (packet->type == 12) write_packet(fd, 13, 0, {});
      if (packet->type == 3 && packet->body.find("hang up") != std::string::npos) return;
    }
  }};
  House house{broker.port()};
  house.log.grow(20);
  house.start();
  ASSERT_TRUE(house.all_acknowledged());
  EXPECT_EQ(house.publisher->health().version, 4);
  const int tried = fives;  // twice, as a rule; on a slow machine a try can end before the broker has hung up
  EXPECT_GE(tried, 1);
  // It is remembered over the next connection …
  house.publisher->set({"x", "hang up", true, 1});
  ASSERT_TRUE(house.until([&] { return house.publisher->health().connections == 2; }));
  EXPECT_EQ(fives, tried);
  EXPECT_GE(fours, 2);
}

TEST(Mqtt, Version5IsTriedAgainAfterAWhile) {
  std::atomic<bool> modern{false};
  ScriptedBroker broker{[&](int fd, int) {
    bool five = false;
    while (const auto packet = read_packet(fd)) {
      if (packet->type == 1) {
        five = version_of(*packet) == 5;
        if (five && !modern) return;
        write_packet(fd, 2, 0, five ? std::string("\0\0\0", 3) : std::string("\0\0", 2));
      }
      if (packet->type == 3 && packet->body.find("hang up") != std::string::npos) return;
      if (packet->type == 3 && (packet->flags & 6) != 0)
        write_packet(fd, 4, 0, packet->body.substr(2 + two_at(packet->body, 0), 2));
    }
  }};
  House house{broker.port()};
  house.options.retry_v5 = 0;
  house.start();
  ASSERT_TRUE(house.until([&] { return house.publisher->health().version == 4; }));
  modern = true;
  house.publisher->set({"x", "hang up", true, 1});
  EXPECT_TRUE(house.until([&] { return house.publisher->health().version == 5; }));
}

TEST(Mqtt, ABrokerThatStopsAcknowledgingIsNoticedAndTheClientReplaced) {
  ScriptedBroker broker{[&](int fd, int number) {
    int messages = 0;
    while (const auto packet = read_packet(fd)) {
      if (packet->type == 1) write_packet(fd, 2, 0, std::string("\0\0\0", 3));
      if (packet->type == 12) write_packet(fd, 13, 0, {});  // alive, as far as pings can tell
      if (packet->type != 3 || (packet->flags & 6) == 0) continue;
      if (number == 1 && ++messages > 5) continue;
      write_packet(fd, 4, 0, packet->body.substr(2 + two_at(packet->body, 0), 2));
    }
  }};
  House house{broker.port()};
  house.options.stall = 200;
  house.log.grow(30);
  house.start();
  ASSERT_TRUE(house.all_acknowledged());
  EXPECT_EQ(house.publisher->health().replaced, 1U);
  EXPECT_EQ(house.publisher->health().connections, 2U);
  EXPECT_THAT(house.said, Contains(HasSubstr("nothing acknowledged")));
}

TEST(Mqtt, ABrokerThatAcceptsAndIsSilentIsLeftForTheNextTry) {
  ScriptedBroker broker{[&](int fd, int number) {
    while (const auto packet = read_packet(fd)) {
      if (number <= 3) continue;
      if (packet->type == 1)
        write_packet(fd, 2, 0, version_of(*packet) == 5 ? std::string("\0\0\0", 3) : std::string("\0\0", 2));
      if (packet->type == 3 && (packet->flags & 6) != 0)
        write_packet(fd, 4, 0, packet->body.substr(2 + two_at(packet->body, 0), 2));
    }
  }};
  House house{broker.port()};
  house.options.connect_limit = 1'500;  // the library needs up to a second of it
  house.log.grow(3);
  house.start();
  ASSERT_TRUE(house.all_acknowledged());
  EXPECT_THAT(house.said, Contains(HasSubstr("no answer within 1500 ms")));
  EXPECT_EQ(house.publisher->health().version, 5);  // three silent ones are no proof of an old broker
}

TEST(Mqtt, AThreadThatHangsInsideTheLibraryIsLeftBehindAndANewOneDoesItsWork) {
  Mosquitto broker;
  broker.start();
  House house{broker.port()};
  house.options.stuck = 150;
  house.log.grow(10);
  house.start();
  ASSERT_TRUE(house.all_acknowledged());

  // A callback of another client that does not return: the library's one mutex is held.
  struct Hang : mqtt::iaction_listener {
    std::mutex mutex;
    std::condition_variable wake;
    bool inside = false, released = false;
    void hang() {
      std::unique_lock lock{mutex};
      inside = true;
      wake.notify_all();
      wake.wait(lock, [this] { return released; });
    }
    void on_success(const mqtt::token&) override { hang(); }
    void on_failure(const mqtt::token&) override { hang(); }
  } hang;
  mqtt::async_client other{"tcp://127.0.0.1:" + std::to_string(broker.port()), "other"};
  other.connect(nullptr, hang);
  {
    std::unique_lock lock{hang.mutex};
    ASSERT_TRUE(hang.wake.wait_for(lock, std::chrono::seconds{10}, [&] { return hang.inside; }));
  }
  house.log.grow(10);
  house.publisher->pump();
  ASSERT_TRUE(house.until([&] { return house.publisher->health().replaced >= 1; }));
  EXPECT_EQ(house.cursor, 10U);
  {
    const std::lock_guard lock{hang.mutex};
    hang.released = true;
    hang.wake.notify_all();
  }
  EXPECT_TRUE(house.all_acknowledged());
  EXPECT_THAT(house.said, Contains(HasSubstr("hangs inside")));
  other.disconnect()->wait_for(std::chrono::seconds{2});
}

TEST(Mqtt, TheBrokerSaysTheWillWhenTheConnectionBreaks) {
  Mosquitto broker;
  broker.start();
  Relay relay{broker.port()};
  relay.open();
  Subscriber subscriber{broker.port()};
  House house{relay.port()};
  house.options.retry_first = house.options.retry_most = 60'000;
  house.start();
  ASSERT_TRUE(
      house.until([&] { return last_of(subscriber, kStatus).find("\"online\"") != std::string::npos; }));
  relay.cut();
  ASSERT_TRUE(
      house.until([&] { return last_of(subscriber, kStatus).find("\"offline\"") != std::string::npos; }));
  EXPECT_THAT(last_of(subscriber, kStatus), HasSubstr("\"reason\":\"lost\""));
  Subscriber late{broker.port(), "late"};
  ASSERT_TRUE(house.until([&] { return late.count() == 1; }));
  EXPECT_TRUE(late.seen().at(0).retained);
  EXPECT_THAT(late.seen().at(0).payload, HasSubstr("\"lost\""));
}

TEST(Mqtt, ACleanStopSendsWhatIsLeftThenSaysShutdownAndNoWill) {
  Mosquitto broker;
  broker.start();
  Subscriber subscriber{broker.port()};
  House house{broker.port()};
  house.start();
  ASSERT_TRUE(house.until([&] { return house.publisher->health().messages == 1; }));
  house.log.grow(20);
  const auto began = std::chrono::steady_clock::now();
  ASSERT_TRUE(house.stop());
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{3});
  EXPECT_EQ(house.cursor, 20U);
  house.publisher.reset();
  ASSERT_TRUE(
      house.until([&] { return last_of(subscriber, kStatus).find("\"shutdown\"") != std::string::npos; }));
  EXPECT_FALSE(
      house.until([&] { return last_of(subscriber, kStatus).find("\"lost\"") != std::string::npos; }, 50));
  EXPECT_THAT(subscriber.seen().back().topic, kStatus);
}

TEST(Mqtt, APublisherThatIsDroppedDoesNotStayOnline) {
  Mosquitto broker;
  broker.start();
  Subscriber subscriber{broker.port()};
  House house{broker.port()};
  house.start();
  ASSERT_TRUE(house.until([&] { return house.publisher->health().messages == 1; }));
  house.publisher.reset();
  ASSERT_TRUE(
      house.until([&] { return last_of(subscriber, kStatus).find("\"lost\"") != std::string::npos; }));
}

TEST(Mqtt, AStopWithoutABrokerEndsAtOnce) {
  House house{free_port()};
  house.log.grow(5);
  house.start();
  ASSERT_TRUE(house.until([&] { return house.publisher->health().attempts >= 1; }));
  EXPECT_TRUE(house.stop());
  EXPECT_EQ(house.cursor, 0U);
}

TEST(Mqtt, AStopThatTheBrokerDoesNotAcknowledgeEndsAllTheSame) {
  ScriptedBroker broker{[&](int fd, int) {
    while (const auto packet = read_packet(fd))
      if (packet->type == 1) write_packet(fd, 2, 0, std::string("\0\0\0", 3));
  }};
  House house{broker.port()};
  house.options.stop_limit = 200;
  house.log.grow(5);
  house.start();
  ASSERT_TRUE(house.until([&] { return house.publisher->health().connected; }));
  const auto began = std::chrono::steady_clock::now();
  ASSERT_TRUE(house.stop());
  EXPECT_GE(std::chrono::steady_clock::now() - began,
            std::chrono::milliseconds{199});  // the publisher counts whole ones
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{3});
}

TEST(Mqtt, FactsAreReplacedAndForgottenOnesCleared) {
  Mosquitto broker;
  broker.start();
  House house{broker.port()};
  house.facts["fact/a"] = "old";
  house.start();
  ASSERT_TRUE(house.until([&] { return house.publisher->health().connected; }));
  house.publisher->forget("fact/gone");
  for (int i = 0; i < 100; ++i) house.publisher->set({"fact/a", "new " + std::to_string(i), true, 1});
  ASSERT_TRUE(house.until([&] { return !house.forgotten.empty(); }));
  EXPECT_EQ(house.forgotten, std::vector<std::string>{"fact/gone"});
  Subscriber late{broker.port()};
  ASSERT_TRUE(house.until([&] { return last_of(late, "fact/a") == "new 99"; }));
  for (const auto& one : late.seen()) EXPECT_NE(one.topic, "fact/gone");
}

TEST(Mqtt, ATopicForgottenWithoutABrokerIsClearedWhenThereIsOne) {
  Mosquitto broker;
  broker.start();
  {
    House before{broker.port()};
    before.facts["fact/gone"] = "here";
    before.start();
    ASSERT_TRUE(before.until([&] { return before.publisher->health().messages == 2; }));
    ASSERT_TRUE(before.stop());
  }
  House house{broker.port()};
  house.start();
  house.publisher->forget("fact/gone");
  ASSERT_TRUE(house.until([&] { return !house.forgotten.empty(); }));
  Subscriber late{broker.port()};
  ASSERT_TRUE(house.until([&] { return late.count() == 1; }));
  EXPECT_EQ(late.seen().at(0).topic, kStatus);
}

TEST(Mqtt, MetricsAreSentWhileThereIsSomebodyAndDroppedOtherwise) {
  Mosquitto broker;
  broker.start();
  Subscriber subscriber{broker.port()};
  House house{broker.port()};
  house.start();
  house.publisher->send({"m", "early", false, 0});
  EXPECT_EQ(house.publisher->health().dropped, 1U);
  ASSERT_TRUE(house.until([&] { return house.publisher->health().connected; }));
  house.publisher->send({"m", "now", false, 0});
  EXPECT_TRUE(house.until([&] { return last_of(subscriber, "m") == "now"; }));
}

TEST(Mqtt, ARunContinuesBehindTheStoredCursor) {
  Mosquitto broker;
  broker.start();
  Subscriber subscriber{broker.port()};
  House house{broker.port()};
  house.log.grow(100);
  house.start(60);
  ASSERT_TRUE(house.all_acknowledged());
  ASSERT_TRUE(
      house.until([&] { return events_of(subscriber.seen()).ids.size() == house.log.event_ids(60).size(); }));
  EXPECT_EQ(events_of(subscriber.seen()).ids, house.log.event_ids(60));
}

TEST(Mqtt, ARecordThatCannotBeReadIsSaidAndDoesNotStopTheStream) {
  Mosquitto broker;
  broker.start();
  House house{broker.port()};
  house.log.grow(5);
  house.log.records[2].body = "{";
  house.start();
  ASSERT_TRUE(house.all_acknowledged());
  EXPECT_THAT(house.said, Contains(HasSubstr("record 2 cannot be read")));
}

TEST(Mqtt, ABrokerThatIsAwayIsOneLineInTheJournal) {
  House house{free_port()};
  house.start();
  ASSERT_TRUE(house.until([&] { return house.publisher->health().attempts >= 8; }));
  EXPECT_EQ(house.said.size(), 1U);
  EXPECT_TRUE(house.alarms.empty());
}

}  // namespace
}  // namespace commune_watch::publish
