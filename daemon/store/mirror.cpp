// A merge of two ascending walks. What is to be written is written once both have let go of their table.
#include "store/mirror.hpp"

#include <compare>

namespace commune_watch::store {
namespace {

constexpr std::int64_t kNoLimit = -1;

std::string key_of(Sql& sql, const std::string& table, int keys) {
  Statement names(sql, "SELECT name FROM pragma_table_info(?1) ORDER BY cid LIMIT ?2");
  std::string key;
  for (auto rows = names.rows(table, keys); rows.next();)
    key.append(key.empty() ? "" : ", ").append(rows.text(0));
  return key;
}

std::string parameters(int from, std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i)
    all.append(i > 0 ? ", ?" : "?").append(std::to_string(static_cast<std::size_t>(from) + i));
  return all;
}

std::size_t columns_of(Sql& sql, const std::string& table) {
  Statement count(sql, "SELECT count(*) FROM pragma_table_info(?1)");
  auto rows = count.rows(table);
  return rows.next() ? static_cast<std::size_t>(rows.integer(0)) : 0;
}

// Keys are integers, or text in the order of its bytes.
std::strong_ordering order(const Cell& a, const Cell& b) {
  if (a.type != b.type) return a.type <=> b.type;
  return a.type == Cell::Type::integer ? a.integer <=> b.integer : a.bytes <=> b.bytes;
}

std::strong_ordering order_of_keys(const Cell* ours, const Rows& theirs, std::size_t keys) {
  for (std::size_t i = 0; i < keys; ++i) {
    if (const auto one = order(ours[i], theirs.cell(static_cast<int>(i))); one != 0) return one;
  }
  return std::strong_ordering::equal;
}

bool same(const Cell* ours, const Rows& theirs, std::size_t columns) {
  for (std::size_t i = 0; i < columns; ++i) {
    if (!(ours[i] == theirs.cell(static_cast<int>(i)))) return false;
  }
  return true;
}

}  // namespace

Mirror::Reader::Reader(Sql& sql, const std::string& table, const std::string& key, int keys)
    : first(sql, "SELECT * FROM " + table + " ORDER BY " + key + " LIMIT ?1"),
      next(sql, "SELECT * FROM " + table + " WHERE (" + key + ") > (" +
                    parameters(2, static_cast<std::size_t>(keys)) + ") ORDER BY " + key + " LIMIT ?1") {}

Rows Mirror::Reader::rows(const Row& after, std::size_t most) {
  const auto limit = most > 0 ? static_cast<std::int64_t>(most) : kNoLimit;
  if (after.empty()) return first.rows(limit);
  Row values{{Cell::Type::integer, limit, {}}};
  values.insert(values.end(), after.begin(), after.end());
  return next.rows_of(values);
}

Mirror::Mirror(Sql& from, Sql& to, const std::string& table, int keys, Surplus surplus)
    : keys_(static_cast<std::size_t>(keys)),
      surplus_(surplus),
      columns_(columns_of(to, table)),
      from_(from, table, key_of(to, table, keys), keys),
      to_(to, table, key_of(to, table, keys), keys),
      put_(to, "INSERT OR REPLACE INTO " + table + " VALUES(" + parameters(1, columns_) + ")"),
      drop_(to, "DELETE FROM " + table + " WHERE (" + key_of(to, table, keys) + ") = (" +
                    parameters(1, keys_) + ")") {}

Cell Mirror::keep(Cell cell, std::deque<std::string>& in) const {
  if (!cell.bytes.empty()) cell.bytes = in.emplace_back(cell.bytes);
  return cell;
}

void Mirror::read(std::size_t rows) {
  cells_.clear();
  bytes_.clear();
  asked_ = rows;
  read_ = 0;
  for (auto some = from_.rows(after_, rows); some.next(); ++read_) {
    for (std::size_t i = 0; i < columns_; ++i) cells_.push_back(keep(some.cell(static_cast<int>(i)), bytes_));
  }
}

bool Mirror::apply() {
  const bool last = asked_ == 0 || read_ < asked_;
  std::vector<std::size_t> put;
  std::vector<Row> drop;
  std::deque<std::string> drop_bytes;
  {
    auto theirs = to_.rows(after_, 0);
    bool more = theirs.next();
    for (std::size_t ours = 0; ours < read_ || (more && last);) {
      const auto which = ours == read_ ? std::strong_ordering::greater
                         : !more       ? std::strong_ordering::less
                                       : order_of_keys(row(ours), theirs, keys_);
      if (which > 0) {
        Row key;
        for (std::size_t i = 0; surplus_ == Surplus::removed && i < keys_; ++i)
          key.push_back(keep(theirs.cell(static_cast<int>(i)), drop_bytes));
        if (!key.empty()) drop.push_back(std::move(key));
      } else {
        if (which < 0 || !same(row(ours), theirs, columns_)) put.push_back(ours);
        ++ours;
      }
      if (which >= 0) more = theirs.next();
    }
  }
  for (const auto& key : drop) drop_.run_of(key);
  for (const auto number : put) put_.run_of({row(number), columns_});
  std::deque<std::string> bytes;
  Row after;
  for (std::size_t i = 0; !last && i < keys_; ++i) after.push_back(keep(row(read_ - 1)[i], bytes));
  after_ = std::move(after);
  after_bytes_ = std::move(bytes);
  return last;
}

}  // namespace commune_watch::store
