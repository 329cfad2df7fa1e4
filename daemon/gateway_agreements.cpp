// The log is asked what it says last, and only what differs is appended.
#include "gateway_agreements.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "domain/entry.hpp"

namespace commune_watch {
namespace {

constexpr const char* kHashKey = "configuration";
constexpr const char* kLinesKey =
    "configuration-lines";  // working memory: what the next one is compared with
constexpr std::size_t kLongestLine = 300, kMostBytes = 300'000;  // a record has to stay readable
constexpr const char* kNotKept =
    "? bản cấu hình trước không được lưu để so sánh / the configuration before was not kept to compare with";

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  return text;
}

std::string_view key_of(std::string_view line) { return line.substr(0, line.find(" = ")); }

std::string shortened(std::string line) {
  if (line.size() <= kLongestLine) return line;
  auto end = kLongestLine;
  while ((static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U) --end;  // not within a character
  return line.substr(0, end) + "…";
}

// The first row of a zone rules everything before it, wherever it says that it begins.
bool same_zone(const std::vector<Zone::Change>& a, const std::vector<Zone::Change>& b) {
  if (a.empty() || b.empty()) return a.empty() == b.empty();
  return a.front().offset == b.front().offset && std::equal(a.begin() + 1, a.end(), b.begin() + 1, b.end());
}

std::vector<std::string> keep_terms(House& house) {
  std::vector<std::string> changed;
  const auto put = [&](DeviceId id, const std::string& name, const Terms& terms) {
    changed.push_back(name);
    TermsEntry entry{name, terms};
    house.store->append(house.now(), id, entry);
  };
  for (const auto& [id, row] : house.roster.rows) {
    const auto known = house.store->terms(id);
    if (known.empty() || known.back().terms != row.terms) put(id, row.settings->id, row.terms);
  }
  for (auto id : house.store->known_devices()) {
    if (house.roster.rows.contains(id)) continue;
    const auto known = house.store->terms(id);
    if (known.empty() || !known.back().terms.enrolled) continue;
    auto retired = known.back().terms;
    retired.enrolled = false;
    put(id, house.store->name_of(id).value_or(""), retired);
  }
  return changed;
}

// An area that never had a denominator needs no record; one that left has an empty one from now on.
void keep_denominators(House& house) {
  std::map<std::string, MustHaveEntry> wanted, known;
  for (const auto& place : house.settings->places)
    wanted["place/" + place.id] = {"place/" + place.id, place.must_have, place.basis};
  for (const auto& hamlet : house.settings->hamlets)
    wanted["hamlet/" + hamlet.id] = {"hamlet/" + hamlet.id, hamlet.must_have, hamlet.basis};
  for (auto& entry : house.store->must_have()) {
    wanted.try_emplace(entry.area, MustHaveEntry{entry.area, {}, {}});
    known[entry.area] = std::move(entry);
  }
  for (const auto& [area, entry] : wanted) {
    const auto last = known.find(area);
    const bool same = last == known.end()
                          ? entry.must.empty() && entry.basis.empty()
                          : entry.must == last->second.must && entry.basis == last->second.basis;
    if (!same) house.store->append(house.now(), std::nullopt, entry);
  }
}

void keep_configuration(House& house, const std::string& by, std::vector<std::string> changed) {
  const Settings& settings = *house.settings;
  const auto last = house.store->config();
  const auto hash = house.store->meta(kHashKey);
  const bool told = last && last->timezone == settings.commune.timezone &&
                    same_zone(last->zone, settings.commune.zone.changes());
  if (told && changed.empty() && hash == settings.sha256) return;
  ConfigEntry config;
  config.sha256 = settings.sha256;
  config.by = by;
  config.changed = std::move(changed);
  config.timezone = settings.commune.timezone;
  config.zone = settings.commune.zone.changes();
  const auto before = house.store->meta(kLinesKey);
  config.changes = differences(split(before.value_or("")), settings.lines);
  if (!before && hash) config.changes.insert(config.changes.begin(), kNotKept);
  house.store->append(house.now(), std::nullopt, config);
  house.store->put_meta(kHashKey, settings.sha256);
  house.store->put_meta(kLinesKey, joined(settings.lines));
}

}  // namespace

std::vector<std::string> differences(const std::vector<std::string>& before,
                                     const std::vector<std::string>& now, std::size_t most) {
  std::multiset<std::string_view> gone(before.begin(), before.end());
  std::multimap<std::string_view, std::string_view> come;  // by key; equal keys in their order
  for (const std::string& line : now) {
    if (const auto same = gone.find(line); same != gone.end())
      gone.erase(same);
    else
      come.emplace(key_of(line), line);
  }
  std::vector<std::string> all;
  std::set<std::string_view> told;
  const auto tell = [&](std::string_view key) {
    if (!told.insert(key).second) return;
    const auto [first, last] = come.equal_range(key);
    for (auto line = first; line != last; ++line) all.push_back(shortened("+ " + std::string(line->second)));
  };
  for (const std::string& line : before) {
    const auto left = gone.find(line);
    if (left == gone.end()) continue;
    gone.erase(left);
    all.push_back(shortened("- " + line));
    tell(key_of(line));
  }
  for (const std::string& line : now) tell(key_of(line));

  std::size_t fits = 0, bytes = 0;
  while (fits < all.size() && fits < most && bytes + all[fits].size() <= kMostBytes)
    bytes += all[fits++].size();
  if (fits == all.size()) return all;
  const auto more = std::to_string(all.size() - fits);
  all.resize(fits);
  all.push_back("… và " + more + " dòng nữa / and " + more + " more lines");
  return all;
}

void keep_agreements(House& house, const std::string& by) {
  auto changed = keep_terms(house);
  keep_denominators(house);
  keep_configuration(house, by, std::move(changed));
}

}  // namespace commune_watch
