// Bodies of log records: golden bytes, round trips, and foreign bytes that are refused with a reason.
#include "domain/entry.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

namespace commune_watch {
namespace {

Standing up() { return {.state = State::up, .cause = Cause::none}; }

Standing down() {
  return {.state = State::down,
          .cause = Cause::upstream,
          .reason = reason_id("parent-down"),
          .own_reason = reason_id("no-answer"),
          .warnings = {reason_id("clock-wrong"), reason_id("low-fps")}};
}

Terms terms() {
  Terms terms;
  terms.kind = Kind::access_point;
  terms.place = "nvh-ap-1";
  terms.parent = "sw-ap-1";
  terms.point = "omada";
  terms.key = "00-11-22";
  terms.driver = "http";
  terms.needs = Rung::useful;
  terms.hours = {.weekly = {{480, 1020}, {1920, 2460}}, .closed = {20260902}};
  return terms;
}

OpeningEntry opening() {
  OpeningEntry e;
  e.commune = "tan-phu";
  e.gateway = "gw1";
  e.epoch = "0a1b2c3d";
  e.simulated = true;
  e.vkey = "k+00+AA";
  e.timezone = "UTC";
  e.zone = {{-(1LL << 50), 0}};
  e.boot = 3;
  e.run = 9;
  e.runs = {{1, 2}};
  e.claims = {{100, 200}};
  e.anchors = {{{3, 9}, 1'000, 5, AnchorSource::ntp}};
  e.terms = {{50, {2, 7}, {"ap-1", terms()}}};
  e.spans = {{"ap-1", Kind::access_point, 9, up()}};
  e.maintenance = {{{1, 2}, 4, {"*", {{1, 2}, 1, 0, "an", "r"}}}};
  e.corrections = {{{1, 3}, 5, {"ap-1", {{1, 2}, Class::down, 3, "an", "r"}}}};
  e.must = {{"place/p", {Must::wifi}, "b"}};
  return e;
}

// One entry of each kind with no field at its default, and its bytes.
const std::vector<std::pair<Entry, std::string>>& golden() {
  static const std::vector<std::pair<Entry, std::string>> kAll{
      {GenesisEntry{"tan-phu-28999", "gw1", "0.1.0", true, "00ff"},
       R"({"commune":"tan-phu-28999","gateway":"gw1","version":"0.1.0","simulated":1,"key":"00ff"})"},
      {RunEntry{"0.1.0", "uuid", {3, 60'000}, {{"cam-1", {3, 59'000}}, {"cam-2", {2, 1}}}},
       R"({"version":"0.1.0","boot_uuid":"uuid","previous":[3,60000],"unconfirmed":[["cam-1",3,59000],["cam-2",2,1]]})"},
      {StopEntry{"SIGTERM"}, R"({"why":"SIGTERM"})"},
      {AnchorEntry{{{2, 5}, 1'795'280'400'000, 12, AnchorSource::ntp}},
       R"({"at":[2,5],"utc":1795280400000,"error":12,"source":"ntp"})"},
      {AnchorEntry{{{2, 5}, 1'795'280'400'000, 5'000, AnchorSource::operator_word}, "an"},
       R"({"at":[2,5],"utc":1795280400000,"error":5000,"source":"operator","by":"an"})"},
      {ConfigEntry{"ab12", "reload", {"cam-1", "cam-2"}},
       R"({"sha256":"ab12","by":"reload","changed":["cam-1","cam-2"]})"},
      {ConfigEntry{"ab12",
                   "reload",
                   {},
                   "Asia/Ho_Chi_Minh",
                   {{-(1LL << 50), 25'200'000}, {86'400'000, 28'800'000}},
                   {"+ a: 1"}},
       R"({"sha256":"ab12","by":"reload","changed":[],"timezone":"Asia/Ho_Chi_Minh",)"
       R"("zone":[[-1125899906842624,25200000],[86400000,28800000]],"changes":["+ a: 1"]})"},
      {TermsEntry{"ap-1", terms()},
       R"({"device":"ap-1","enrolled":1,"kind":"access-point","place":"nvh-ap-1","parent":"sw-ap-1","point":"omada",)"
       R"("key":"00-11-22","driver":"http","needs":"useful","hours":{"weekly":[[480,1020],[1920,2460]],"closed":[20260902]}})"},
      {TermsEntry{"old",
                  [] {
                    Terms gone;
                    gone.enrolled = false;
                    return gone;
                  }()},
       R"({"device":"old","enrolled":0,"kind":"camera","place":"","key":"","driver":"","needs":"reachable",)"
       R"("hours":{"weekly":[],"closed":[]}})"},
      {ChangeEntry{"cam-1", {1, 100}, {1, 7}, up(), down(), "sw-ap-1", 12, "không trả lời \"x\""},
       R"({"device":"cam-1","at":[1,100],"since":[1,7],)"
       R"("from":{"state":"up","cause":"none","reason":"none","own":"none","warnings":[]},)"
       R"("to":{"state":"down","cause":"upstream","reason":"parent-down","own":"no-answer","warnings":["clock-wrong","low-fps"]},)"
       R"("root":"sw-ap-1","probes":12,"words":"không trả lời \"x\""})"},
      {BlipEntry{"cam-1", {1, 5}, {1, 25'000}, reason_id("timed-out"), 2},
       R"({"device":"cam-1","from":[1,5],"to":[1,25000],"reason":"timed-out","probes":2})"},
      {IncidentEntry{77, false, "sw-ap-1", "ap-1", Cause::mains, reason_id("mains-lost"), {4, 9}},
       R"({"incident":77,"opened":0,"root":"sw-ap-1","place":"ap-1","cause":"mains","reason":"mains-lost","at":[4,9]})"},
      {LoginBlockEntry{"192.0.2.1", "monitor", "cam-1", "401", false, "retry"},
       R"({"host":"192.0.2.1","username":"monitor","device":"cam-1","words":"401","blocked":0,"by":"retry"})"},
      {RestoreEntry{"put-aside/a-1", "checksum", "00ff", "commune-watch-20261121.db", 700, 12, 715, "start"},
       R"({"put_aside":"put-aside/a-1","why":"checksum","sha256":"00ff","backup":"commune-watch-20261121.db",)"
       R"("kept":700,"salvaged":12,"told":715,"by":"start"})"},
      {MaintenanceEntry{"place:nvh-ap-1", {{1'000, 2'000}, 900, 1'500, "cán bộ kỹ thuật xã", "thay nguồn"}},
       R"({"scope":"place:nvh-ap-1","from":1000,"to":2000,"declared":900,"ended":1500,"author":"cán bộ kỹ thuật xã","reason":"thay nguồn"})"},
      {CorrectionEntry{"cam-1", {{5, 9}, Class::up, 77, "an", "đồng hồ sai"}},
       R"({"device":"cam-1","from":5,"to":9,"class":"up","author":"an","reason":"đồng hồ sai","declared":77})"},
      {DeclarationEntry{"kk-1", "loa có dây", "nvh-ap-1", "speaker", "2020", "QĐ 1", "an", "cũ", 77, 78},
       R"({"id":"kk-1","what":"loa có dây","place":"nvh-ap-1","must":"speaker","since":"2020","document":"QĐ 1",)"
       R"("by":"an","note":"cũ","declared":77,"ended":78})"},
      {MustHaveEntry{"place/nvh-ap-1", {Must::wifi, Must::camera}, "QĐ số 1"},
       R"({"area":"place/nvh-ap-1","must":["wifi","camera"],"basis":"QĐ số 1"})"},
      {IdentityEntry{"cam-1", {"hik", "ds", "s1", "00:11", "v5", "ab"}, {"cam-2"}},
       R"({"device":"cam-1","maker":"hik","model":"ds","serial":"s1","mac":"00:11","firmware":"v5",)"
       R"("spki_sha256":"ab","same_as":["cam-2"]})"},
      {IdentityEntry{"cam-1", {.serial = "DS1"}, {}, true},
       R"({"device":"cam-1","maker":"","model":"","serial":"DS1","mac":"","firmware":"",)"
       R"("spki_sha256":"","same_as":[],"limited":1})"},
      {HeartbeatEntry{3'600'000, 10, 9, 8, 7},
       R"({"hour":3600000,"asked":10,"answered":9,"good":8,"devices":7})"},
      {DayEntry{"ap-1",
                Kind::access_point,
                20261031,
                {.up = 1,
                 .down = 9,
                 .maintenance = 5,
                 .unknown = 6,
                 .down_upstream = 2,
                 .down_mains = 3,
                 .down_monitoring_point = 4,
                 .blips = 1}},
       R"({"device":"ap-1","kind":"access-point","date":20261031,"up":1,"down":9,"upstream":2,"mains":3,)"
       R"("monitoring_point":4,"maintenance":5,"unknown":6,"blips":1})"},
      {opening(),
       R"({"commune":"tan-phu","gateway":"gw1","epoch":"0a1b2c3d","simulated":1,"vkey":"k+00+AA","timezone":"UTC",)"
       R"("zone":[[-1125899906842624,0]],"boot":3,"run":9,"runs":[[1,2]],"claims":[[100,200]],)"
       R"("anchors":[[9,1000,5,"ntp"]],"terms":[{"from":50,"at":[2,7],"terms":{"device":"ap-1","enrolled":1,)"
       R"("kind":"access-point","place":"nvh-ap-1","parent":"sw-ap-1","point":"omada","key":"00-11-22","driver":"http",)"
       R"("needs":"useful","hours":{"weekly":[[480,1020],[1920,2460]],"closed":[20260902]}}}],)"
       R"("spans":[{"device":"ap-1","kind":"access-point","from":9,"to":{"state":"up","cause":"none","reason":"none",)"
       R"("own":"none","warnings":[]}}],"maintenance":[{"scope":"*","from":1,"to":2,"declared":1,"ended":0,)"
       R"("author":"an","reason":"r","at":[1,2],"recorded":4}],"corrections":[{"device":"ap-1","from":1,"to":2,"class":"down",)"
       R"("author":"an","reason":"r","declared":3,"at":[1,3],"recorded":5}],"must":[{"area":"place/p","must":["wifi"],"basis":"b"}]})"},
      {KeyEntry{"new", "old", "AA==", "BB=="},
       R"({"vkey":"new","previous":"old","by_old":"AA==","by_new":"BB=="})"},
      {ExportEntry{"2026-10", "an"}, R"({"period":"2026-10","by":"an"})"},
  };
  return kAll;
}

TEST(Entries, HaveTheBytesThatTheyAlwaysHad) {
  for (const auto& [entry, body] : golden()) EXPECT_EQ(encode(entry), body);
}

TEST(Entries, AreReadBackWithEveryField) {
  for (const auto& [entry, body] : golden()) {
    const auto read = decode(kind_of(entry), body);
    ASSERT_TRUE(read.has_value()) << body << ": " << read.error().why;
    EXPECT_EQ(read->index(), entry.index());
    EXPECT_EQ(encode(*read), body);
  }
}

TEST(Entries, CoverEveryAlternative) {
  std::map<std::size_t, int> seen;
  for (const auto& [entry, body] : golden()) ++seen[entry.index()];
  EXPECT_EQ(seen.size(), std::variant_size_v<Entry>);
  EXPECT_EQ(kind_of(Entry(LoginBlockEntry{})), LogKind::login_block);
  EXPECT_EQ(kind_of(Entry(RestoreEntry{})), LogKind::restore);
}

TEST(Entries, EveryKeyIsNeededButTheOptionalOnes) {
  for (const auto& [entry, body] : golden()) {
    for (std::size_t at = body.find('"'); at != std::string::npos;
         at = body.find('"', body.find('"', at + 1) + 1)) {
      const std::size_t end = body.find('"', at + 1);
      if (end + 1 >= body.size() || body[end + 1] != ':') continue;  // a string, not a key
      std::string other = body;
      const std::string key = body.substr(at + 1, end - at - 1);
      other.replace(at + 1, end - at - 1, "other");
      const auto kind = kind_of(entry);
      const bool optional = key == "parent" || key == "point" || key == "limited" ||
                            (key == "timezone" && kind == LogKind::config) ||
                            (key == "by" && (kind == LogKind::anchor || kind == LogKind::restore));
      EXPECT_EQ(decode(kind_of(entry), other).has_value(), optional) << other;
    }
  }
}

TEST(Entries, KeysOfALaterVersionArePassedOver) {
  const auto read = decode(LogKind::stop, R"({"why":"SIGTERM","mood":["good",{"x":1}]})");
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(std::get<StopEntry>(*read).why, "SIGTERM");
}

TEST(Entries, SayWhatIsWrongWithForeignBytes) {
  const std::pair<LogKind, const char*> wrong[] = {
      {LogKind::stop, ""},
      {LogKind::stop, "7"},
      {LogKind::stop, R"({"why":7})"},
      {LogKind::stop, R"({"why":"x"} )"},
      {LogKind::genesis, R"({"commune":"a","gateway":"b","version":"c","simulated":2,"key":"d"})"},
      {LogKind::anchor, R"({"at":[2,5,6],"utc":1,"error":1,"source":"ntp"})"},
      {LogKind::anchor, R"({"at":[2,-5],"utc":1,"error":1,"source":"ntp"})"},
      {LogKind::anchor, R"({"at":[4294967296,5],"utc":1,"error":1,"source":"ntp"})"},
      {LogKind::anchor, R"({"at":[2,5],"utc":9000000000000000000,"error":1,"source":"ntp"})"},
      {LogKind::anchor, R"({"at":[2,5],"utc":1,"error":-1,"source":"ntp"})"},
      {LogKind::anchor, R"({"at":[2,5],"utc":1,"error":1,"source":"oracle"})"},
      {LogKind::anchor, R"({"at":[],"utc":1,"error":1,"source":"ntp"})"},
      {LogKind::run, R"({"version":"a","boot_uuid":"b","previous":[1,2],"unconfirmed":[["x",1]]})"},
      {LogKind::blip, R"({"device":"a","from":[1,2],"to":[1,3],"reason":"on-fire","probes":1})"},
      {LogKind::blip, R"({"device":"a","from":[1,2],"to":[1,3],"reason":"frozen","probes":4294967296})"},
      {LogKind::incident,
       R"({"incident":-1,"opened":0,"root":"","place":"","cause":"mains","reason":"none","at":[4,9]})"},
      {LogKind::heartbeat, "{}"},
      {static_cast<LogKind>(99), "{}"},
  };
  for (const auto& [kind, body] : wrong) {
    const auto read = decode(kind, body);
    EXPECT_FALSE(read.has_value()) << body;
    EXPECT_FALSE(read ? false : read.error().why.empty());
  }
  EXPECT_EQ(decode(LogKind::stop, R"({"why":7})").error().why, "stop record: why: is not a string");
  EXPECT_EQ(decode(LogKind::stop, "{}").error().why, "stop record: why: is missing");
}

// ---- generated entries

std::string text() {
  return *rc::gen::oneOf(rc::gen::arbitrary<std::string>(), rc::gen::just(std::string("ấp \"1\"\n")));
}
Moment moment() { return {*rc::gen::arbitrary<std::uint32_t>(), *rc::gen::inRange<Millis>(0, 1LL << 50)}; }
Millis instant() { return *rc::gen::inRange<Millis>(-(1LL << 50), 1LL << 50); }
ReasonId any_reason() { return static_cast<ReasonId>(*rc::gen::inRange<std::size_t>(0, reasons().size())); }
Cause any_cause() { return static_cast<Cause>(*rc::gen::inRange(0, 7)); }
bool yes() { return *rc::gen::inRange(0, 2) == 1; }

Standing standing() {
  Standing standing{.state = static_cast<State>(*rc::gen::inRange(0, 3)),
                    .cause = any_cause(),
                    .reason = any_reason(),
                    .own_reason = any_reason()};
  for (int n = *rc::gen::inRange(0, 4); n > 0; --n) standing.warnings.push_back(any_reason());
  standing.recorded = static_cast<Recorded>(*rc::gen::inRange(0, 3));
  return standing;
}

Terms any_terms() {
  Terms terms;
  terms.enrolled = yes();
  terms.kind = static_cast<Kind>(*rc::gen::inRange(0, static_cast<int>(kKinds)));
  terms.place = text();
  if (yes()) terms.parent = text();
  if (yes()) terms.point = text();
  terms.key = text();
  terms.driver = text();
  terms.needs = static_cast<Rung>(*rc::gen::inRange(0, static_cast<int>(kRungs)));
  for (int n = *rc::gen::inRange(0, 9); n > 0; --n)
    terms.hours.weekly.push_back({*rc::gen::inRange(0, 10'080), *rc::gen::inRange(0, 10'081)});
  for (int n = *rc::gen::inRange(0, 9); n > 0; --n)
    terms.hours.closed.push_back(*rc::gen::inRange(19'700'101, 99'991'231));
  return terms;
}

Entry any_entry() {
  switch (*rc::gen::inRange<std::size_t>(0, std::variant_size_v<Entry>)) {
    case 0:
      return GenesisEntry{text(), text(), text(), yes(), text()};
    case 1: {
      RunEntry run{text(), text(), moment(), {}};
      for (int n = *rc::gen::inRange(0, 5); n > 0; --n) run.unconfirmed.emplace_back(text(), moment());
      return run;
    }
    case 2:
      return StopEntry{text()};
    case 3:
      return AnchorEntry{{moment(), instant(), *rc::gen::inRange<Millis>(0, 1LL << 50),
                          static_cast<AnchorSource>(*rc::gen::inRange(0, 5))},
                         yes() ? text() : ""};
    case 4:
      return ConfigEntry{text(), text(), {text(), text()}};
    case 5:
      return TermsEntry{text(), any_terms()};
    case 6:
      return ChangeEntry{
          text(), moment(), moment(), standing(), standing(), text(), *rc::gen::arbitrary<std::uint32_t>(),
          text()};
    case 7:
      return BlipEntry{text(), moment(), moment(), any_reason(), *rc::gen::arbitrary<std::uint32_t>()};
    case 8:
      return IncidentEntry{
          *rc::gen::inRange<Seq>(0, 1ULL << 62U), yes(), text(), text(), any_cause(), any_reason(), moment()};
    case 9:
      return LoginBlockEntry{text(), text(), text(), text(), yes(), text()};
    case 10:
      return RestoreEntry{text(), text(), text(), text(), *rc::gen::inRange<std::uint64_t>(0, 1ULL << 62U),
                          7,      9,      text()};
    default:
      return MaintenanceEntry{text(), {{instant(), instant()}, instant(), instant(), text(), text()}};
  }
}

TEST(Entry, WhetherACameraIsRecordedStandsInItsStandingWhereItIsKnown) {
  ChangeEntry change{"cam-1", {1, 9}, {1, 5}, up(), up(), "", 3, ""};
  change.to.recorded = Recorded::yes;
  const std::string up_words = R"("state":"up","cause":"none","reason":"none","own":"none","warnings":[])";
  const std::string body = R"({"device":"cam-1","at":[1,9],"since":[1,5],"from":{)" + up_words +
                           R"(},"to":{)" + up_words + R"(,"recorded":1},"root":"","probes":3,"words":""})";
  EXPECT_EQ(encode(change), body);
  const auto read = decode(LogKind::change, body);
  ASSERT_TRUE(read) << read.error().why;
  EXPECT_EQ(std::get<ChangeEntry>(*read).to, change.to);
  EXPECT_EQ(std::get<ChangeEntry>(*read).from.recorded, Recorded::unknown);

  std::string odd = body;
  odd.replace(odd.find(R"("recorded":1)"), 12, R"("recorded":[])");
  EXPECT_FALSE(decode(LogKind::change, odd));
  for (const auto& told : {body, odd}) {  // whoever reads evidence passes it over, like the other verifiers
    const auto loosely = decode_loosely(LogKind::change, told);
    ASSERT_TRUE(loosely && *loosely);
    EXPECT_EQ(std::get<ChangeEntry>(**loosely).to, up());
  }
}

TEST(Entry, ARestoreOfBeforeThereWereBackupsIsStillRead) {
  const auto read = decode(LogKind::restore, R"({"put_aside":"put-aside/a-1","why":"checksum"})");
  ASSERT_TRUE(read) << read.error().why;
  const auto& restore = std::get<RestoreEntry>(*read);
  EXPECT_EQ(restore.put_aside, "put-aside/a-1");
  EXPECT_EQ(restore.why, "checksum");
  EXPECT_EQ(restore.backup + restore.by, "");
  EXPECT_FALSE(decode(LogKind::restore, R"({"put_aside":"a","why":"b","by":"start"})"))
      << "half of the new keys";
}

RC_GTEST_PROP(EntryLaw, WhatIsEncodedIsDecodedTheSame, ()) {
  for (int n = 0; n < 20; ++n) {
    const Entry entry = any_entry();
    const std::string body = encode(entry);
    const auto read = decode(kind_of(entry), body);
    RC_ASSERT(read.has_value());
    RC_ASSERT(encode(*read) == body);
  }
}

RC_GTEST_PROP(EntryLaw, GarbageIsRefusedNotFollowed, ()) {
  std::string body = encode(any_entry());
  for (int n = *rc::gen::inRange(1, 5); n > 0 && !body.empty(); --n) {
    const auto at = *rc::gen::inRange<std::size_t>(0, body.size());
    switch (*rc::gen::inRange(0, 3)) {
      case 0:
        body[at] = *rc::gen::arbitrary<char>();
        break;
      case 1:
        body.erase(at, *rc::gen::inRange<std::size_t>(1, 9));
        break;
      default:
        body.insert(at, body.substr(at / 2, 7));
        break;
    }
  }
  for (int kind = 0; kind < 18; ++kind) {
    const auto read = decode(static_cast<LogKind>(kind), body);
    if (read) RC_ASSERT(decode(kind_of(*read), encode(*read)).has_value());
  }
}

}  // namespace
}  // namespace commune_watch
