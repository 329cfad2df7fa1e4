// The bundle's small files, both ways.
#include "evidence/bundle.hpp"

#include "domain/canonical.hpp"

namespace commune_watch::evidence {
namespace {

using canonical::Array;
using canonical::Object;
using canonical::Value;

Array hashes(const std::vector<Hash>& all) {
  Array items;
  for (const Hash& hash : all) items.emplace_back(hex(hash));
  return items;
}

bool read_hashes(const Value* value, std::vector<Hash>& hashes) {
  if (value == nullptr || value->array() == nullptr) return false;
  for (const Value& item : *value->array()) {
    const auto hash = item.text() == nullptr ? std::nullopt : hash_of_hex(*item.text());
    if (!hash) return false;
    hashes.push_back(*hash);
  }
  return true;
}

bool read_text(const Value& object, std::string_view key, std::string& text) {
  const Value* const value = object.find(key);
  if (value == nullptr || value->text() == nullptr) return false;
  text = *value->text();
  return true;
}

bool read_number(const Value& object, std::string_view key, std::int64_t& number) {
  const Value* const value = object.find(key);
  if (value == nullptr || value->number() == nullptr) return false;
  number = *value->number();
  return true;
}

}  // namespace

std::string write(const Proof& proof) {
  return canonical::write(Object{{"format", kFormat},
                                 {"origin", proof.origin},
                                 {"epoch", proof.epoch},
                                 {"period", proof.period},
                                 {"from", proof.from},
                                 {"to", proof.to},
                                 {"first", static_cast<std::int64_t>(proof.first)},
                                 {"base", hashes(proof.base)},
                                 {"previous", proof.previous},
                                 {"consistency", hashes(proof.consistency)}});
}

Result<Proof> read_proof(std::string_view json) {
  const auto value = canonical::read(json);
  if (!value) return std::unexpected(value.error());
  Proof proof;
  std::string format;
  std::int64_t first = -1;
  if (!read_text(*value, "format", format) || format != kFormat)
    return fail("its format is not " + std::string(kFormat) + ": another version of the program made it");
  if (!read_text(*value, "origin", proof.origin) || !read_text(*value, "epoch", proof.epoch) ||
      !read_text(*value, "period", proof.period) || !read_text(*value, "previous", proof.previous) ||
      !read_number(*value, "from", proof.from) || !read_number(*value, "to", proof.to) ||
      !read_number(*value, "first", first) || !read_hashes(value->find("base"), proof.base) ||
      !read_hashes(value->find("consistency"), proof.consistency))
    return fail("a key is missing or is not what it should be");
  if (first < 0 || proof.from >= proof.to || proof.to - proof.from > kLongestPeriod)
    return fail("its numbers are out of range");
  proof.first = static_cast<std::uint64_t>(first);
  return proof;
}

std::string write_lines(const std::vector<std::string>& texts) {
  std::string lines;
  for (const auto& text : texts) lines += canonical::write(text) + '\n';
  return lines;
}

Result<std::vector<std::string>> read_lines(std::string_view lines) {
  std::vector<std::string> texts;
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    if (end == std::string_view::npos) return fail("its last line has no end");
    const auto value = canonical::read(lines.substr(0, end));
    if (!value || value->text() == nullptr)
      return fail("line " + std::to_string(texts.size() + 1) + " is not a string in canonical JSON");
    texts.push_back(*value->text());
    lines.remove_prefix(end + 1);
  }
  return texts;
}

std::string write_checksums(const Files& files) {
  std::string sums;
  for (const auto& [name, bytes] : files) {
    if (name != "SHA256SUMS") sums += hex(sha256(bytes)) + "  " + name + '\n';
  }
  return sums;
}

std::string origin_of(std::string_view commune, std::string_view gateway) {
  return "commune-watch/" + std::string(commune) + '/' + std::string(gateway);
}

std::string rotation_text(std::string_view origin, std::string_view epoch, std::string_view previous,
                          std::string_view vkey) {
  std::string text = "commune-watch key\n";
  for (const auto line : {origin, epoch, previous.empty() ? std::string_view("-") : previous, vkey}) {
    text += line;
    text += '\n';
  }
  return text;
}

}  // namespace commune_watch::evidence
