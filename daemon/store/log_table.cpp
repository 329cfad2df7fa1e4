// Records to rows and back.
#include "store/log_table.hpp"

#include <sodium.h>

#include <array>

namespace commune_watch::store {

Record record_of(const Rows& row) {
  Record record;
  record.seq = static_cast<Seq>(row.integer(0));
  record.at = {static_cast<std::uint32_t>(row.integer(1)), row.integer(2)};
  record.kind = static_cast<LogKind>(row.integer(3));
  if (!row.null(4)) record.device = static_cast<DeviceId>(row.integer(4));
  record.body = row.text(5);
  return record;
}

LogTable::LogTable(Sql& sql)
    : append_(sql, "INSERT INTO log(seq, boot, bt, kind, device, body) VALUES(?1, ?2, ?3, ?4, ?5, ?6)"),
      read_(sql, "SELECT seq, boot, bt, kind, device, body FROM log WHERE seq >= ?1 ORDER BY seq LIMIT ?2"),
      last_(sql, "SELECT coalesce(max(seq) + 1, 0) FROM log"),
      landmarks_(sql, "SELECT seq FROM log WHERE kind IN (15, 18) AND kind = ?1 ORDER BY seq") {}

void LogTable::append(const Record& record) {
  std::optional<std::uint32_t> device;
  if (record.device) device = static_cast<std::uint32_t>(*record.device);
  append_.run(record.seq, record.at.boot, record.at.bt, static_cast<int>(record.kind), device,
              std::as_bytes(std::span(record.body)));
}

std::vector<Record> LogTable::read(Seq from, std::size_t most) {
  std::vector<Record> records;
  auto rows = read_.rows(from, most);
  while (rows.next()) records.push_back(record_of(rows));
  return records;
}

Seq LogTable::length() {
  auto rows = last_.rows();
  return rows.next() ? static_cast<Seq>(rows.integer(0)) : 0;
}

std::string LogTable::epoch() {
  const auto first = read(0, 1);
  return first.empty() ? std::string() : short_hash(first[0].body);
}

std::string short_hash(std::string_view body) {
  std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
  crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(body.data()), body.size());
  std::array<char, 9> hex{};
  sodium_bin2hex(hex.data(), hex.size(), hash.data(), 4);
  return hex.data();
}

std::vector<Seq> LogTable::landmarks(LogKind kind) {
  std::vector<Seq> all;
  for (auto rows = landmarks_.rows(static_cast<int>(kind)); rows.next();)
    all.push_back(static_cast<Seq>(rows.integer(0)));
  return all;
}

}  // namespace commune_watch::store
