// SQLite's own quick_check cannot be cut into slices, so the large tables are walked in the order of their
// keys: every page is read (cell_size_check looks at its layout), keys must ascend, records must be gapless
// and their bodies readable.
#include "store/check.hpp"

#include <limits>

#include "domain/entry.hpp"
#include "store/log_table.hpp"

namespace commune_watch::store {
namespace {

constexpr Seq kTail = 256;        // records that are decoded before READY
constexpr Seq kSlice = 250;       // records decoded per slice
constexpr int kKeySlice = 2'000;  // keys compared per slice

// Read by every start.
constexpr std::array kStartTables{"entity", "tick", "cursor", "meta", "boot", "run", "anchor"};

// Few pages each: checked in one go by SQLite.
constexpr std::array kSmallTables{"entity", "tick",     "fact",     "note",       "login_block",
                                  "cursor", "retained", "meta",     "boot",       "run",
                                  "anchor", "terms",    "incident", "maintenance"};

std::string keys_of(const char* table, const char* a, const char* b, const char* c) {
  const auto key = std::string(a) + ", " + b + ", " + c;
  return "SELECT " + key + " FROM " + table + " WHERE (" + key + ") >= (?1, ?2, ?3) ORDER BY " + key +
         " LIMIT ?4";
}

}  // namespace

std::string record_trouble(const Record& record, Seq expected) {
  const auto which = "record " + std::to_string(record.seq);
  if (record.seq != expected) return which + " stands where " + std::to_string(expected) + " should";
  if (const auto entry = decode(record.kind, record.body); !entry)
    return which + " cannot be read: " + entry.error().why;
  return {};
}

std::string tail_trouble(Sql& sql) {
  LogTable log(sql);
  const Seq length = log.length();
  if (length > 0) {
    const auto first = log.read(0, 1);
    if (const auto trouble = record_trouble(first.at(0), 0); !trouble.empty()) return trouble;
    if (first[0].kind != LogKind::genesis) return "the log does not begin with its genesis";
  }
  Seq expected = length > kTail ? length - kTail : 0;
  for (const auto& record : log.read(expected, kTail)) {
    if (const auto trouble = record_trouble(record, expected++); !trouble.empty()) return trouble;
  }
  if (expected != length) return "the log's last records are missing";
  // A reader can have been told of nothing that was not durable.
  if (static_cast<Seq>(sql.integer("SELECT max((SELECT coalesce(max(seq), 0) FROM cursor), (SELECT "
                                   "coalesce(max(seq), 0) FROM tick))")) > length) {
    return "the log is shorter than what was already read from it";
  }
  for (const std::string table : kStartTables) {
    Statement all(sql, "SELECT * FROM " + table);
    all.run();
  }
  return {};
}

std::string whole_trouble(Sql& sql) {
  if (const auto said = sql.text("PRAGMA quick_check(1)"); said != "ok") return said;
  Sweep sweep(sql);
  std::string trouble;
  while (!sweep.step(trouble) && trouble.empty()) {
  }
  return trouble;
}

Sweep::Sweep(Sql& sql)
    : sql_(sql),
      log_(sql, "SELECT seq, boot, bt, kind, device, body FROM log WHERE seq >= ?1 ORDER BY seq LIMIT ?2"),
      span_(sql, keys_of("span", "device", "run", "from_bt")),
      hourly_(sql, keys_of("hourly", "hour", "device", "fact")),
      blip_(sql, keys_of("blip", "device", "run", "from_bt")) {}

bool Sweep::step(std::string& trouble) {
  bool done = true;
  if (phase_ == 0) {
    done = log_slice(trouble);
  } else if (phase_ <= 3) {
    done = key_slice(trouble);
  } else {
    small_table(kSmallTables.at(phase_ - 4), trouble);
  }
  if (!done || !trouble.empty()) return false;
  next_ = 0;
  started_ = false;
  phase_ = (phase_ + 1) % (kSmallTables.size() + 4);
  return phase_ == 0;
}

bool Sweep::log_slice(std::string& trouble) {
  auto rows = log_.rows(next_, kSlice);
  for (Seq read = 0; read < kSlice; ++read, ++next_) {
    if (!rows.next()) return true;
    trouble = record_trouble(record_of(rows), next_);
    if (!trouble.empty()) return false;
  }
  return false;
}

bool Sweep::key_slice(std::string& trouble) {
  constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
  Statement& keys = phase_ == 1 ? span_ : phase_ == 2 ? hourly_ : blip_;
  if (!started_) key_ = {kLeast, kLeast, kLeast};
  const auto from = key_;
  auto rows = keys.rows(from[0], from[1], from[2], kKeySlice);
  int read = 0;
  for (; rows.next(); ++read) {
    const std::array<std::int64_t, 3> key{rows.integer(0), rows.integer(1), rows.integer(2)};
    // The slice begins with the last key of the one before; blips may share a key.
    if (started_ && key < key_) {
      trouble = "keys of a table are out of order";
      return false;
    }
    key_ = key;
    started_ = true;
  }
  return read < kKeySlice || key_ == from;  // a slice of one and the same key: do not walk in place
}

void Sweep::small_table(const char* table, std::string& trouble) {
  const auto said = sql_.text("PRAGMA quick_check('" + std::string(table) + "')");
  if (said != "ok") trouble = said;
}

}  // namespace commune_watch::store
