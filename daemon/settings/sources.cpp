// The configuration file and conf.d/*.toml as one tree: lists of tables append, everything else may be
// written once.
#include <fmt/format.h>

#include "settings/loading.hpp"

namespace commune_watch {
namespace {

void merge(Node& into, Node&& from, Problems& problems, bool top) {
  for (Field& field : from.fields) {
    const Field* found = into.find(field.key);
    if (found == nullptr) {
      into.fields.push_back(std::move(field));
      continue;
    }
    Node& there = into.fields[static_cast<std::size_t>(found - into.fields.data())].value;
    if (there.type == Node::Type::table && field.value.type == Node::Type::table) {
      merge(there, std::move(field.value), problems, false);
    } else if (top && there.is_list_of_tables() && field.value.is_list_of_tables()) {
      for (Node& item : field.value.items) there.items.push_back(std::move(item));
    } else {
      problems.error(field.at, field.key,
                     fmt::format("is already set at {}; a key may be set once in all files together",
                                 problems.place(found->at)));
    }
  }
}

}  // namespace

bool read_sources(Loading& loading) {
  const std::string folder = join_path(directory_of(loading.places.file), "conf.d");
  std::vector<std::string> paths{loading.places.file};
  for (const std::string& name : loading.disk.toml_files(folder)) paths.push_back(join_path(folder, name));

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
