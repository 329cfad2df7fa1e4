// The configuration file and conf.d/*.toml as one tree: lists of tables append, everything else may be
// written once.
#include <fmt/format.h>

#include "settings/loading.hpp"

namespace commune_watch {
namespace {

void merge(Node& into, Node&& from, Problems& problems, bool top) {
  std::map<std::string, std::size_t, std::less<>> known;  // in `into`; a file may hold a great many keys
  for (std::size_t i = 0; i < into.fields.size(); ++i) known.emplace(into.fields[i].key, i);
  for (Field& field : from.fields) {
    const auto [found, is_new] = known.try_emplace(field.key, into.fields.size());
    if (is_new) {
      into.fields.push_back(std::move(field));
      continue;
    }
    const Spot first = into.fields[found->second].at;
    Node& there = into.fields[found->second].value;
    if (there.type == Node::Type::table && field.value.type == Node::Type::table) {
      merge(there, std::move(field.value), problems, false);
    } else if (top && there.is_list_of_tables() && field.value.is_list_of_tables()) {
      for (Node& item : field.value.items) there.items.push_back(std::move(item));
    } else {
      problems.error(field.at, field.key,
                     fmt::format("is already set at {}; a key may be set once in all files together",
                                 problems.place(first)));
    }
  }
}

}  // namespace

bool read_sources(Loading& loading) {
  const std::string folder = join_path(directory_of(loading.places.file), "conf.d");
  std::vector<std::string> paths{loading.places.file};
  const auto names = loading.disk.toml_files(folder);
  if (names) {
    for (const std::string& name : *names) paths.push_back(join_path(folder, name));
  } else {
    // Half a configuration would look like devices that were taken away.
    loading.problems.error({loading.problems.add_file(folder), 1, 1}, "file", names.error().why);
  }

  loading.root.type = Node::Type::table;
  for (const std::string& path : paths) {
    const int file = loading.problems.add_file(path);
    const auto text = loading.disk.read(path);
    if (!text) {
      loading.problems.error({file, 1, 1}, "file", text.error().why);
      continue;
    }
    auto node = parse_toml(*text, file);
    if (!node) {
      loading.problems.error(node.error().at, "syntax", node.error().why);
      continue;
    }
    loading.root.at = {0, 1, 1};
    merge(loading.root, std::move(*node), loading.problems, true);
  }
  return !loading.problems.failed();
}

}  // namespace commune_watch
