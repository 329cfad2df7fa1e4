// One query each; the bodies are read as they stand in the log.
#include "store/overlays.hpp"

#include <utility>

namespace commune_watch::store {
namespace {

template <class E>
std::optional<E> body(LogKind kind, const Rows& rows, int column) {
  auto entry = decode(kind, rows.text(column));
  if (!entry || !std::holds_alternative<E>(*entry)) return std::nullopt;
  return std::get<E>(std::move(*entry));
}

// Of a row "seq, boot, bt, body".
template <class E>
std::vector<Kept<E>> kept(LogKind kind, Rows rows, const Timeline& timeline) {
  std::vector<Kept<E>> all;
  while (rows.next()) {
    auto entry = body<E>(kind, rows, 3);
    if (!entry) continue;
    const Moment at{static_cast<std::uint32_t>(rows.integer(1)), rows.integer(2)};
    all.push_back({static_cast<Seq>(rows.integer(0)), timeline.utc(at).value_or(0), std::move(*entry)});
  }
  return all;
}

}  // namespace

Overlays::Overlays(Sql& sql)
    : corrections_of_(sql,
                      "SELECT l.body FROM correction c JOIN log l ON l.seq = c.seq WHERE c.device = ?1"
                      " ORDER BY c.seq"),
      corrections_(sql,
                   "SELECT l.seq, l.boot, l.bt, l.body FROM correction c JOIN log l ON l.seq = c.seq"
                   " ORDER BY c.seq"),
      declarations_(sql,
                    "SELECT f.body, l.body FROM declaration d JOIN log f ON f.seq = d.seq"
                    " JOIN log l ON l.seq = d.last ORDER BY d.seq"),
      must_have_(sql, "SELECT l.body FROM must_have m JOIN log l ON l.seq = m.seq ORDER BY m.area"),
      identities_(sql,
                  "SELECT l.seq, l.boot, l.bt, l.body FROM identity i JOIN log l ON l.seq = i.seq"
                  " WHERE i.device = ?1 ORDER BY i.seq DESC LIMIT ?2"),
      config_(sql, "SELECT l.body FROM config c JOIN log l ON l.seq = c.seq ORDER BY c.seq DESC LIMIT 1") {}

std::vector<Correction> Overlays::corrections(const std::string& device) {
  std::vector<Correction> all;
  for (auto rows = corrections_of_.rows(device); rows.next();)
    if (auto entry = body<CorrectionEntry>(LogKind::correction, rows, 0))
      all.push_back(std::move(entry->correction));
  return all;
}

std::vector<Kept<CorrectionEntry>> Overlays::corrections(const Timeline& timeline) {
  return kept<CorrectionEntry>(LogKind::correction, corrections_.rows(), timeline);
}

std::vector<StandingDeclaration> Overlays::declarations() {
  std::vector<StandingDeclaration> all;
  for (auto rows = declarations_.rows(); rows.next();) {
    auto first = body<DeclarationEntry>(LogKind::declaration, rows, 0);
    const auto last = body<DeclarationEntry>(LogKind::declaration, rows, 1);
    if (!first || !last) continue;
    StandingDeclaration one{std::move(*first), {}};
    one.entry.ended = last->ended;
    if (last->ended != 0) one.ended_by = last->by;
    all.push_back(std::move(one));
  }
  return all;
}

std::vector<MustHaveEntry> Overlays::must_have() {
  std::vector<MustHaveEntry> all;
  for (auto rows = must_have_.rows(); rows.next();)
    if (auto entry = body<MustHaveEntry>(LogKind::must_have, rows, 0)) all.push_back(std::move(*entry));
  return all;
}

std::vector<Kept<IdentityEntry>> Overlays::identities(DeviceId device, std::size_t most,
                                                      const Timeline& timeline) {
  return kept<IdentityEntry>(LogKind::identity, identities_.rows(static_cast<std::uint32_t>(device), most),
                             timeline);
}

std::optional<ConfigEntry> Overlays::config() {
  auto rows = config_.rows();
  return rows.next() ? body<ConfigEntry>(LogKind::config, rows, 0) : std::nullopt;
}

}  // namespace commune_watch::store
