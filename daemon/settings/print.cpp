// The merged configuration as TOML again: with origins for people, without for the hash; no secret in either.
#include <fmt/format.h>

#include <algorithm>

#include "settings/loading.hpp"

namespace commune_watch {
namespace {

constexpr std::string_view kSecretKeys[] = {"password", "token", "secret", "community", "passphrase"};

bool is_secret(std::string_view key) {
  return std::ranges::any_of(kSecretKeys, [&](std::string_view word) {
    return key == word || key.ends_with(std::string{"_"} + std::string{word});
  });
}

std::string key_text(std::string_view key) {
  const bool is_bare =
      !key.empty() &&
      key.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
          std::string_view::npos;
  return is_bare ? std::string{key} : toml_text(key);
}

std::string value_text(std::string_view key, const Node& node) {
  if (is_secret(key)) return "\"***\"";
  std::string out;
  switch (node.type) {
    case Node::Type::text:
      return toml_text(node.text);
    case Node::Type::list:
      for (const Node& item : node.items) out += (out.empty() ? "" : ", ") + value_text({}, item);
      return "[" + out + "]";
    case Node::Type::table:
      for (const Field& field : node.fields)
        out += (out.empty() ? " " : ", ") + key_text(field.key) + " = " + value_text(field.key, field.value);
      return "{" + out + (out.empty() ? "}" : " }");
    case Node::Type::other:
      return "\"?\"";  // refused anyway
    default:
      return node.text;
  }
}

class Printer {
 public:
  Printer(const Loading& loading, bool with_origins) : loading_(loading), with_origins_(with_origins) {}

  std::string print(const Node& root) {
    for (const Field& field : root.fields) {  // bare keys first: they would fall into the table before them
      if (!field.value.is_list_of_tables() && field.value.type != Node::Type::table) line(field);
    }
    for (const Field& field : root.fields) {
      if (field.value.is_list_of_tables()) {
        for (const Node& item : field.value.items) {
          out_ += fmt::format("\n[[{}]]\n", key_text(field.key));
          for (const Field& inner : item.fields) line(inner);
          model_lines(item);
        }
      } else if (field.value.type == Node::Type::table) {
        table(key_text(field.key), field.value);
      }
    }
    while (out_.starts_with('\n')) out_.erase(0, 1);
    return std::move(out_);
  }

 private:
  void line(const Field& field) {
    out_ += fmt::format("{} = {}", key_text(field.key), value_text(field.key, field.value));
    if (with_origins_) out_ += "  # " + loading_.problems.line_of(field.at);
    out_ += '\n';
  }

  void table(const std::string& path, const Node& node) {
    const auto is_table = [](const Field& field) { return field.value.type == Node::Type::table; };
    if (node.fields.empty() || !std::ranges::all_of(node.fields, is_table))
      out_ += fmt::format("\n[{}]\n", path);
    for (const Field& field : node.fields) {
      if (field.value.type != Node::Type::table) line(field);
    }
    for (const Field& field : node.fields) {
      if (field.value.type == Node::Type::table) table(path + "." + key_text(field.key), field.value);
    }
  }

  // What the model adds, as comments: it is in force, but was written elsewhere.
  void model_lines(const Node& device) {
    const Field* name = device.find("model");
    const auto model = name == nullptr ? loading_.models.end() : loading_.models.find(name->value.text);
    if (model == loading_.models.end() || model->second == nullptr) return;
    out_ += fmt::format("# driver = {}", toml_text(model->second->driver));
    out_ += with_origins_ ? "  # " + loading_.problems.line_of(model->second->at) + "\n" : "\n";
    for (const Node* more : {&model->second->options, &model->second->fill}) {
      for (const Field& field : more->fields) {
        if (device.find(field.key) != nullptr) continue;
        out_ += "# ";
        line(field);
      }
    }
  }

  const Loading& loading_;
  bool with_origins_;
  std::string out_;
};

// One line a value, each with the place where it belongs: for what changed between two configurations.
class Lines {
 public:
  explicit Lines(const Loading& loading) : loading_(loading) {}

  std::vector<std::string> of(const Node& root) {
    for (const Field& field : root.fields) {
      if (field.value.is_list_of_tables())
        rows(field);
      else if (field.value.type == Node::Type::table)
        table(field.key, field.value);
      else
        line({}, field);
    }
    for (const std::int32_t date : loading_.settings.commune.public_holidays)
      out_.push_back(fmt::format("commune holiday {}", date));
    return std::move(out_);
  }

 private:
  void line(std::string_view path, const Field& field) {
    out_.push_back(fmt::format("{}{}{} = {}", path, path.empty() ? "" : " ", key_text(field.key),
                               value_text(field.key, field.value)));
  }
  void table(const std::string& path, const Node& node) {
    for (const Field& field : node.fields) {
      if (field.value.type == Node::Type::table)
        table(path + "/" + field.key, field.value);
      else
        line(path, field);
    }
  }
  void rows(const Field& list) {
    int number = 0;
    for (const Node& item : list.value.items) {
      const Field* const id = item.find("id");
      ++number;  // of what has no id: its place in the list
      const auto path = list.key + "/" + (id == nullptr ? std::to_string(number) : id->value.text);
      for (const Field& field : item.fields) line(path, field);
      model(path, item);
    }
  }
  void model(const std::string& path, const Node& device) {
    const Field* const name = device.find("model");
    const auto found = name == nullptr ? loading_.models.end() : loading_.models.find(name->value.text);
    if (found == loading_.models.end() || found->second == nullptr) return;
    out_.push_back(path + " (model) driver = " + toml_text(found->second->driver));
    for (const Node* more : {&found->second->options, &found->second->fill})
      for (const Field& field : more->fields)
        if (device.find(field.key) == nullptr) line(path + " (model)", field);
  }

  const Loading& loading_;
  std::vector<std::string> out_;
};

}  // namespace

std::vector<std::string> merged_lines(const Loading& loading) { return Lines{loading}.of(loading.root); }

std::string merged_text(const Loading& loading, bool with_origins) {
  std::string text = Printer{loading, with_origins}.print(loading.root);
  if (!with_origins) {
    for (const std::int32_t date : loading.settings.commune.public_holidays)
      text += fmt::format("# holiday {}\n", date);
  }
  return text;
}

}  // namespace commune_watch
