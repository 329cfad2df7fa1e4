// One short line of text.
#include "store/epochs.hpp"

#include <algorithm>
#include <charconv>

#include "store/log_table.hpp"

namespace commune_watch::store {

std::string with_epoch(const std::string& epochs, const Record& restore) {
  return epochs + std::to_string(restore.seq) + ' ' + short_hash(restore.body) + ';';
}

std::vector<Epoch> epochs_of(std::string_view text) {
  std::vector<Epoch> all;
  while (!text.empty()) {
    const auto end = std::min(text.find(';'), text.size()), space = std::min(text.find(' '), end);
    Epoch one;
    std::from_chars(text.data(), text.data() + space, one.from);
    if (space < end) one.name = text.substr(space + 1, end - space - 1);
    all.push_back(std::move(one));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return all;
}

void add_epoch(Sql& sql, const Record& restore) {
  Statement known(sql, "SELECT value FROM meta WHERE key = ?1");
  std::string epochs;
  if (auto rows = known.rows(std::string_view(kEpochsKey)); rows.next()) epochs = rows.text(0);
  Statement(sql, "INSERT OR REPLACE INTO meta(key, value) VALUES(?1, ?2)")
      .run(std::string_view(kEpochsKey), with_epoch(epochs, restore));
}

}  // namespace commune_watch::store
