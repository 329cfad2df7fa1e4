// Data files beside the configuration: models of makers' products, and public holidays by year.
#include <fmt/format.h>

#include <algorithm>

#include "settings/loading.hpp"
#include "settings/words.hpp"

namespace commune_watch {
namespace {

// The directory beside the configuration file first: a trial brings its own.
std::vector<std::string> directories(const Loading& loading, const std::string& beside,
                                     const std::vector<std::string>& others) {
  std::vector<std::string> all{join_path(directory_of(loading.places.file), beside)};
  for (const std::string& other : others) {
    if (std::ranges::find(all, other) == all.end()) all.push_back(other);
  }
  return all;
}

// Finds and parses <name>.toml; reports at `at`, where it was asked for, if it is not there.
std::optional<Node> data_file(Loading& loading, const std::vector<std::string>& folders, std::string_view key,
                              const std::string& name, Spot at) {
  std::vector<std::string> there;
  for (const std::string& folder : folders) {
    const std::string path = join_path(folder, name + ".toml");
    if (loading.disk.exists(path)) {
      const int file = loading.problems.add_file(path);
      const auto text = loading.disk.read(path);
      if (!text) {
        loading.problems.error({file, 1, 1}, "file", text.error().why);
        return std::nullopt;
      }
      auto node = parse_toml(*text, file);
      if (node) return std::move(*node);
      loading.problems.error(node.error().at, "syntax", node.error().why);
      return std::nullopt;
    }
    const auto others = loading.disk.toml_files(folder);
    if (!others) continue;  // only the hint is missing
    for (const std::string& other : *others) there.push_back(other.substr(0, other.size() - 5));
  }
  loading.problems.error(at, key,
                         fmt::format("there is no {}.toml in {}{}", name, fmt::join(folders, " or "),
                                     hint(name, {there.begin(), there.end()})));
  return std::nullopt;
}

Node inner_table(Table& table, std::string_view key, Problems& problems) {
  const Field* field = table.field(key);
  Node none;
  none.at = table.header_at();
  if (field == nullptr) return none;
  if (field->value.type == Node::Type::table) return field->value;
  problems.error(field->value.at, key,
                 fmt::format("is {}; write it as a table: [{}]", what_it_is(field->value), key));
  return none;
}

std::unique_ptr<Model> parse_model(Loading& loading, const std::string& id, const Node& node) {
  Problems& problems = loading.problems;
  const std::size_t before = problems.count();
  auto model = std::make_unique<Model>();
  Table file{node, "a model file", problems};
  const Node head = inner_table(file, "model", problems);
  Table table{head, "[model]", problems};
  model->at = head.at;
  model->id = table.id("id", Table::Need::required);
  model->maker = table.text("maker", Table::Need::required);
  model->title = table.text("title", Table::Need::required);
  model->driver = table.text("driver", Table::Need::required);
  table.text("source");  // where the options were read: for people
  model->options = inner_table(file, "options", problems);
  model->fill = inner_table(file, "fill", problems);
  table.refuse_unknown();
  file.refuse_unknown();
  if (!model->id.empty() && model->id != id)
    table.wrong("id", fmt::format("must be the file's name, '{}'", id));
  for (const Field& field : model->fill.fields) {
    if (field.value.type != Node::Type::text)
      problems.error(field.value.at, field.key,
                     "must be a text: the default, or \"\" where the device has to give it");
  }
  return problems.count() == before ? std::move(model) : nullptr;
}

}  // namespace

const Model* model_of(Loading& loading, const std::string& id, Spot at) {
  const auto folders = directories(loading, "models", loading.places.model_directories);
  const auto known = loading.models.find(id);
  if (known != loading.models.end()) {
    // Said again at every device that asks for it, so that each place is found in one run; a broken file is
    // told once.
    if (known->second == nullptr && std::ranges::none_of(folders, [&](const std::string& folder) {
          return loading.disk.exists(join_path(folder, id + ".toml"));
        })) {
      (void)data_file(loading, folders, "model", id, at);
    }
    return known->second.get();
  }
  auto& place = loading.models[id];
  if (const auto node = data_file(loading, folders, "model", id, at)) place = parse_model(loading, id, *node);
  return place.get();
}

std::vector<std::int32_t> holidays_of(Loading& loading, const std::string& name, Spot at) {
  const auto node = data_file(loading, directories(loading, "holidays", loading.places.holiday_directories),
                              "holidays", name, at);
  std::vector<std::int32_t> dates;
  if (!node) return dates;
  Problems& problems = loading.problems;
  Table file{*node, "a holiday file", problems};
  const auto year = file.integer("year", 2020, 2100);
  if (!file.has("year")) file.missing("year", "the year whose days these are");
  const Field* days = file.field("holiday");
  if (days == nullptr || !days->value.is_list_of_tables()) {
    file.wrong("holiday", "missing or not a list of tables: write [[holiday]] with date and name");
  } else {
    for (const Node& row : days->value.items) {
      Table table{row, "[[holiday]]", problems};
      table.text("name", Table::Need::required);
      table.text("basis");
      const Field* date = table.field("date");
      if (date == nullptr) {
        table.missing("date", "the local date");
      } else if (date->value.type != Node::Type::date) {
        table.wrong("date",
                    fmt::format("is {}; write a date without quotes: 2026-01-01", what_it_is(date->value)));
      } else if (year && date->value.integer / 10000 != *year) {
        table.wrong("date", fmt::format("is not in the file's year {}", *year));
      } else {
        dates.push_back(static_cast<std::int32_t>(date->value.integer));
      }
      table.refuse_unknown();
    }
  }
  file.refuse_unknown();
  return dates;
}

}  // namespace commune_watch
