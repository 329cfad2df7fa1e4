// Written by joining, read by taking apart: nothing in between can change a byte of the body.
#include "evidence/leaf.hpp"

#include <charconv>
#include <limits>

namespace commune_watch::evidence {
namespace {

// Takes digits up to a comma off the front: canonical, so no sign and no leading zero.
template <class Number>
bool take_number(std::string_view& rest, Number most, Number& number) {
  const auto* const end = rest.data() + rest.size();
  const auto read = std::from_chars(rest.data(), end, number);
  if (read.ec != std::errc() || number > most || read.ptr == end || *read.ptr != ',') return false;
  const auto digits = static_cast<std::size_t>(read.ptr - rest.data());
  if (rest[0] < '0' || rest[0] > '9' || (digits > 1 && rest[0] == '0')) return false;
  rest.remove_prefix(digits + 1);
  return true;
}

}  // namespace

std::string leaf(const Record& record) {
  const auto kind = code(record.kind);
  std::string line;
  line.reserve(record.body.size() + kind.size() + 40);
  line += "[\"";
  line += kind;
  line += "\",";
  line += std::to_string(record.at.boot);
  line += ',';
  line += std::to_string(record.at.bt);
  line += ',';
  line += record.body;
  line += ']';
  return line;
}

Hash leaf_hash(std::string_view leaf) {
  std::string bytes;
  bytes.reserve(leaf.size() + 1);
  bytes += '\0';
  bytes += leaf;
  return sha256(bytes);
}

Result<Record> read_leaf(std::string_view line) {
  std::string_view rest = line;
  if (!rest.starts_with("[\"") || !rest.ends_with(']')) return fail("a leaf is an array of four");
  rest.remove_prefix(2);
  const auto quote = rest.find('"');
  const auto kind = quote == std::string_view::npos ? std::nullopt : log_kind_of(rest.substr(0, quote));
  if (!kind) return fail("a leaf of a kind that this version does not know");
  rest.remove_prefix(quote + 1);
  Record record;
  record.kind = *kind;
  if (!rest.starts_with(',')) return fail("a leaf is an array of four");
  rest.remove_prefix(1);
  if (!take_number(rest, std::numeric_limits<std::uint32_t>::max(), record.at.boot) ||
      !take_number(rest, Millis{1} << 50, record.at.bt))
    return fail("a leaf whose moment is no moment");
  if (record.at.boot == 0) return fail("a leaf whose moment is no moment");
  record.body = rest.substr(0, rest.size() - 1);
  return record;
}

}  // namespace commune_watch::evidence
