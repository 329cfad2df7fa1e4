// Writing and reading the seam's frames, field by field in the order of the headers.
#include "poll/seam.hpp"

#include <type_traits>

#include "domain/picture.hpp"
#include "domain/seam_bytes.hpp"

namespace commune_watch::seam {
namespace {

constexpr std::uint32_t kMaxList = 4096;

void put(Writer& w, const Check& check) {
  w.number(check.rung);
  w.number(check.outcome);
  w.number(check.reason);
  w.text(check.words);
  w.number(check.took_us);
}
Check get_check(Reader& r) {
  Check check;
  check.rung = r.choice(Rung::witnessed);
  check.outcome = r.choice(Outcome::not_tested);
  check.reason = r.reason();
  check.words = r.words();
  check.took_us = r.number<std::int64_t>();
  return check;
}

void put(Writer& w, const Fact& fact) {
  w.number(fact.what);
  w.number(fact.value);
}
Fact get_fact(Reader& r) {
  Fact fact;
  fact.what = r.choice(static_cast<FactId>(kFacts - 1));
  fact.value = r.number<std::int64_t>();
  return fact;
}

void put(Writer& w, const Note& note) {
  w.number(note.version);
  w.text({reinterpret_cast<const char*>(note.body.data()), note.body.size()});
}
Note get_note(Reader& r) {
  Note note;
  note.version = r.number<std::uint16_t>();
  auto body = r.text(kMaxNote);
  const auto* bytes = reinterpret_cast<const std::byte*>(body.data());
  note.body.assign(bytes, bytes + body.size());
  return note;
}

void put(Writer& w, const Identity& identity) {
  for (const auto* part : {&identity.maker, &identity.model, &identity.serial, &identity.mac,
                           &identity.firmware, &identity.spki_sha256})
    w.text(*part);
}
Identity get_identity(Reader& r) {
  Identity identity;
  for (auto* part : {&identity.maker, &identity.model, &identity.serial, &identity.mac, &identity.firmware,
                     &identity.spki_sha256})
    *part = r.words();
  return identity;
}

void put(Writer& w, const Finding& finding) {
  w.list(finding.checks, [&](const Check& check) { put(w, check); });
  w.list(finding.warnings, [&](ReasonId warning) { w.number(warning); });
  w.list(finding.facts, [&](const Fact& fact) { put(w, fact); });
  w.maybe(finding.identity, [&](const Identity& identity) { put(w, identity); });
  w.number(finding.login);
  w.maybe(finding.note, [&](const Note& note) { put(w, note); });
  w.list(finding.sightings, [&](const Sighting& sighting) {
    w.text(sighting.key);
    w.list(sighting.checks, [&](const Check& check) { put(w, check); });
    w.list(sighting.facts, [&](const Fact& fact) { put(w, fact); });
    w.text(sighting.address);
    w.list(sighting.warnings, [&](ReasonId warning) { w.number(warning); });
  });
  w.text(finding.small_picture);
  w.flag(finding.complete);
}
// Ascending, each rung once.
std::vector<Check> get_checks(Reader& r) {
  auto checks = r.list<Check>(kRungs, [&] { return get_check(r); });
  for (std::size_t i = 1; i < checks.size(); ++i)
    if (checks[i].rung <= checks[i - 1].rung) r.refuse();
  return checks;
}
Finding get_finding(Reader& r) {
  Finding finding;
  finding.checks = get_checks(r);
  finding.warnings = r.list<ReasonId>(32, [&] { return r.reason(); });
  finding.facts = r.list<Fact>(64, [&] { return get_fact(r); });
  finding.identity = r.maybe<Identity>([&] { return get_identity(r); });
  finding.login = r.choice(LoginUse::unsettled);
  finding.note = r.maybe<Note>([&] { return get_note(r); });
  finding.sightings = r.list<Sighting>(kMaxSightings, [&] {
    Sighting sighting;
    sighting.key = r.words();
    sighting.checks = get_checks(r);
    sighting.facts = r.list<Fact>(64, [&] { return get_fact(r); });
    sighting.address = r.words();
    sighting.warnings = r.list<ReasonId>(32, [&] { return r.reason(); });
    return sighting;
  });
  finding.small_picture = r.text(kMaxSmallPicture);
  finding.complete = r.flag();
  return finding;
}

void put(Writer& w, const Moment& moment) {
  w.number(moment.boot);
  w.number(moment.bt);
}
Moment get_moment(Reader& r) {
  Moment moment;
  moment.boot = r.number<std::uint32_t>();
  moment.bt = r.number<std::int64_t>();
  return moment;
}

enum class FrameKind : std::uint8_t { add_target, table_end, ask, beat, hello, answer, refusal, say };

void put(Writer& w, const AddTarget& frame) {
  const auto& target = frame.target;
  w.number(target.device);
  w.text(target.name);
  w.number(target.kind);
  w.text(target.driver);
  w.number(static_cast<std::uint32_t>(target.options.all().size()));
  for (const auto& [key, value] : target.options.all()) {
    w.text(key);
    w.text(value);
  }
  w.maybe(target.login, [&](const Login& login) {
    w.text(login.username);
    w.text(login.password);
    w.flag(login.allow_basic);
  });
  w.list(target.bound_keys, [&](const std::string& key) { w.text(key); });
  w.list(target.pictured_keys, [&](const std::string& key) { w.text(key); });
  w.flag(target.keeps_pictures);
}
AddTarget get_target(Reader& r) {
  Target target;
  target.device = static_cast<DeviceId>(r.number<std::uint32_t>());
  target.name = r.text();
  target.kind = r.choice(Kind::monitoring_point);
  target.driver = r.text();
  std::map<std::string, std::string, std::less<>> options;
  auto count = r.number<std::uint32_t>();
  for (std::uint32_t i = 0; i < count && r.good(); ++i) {
    auto key = r.text();
    options[key] = r.text();
  }
  target.options = Options(std::move(options));
  target.login = r.maybe<Login>([&] {
    Login login;
    login.username = r.text();
    login.password = r.text();
    login.allow_basic = r.flag();
    return login;
  });
  target.bound_keys = r.list<std::string>(kMaxList, [&] { return r.text(); });
  target.pictured_keys = r.list<std::string>(kMaxList, [&] { return r.text(); });
  target.keeps_pictures = r.flag();
  return AddTarget{std::move(target)};
}

void put(Writer& w, const TableEnd& frame) { w.number(frame.targets); }
void put(Writer& w, const Beat& frame) { w.number(frame.number); }
void put(Writer& w, const Ask& frame) {
  const auto& question = frame.question;
  w.number(question.id);
  w.number(question.device);
  w.number(question.depth);
  w.number(question.limit);
  w.flag(question.may_log_in);
  w.maybe(question.note, [&](const Note& note) { put(w, note); });
  w.maybe(question.utc_now, [&](Millis utc) { w.number(utc); });
}
Ask get_ask(Reader& r) {
  Question question;
  question.id = r.number<std::uint64_t>();
  question.device = static_cast<DeviceId>(r.number<std::uint32_t>());
  question.depth = r.choice(Rung::witnessed);
  question.limit = r.number<std::int64_t>();
  question.may_log_in = r.flag();
  question.note = r.maybe<Note>([&] { return get_note(r); });
  question.utc_now = r.maybe<Millis>([&] { return r.number<std::int64_t>(); });
  return Ask{std::move(question)};
}
void put(Writer& w, const Hello& frame) {
  w.number(frame.pid);
  w.text(frame.echo_mode);
}
void put(Writer& w, const Answer& frame) {
  const auto& reading = frame.reading;
  w.number(reading.question);
  w.number(reading.device);
  put(w, reading.started);
  put(w, reading.ended);
  w.number(reading.depth);
  put(w, reading.finding);
}
Answer get_answer(Reader& r) {
  Reading reading;
  reading.question = r.number<std::uint64_t>();
  reading.device = static_cast<DeviceId>(r.number<std::uint32_t>());
  reading.started = get_moment(r);
  reading.ended = get_moment(r);
  reading.depth = r.choice(Rung::witnessed);
  reading.finding = get_finding(r);
  return Answer{std::move(reading)};
}
void put(Writer& w, const Refusal& frame) {
  w.number(frame.question);
  w.number(frame.device);
  w.text(frame.host);
  w.text(frame.username);
  w.text(frame.words);
}
Refusal get_refusal(Reader& r) {
  Refusal frame;
  frame.question = r.number<std::uint64_t>();
  frame.device = static_cast<DeviceId>(r.number<std::uint32_t>());
  frame.host = r.text();
  frame.username = r.text();
  frame.words = r.words();
  return frame;
}
void put(Writer& w, const Say& frame) {
  w.number(frame.level);
  w.text(frame.text);
}

template <class T>
constexpr FrameKind kind_of() {
  if constexpr (std::is_same_v<T, AddTarget>) return FrameKind::add_target;
  if constexpr (std::is_same_v<T, TableEnd>) return FrameKind::table_end;
  if constexpr (std::is_same_v<T, Ask>) return FrameKind::ask;
  if constexpr (std::is_same_v<T, Beat>) return FrameKind::beat;
  if constexpr (std::is_same_v<T, Hello>) return FrameKind::hello;
  if constexpr (std::is_same_v<T, Answer>) return FrameKind::answer;
  if constexpr (std::is_same_v<T, Refusal>) return FrameKind::refusal;
  if constexpr (std::is_same_v<T, Say>) return FrameKind::say;
}

Frame get_frame(FrameKind kind, Reader& r) {
  switch (kind) {
    case FrameKind::add_target:
      return get_target(r);
    case FrameKind::table_end:
      return TableEnd{r.number<std::uint32_t>()};
    case FrameKind::ask:
      return get_ask(r);
    case FrameKind::beat:
      return Beat{r.number<std::uint64_t>()};
    case FrameKind::hello: {
      Hello hello;
      hello.pid = r.number<std::uint32_t>();
      hello.echo_mode = r.words();
      return hello;
    }
    case FrameKind::answer:
      return get_answer(r);
    case FrameKind::refusal:
      return get_refusal(r);
    case FrameKind::say: {
      Say say;
      say.level = r.number<std::uint8_t>();
      say.text = r.text();
      return say;
    }
  }
  return Beat{};
}

}  // namespace

bool encode(const Frame& frame, std::string& out) {
  const auto start = out.size();
  Writer w(out);
  w.number<std::uint32_t>(0);
  w.number(kVersion);
  std::visit(
      [&](const auto& value) {
        w.number(kind_of<std::decay_t<decltype(value)>>());
        put(w, value);
      },
      frame);
  const auto size = out.size() - start - 4;
  if (size > kMaxFrame) {
    out.resize(start);
    return false;
  }
  for (std::size_t i = 0; i < 4; ++i) out[start + i] = static_cast<char>((size >> (8 * i)) & 0xFFU);
  return true;
}

Result<Frame> decode(std::string_view bytes) {
  if (bytes.size() > kMaxFrame) return fail("frame too large");
  Reader r(bytes);
  if (r.number<std::uint8_t>() != kVersion) return fail("frame of another version");
  const auto kind = r.choice(FrameKind::say);
  if (!r.good()) return fail("frame of no known kind");
  auto frame = get_frame(kind, r);
  if (!r.done()) return fail("frame cut short, out of range or with bytes left over");
  return frame;
}

}  // namespace commune_watch::seam
