// One small overload per kind of record.
#include "store/projection.hpp"

#include <type_traits>
#include <variant>

#include "store/log_table.hpp"
#include "store/schema.hpp"

namespace commune_watch::store {
namespace {

constexpr Seq kStep = 20'000;  // records per transaction of a rebuild: bounds the write-ahead log

std::optional<std::string> joined(const std::vector<ReasonId>& reasons) {
  if (reasons.empty()) return std::nullopt;
  std::string text;
  for (const auto id : reasons) {
    if (!text.empty()) text += ' ';
    text += reason(id).code;
  }
  return text;
}

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

template <class Enum>
int number(Enum value) {
  return static_cast<int>(value);
}
std::uint32_t number(DeviceId value) { return static_cast<std::uint32_t>(value); }

}  // namespace

Projection::Projection(Sql& sql)
    : boot_(sql, "INSERT OR IGNORE INTO boot(id, uuid) VALUES(?1, ?2)"),
      run_row_(sql, "INSERT INTO run(id, boot, from_bt, clean, version, seq) VALUES(?1, ?2, ?3, 0, ?4, ?5)"),
      end_run_(sql, "UPDATE run SET end_bt = max(from_bt, ?2), clean = ?3 WHERE id = ?1 AND end_bt IS NULL"),
      end_incidents_(sql, "UPDATE incident SET end_run = ?1, end_bt = ?2 WHERE end_run IS NULL"),
      anchor_(sql, "INSERT OR REPLACE INTO anchor(boot, bt, utc, error, source) VALUES(?1, ?2, ?3, ?4, ?5)"),
      entity_(sql, "INSERT OR IGNORE INTO entity(id, name, kind) VALUES(?1, ?2, ?3)"),
      terms_(sql, "INSERT INTO terms(device, seq) VALUES(?1, ?2)"),
      // Of several kinds that bore the name, the one that was watched in that run.
      named_(sql,
             "SELECT e.id FROM entity e WHERE e.name = ?1 AND EXISTS(SELECT 1 FROM span s WHERE s.device = "
             "e.id AND s.run = ?2)"
             " ORDER BY e.id DESC LIMIT 1"),
      cut_spans_(sql, "DELETE FROM span WHERE device = ?1 AND run = ?2 AND from_bt >= ?3"),
      begin_span_(sql,
                  "INSERT OR REPLACE INTO span(device, run, from_bt, state, cause, reason, warnings, root, "
                  "recorded) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"),
      first_span_(sql, "SELECT NOT EXISTS(SELECT 1 FROM span WHERE device = ?1 AND run = ?2)"),
      blip_(sql, "INSERT INTO blip(device, run, from_bt, seq, to_bt, reason) VALUES(?1, ?2, ?3, ?4, ?5, ?6)"),
      open_incident_(sql,
                     "INSERT INTO incident(id, root, place, cause, reason, run, from_bt)"
                     " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)"),
      close_incident_(sql, "UPDATE incident SET end_run = ?2, end_bt = ?3 WHERE id = ?1 AND end_run IS NULL"),
      maintenance_(
          sql,
          "INSERT INTO maintenance(scope, from_utc, declared_utc, to_utc, ended_utc, author, reason, "
          "seq, boot, bt) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
          " ON CONFLICT DO UPDATE SET ended_utc = CASE WHEN ended_utc = 0 THEN excluded.ended_utc"
          " WHEN excluded.ended_utc = 0 THEN ended_utc ELSE min(ended_utc, excluded.ended_utc) END"),
      correction_(sql, "INSERT INTO correction(device, seq) VALUES(?1, ?2)"),
      declaration_(sql,
                   "INSERT INTO declaration(id, seq, last) VALUES(?1, ?2, ?2)"
                   " ON CONFLICT DO UPDATE SET last = excluded.last"),
      must_have_(sql, "INSERT OR REPLACE INTO must_have(area, seq) VALUES(?1, ?2)"),
      identity_(sql, "INSERT INTO identity(device, seq) VALUES(?1, ?2)"),
      config_(sql, "INSERT INTO config(seq) VALUES(?1)"),
      run_(static_cast<std::uint32_t>(sql.integer("SELECT coalesce(max(id), 0) FROM run"))),
      boot_id_(static_cast<std::uint32_t>(sql.integer("SELECT boot FROM run ORDER BY id DESC LIMIT 1"))) {}

void Projection::project(const Record& record, const Entry& entry) {
  std::visit([&](const auto& one) { on(record, one); }, entry);
}

void Projection::on(const Record& record, const RunEntry& entry) {
  if (run_ > 0) {
    end_run_.run(run_, entry.previous_alive.bt, 0);
    end_incidents_.run(run_, entry.previous_alive.bt);
    for (const auto& [name, since] : entry.unconfirmed) {
      std::optional<DeviceId> device;
      if (auto rows = named_.rows(name, run_); rows.next()) device = static_cast<DeviceId>(rows.integer(0));
      if (!device || since.boot != boot_id_) continue;
      cut_spans_.run(number(*device), run_, since.bt);
      begin_span(*device, since.bt, {State::unknown, Cause::gateway, reason_id("unconfirmed")}, {});
    }
  }
  ++run_;
  boot_id_ = record.at.boot;
  boot_.run(boot_id_, entry.boot_uuid);
  run_row_.run(run_, boot_id_, record.at.bt, entry.version, record.seq);
}

void Projection::on(const Record& record, const StopEntry&) { end_run_.run(run_, record.at.bt, 1); }

void Projection::on(const Record&, const AnchorEntry& entry) {
  const Anchor& anchor = entry.anchor;
  anchor_.run(anchor.at.boot, anchor.at.bt, anchor.utc, anchor.error, number(anchor.source));
}

void Projection::on(const Record& record, const TermsEntry& entry) {
  if (!record.device) return;
  entity_.run(number(*record.device), entry.device, code(entry.terms.kind));
  terms_.run(number(*record.device), record.seq);
}

void Projection::on(const Record& record, const ChangeEntry& entry) {
  if (!record.device || entry.at.boot != boot_id_) return;
  // The first change of a run also tells what was before it: unknown(starting), as a rule.
  bool first = false;
  if (auto rows = first_span_.rows(number(*record.device), run_); rows.next()) first = rows.integer(0) != 0;
  if (first && entry.since.boot == boot_id_ && entry.since.bt < entry.at.bt) {
    begin_span(*record.device, entry.since.bt, entry.from, {});
  }
  begin_span(*record.device, entry.at.bt, entry.to, entry.root);
}

void Projection::begin_span(DeviceId device, Millis from_bt, const Standing& standing,
                            const std::string& root) {
  begin_span_.run(number(device), run_, from_bt, number(standing.state), number(standing.cause),
                  reason(standing.reason).code, joined(standing.warnings), unless_empty(root),
                  number(standing.recorded));
}

void Projection::on(const Record& record, const BlipEntry& entry) {
  if (!record.device || entry.from.boot != boot_id_) return;
  blip_.run(number(*record.device), run_, entry.from.bt, record.seq, entry.to.bt, reason(entry.reason).code);
}

void Projection::on(const Record& record, const IncidentEntry& entry) {
  // Its number is the seq of the record that opened it, which could not know it yet.
  if (entry.opened) {
    open_incident_.run(record.seq, entry.root, entry.place, number(entry.cause), reason(entry.reason).code,
                       run_, entry.at.bt);
  } else {
    close_incident_.run(entry.incident, run_, entry.at.bt);
  }
}

void Projection::on(const Record& record, const MaintenanceEntry& entry) {
  const Maintenance& m = entry.maintenance;
  maintenance_.run(entry.scope, m.period.from, m.declared, m.period.to, m.ended, m.author, m.reason,
                   record.seq, record.at.boot, record.at.bt);
}

void Projection::on(const Record& record, const CorrectionEntry& entry) {
  correction_.run(entry.device, record.seq);
}

void Projection::on(const Record& record, const DeclarationEntry& entry) {
  declaration_.run(entry.id, record.seq);
}

void Projection::on(const Record& record, const MustHaveEntry& entry) {
  must_have_.run(entry.area, record.seq);
}

void Projection::on(const Record& record, const IdentityEntry&) {
  if (record.device) identity_.run(number(*record.device), record.seq);
}

void Projection::on(const Record& record, const ConfigEntry&) { config_.run(record.seq); }

int projection_version(Sql& sql) {
  return static_cast<int>(sql.integer("SELECT value FROM meta WHERE key = '.projection'"));
}

Result<void> rebuild_projections(Sql& sql) {
  const auto set_version = [&](int version) {
    Statement(sql, "INSERT OR REPLACE INTO meta(key, value) VALUES('.projection', ?1)").run(version);
  };
  {
    Transaction empty(sql);
    set_version(0);
    drop_projections(sql);
    create_projections(sql);
    empty.commit();
  }
  Projection projection(sql);
  Statement some(sql,
                 "SELECT seq, boot, bt, kind, device, body FROM log WHERE seq >= ?1 ORDER BY seq LIMIT ?2");
  for (Seq next = 0;;) {
    Transaction step(sql);
    const Seq from = next;
    {
      auto rows = some.rows(from, kStep);
      while (rows.next()) {
        const Record record = record_of(rows);
        const auto entry = decode(record.kind, record.body);
        if (!entry)
          return fail("record " + std::to_string(record.seq) + " cannot be read: " + entry.error().why);
        projection.project(record, *entry);
        next = record.seq + 1;
      }
    }
    if (next == from) set_version(kProjectionVersion);
    step.commit();
    if (next == from) return {};
  }
}

}  // namespace commune_watch::store
