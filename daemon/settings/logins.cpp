// Logins with their secrets, and the broker that one of them is for.
#include <fmt/format.h>

#include "domain/url.hpp"
#include "settings/loading.hpp"
#include "settings/secrets.hpp"
#include "settings/words.hpp"

namespace commune_watch {
namespace {

using Need = Table::Need;
constexpr Millis kSecond = 1000, kMinute = 60'000;

Secret read_secret(Loading& loading, Table& table, const std::string& login, const std::string& file) {
  const LoadPlaces& places = loading.places;
  const auto [path, is_credential] = secret_place(places, loading.disk, file);
  if (!loading.disk.secret_exists(path)) {
    const std::string why =
        fmt::format("the secret file {} is not here; put it there: commune-watch secret set {}", path, login);
    if (places.allow_absent_secrets) {
      loading.problems.warning(table.at("password_file"), "password_file",
                               why + " (run and reload refuse to go on without it)");
    } else {
      table.wrong("password_file", why);
    }
    return {};
  }
  auto secret = loading.disk.read_secret(path, is_credential);
  if (secret) return Secret{std::move(*secret)};
  table.wrong("password_file", fmt::format("the secret file {} {}", path, secret.error().why));
  return {};
}

}  // namespace

void read_logins(Loading& loading) {
  for (const Field& field : table_of(loading, "login").fields) {
    if (field.value.type != Node::Type::table) {
      loading.problems.error(field.at, field.key, "is not a table; a login is written [login.<id>]");
      continue;
    }
    if (const std::string why = trouble_with_id(field.key); !why.empty())
      loading.problems.error(field.at, field.key, why);
    Table table{field.value, fmt::format("[login.{}]", field.key), loading.problems};
    LoginSettings login;
    login.id = field.key;
    login.username = table.text("username", Need::required);
    const std::string auth = table.text("auth");
    login.allow_basic = auth == "basic";
    if (!auth.empty() && auth != "basic" && auth != "digest")
      table.wrong("auth", "must be \"digest\" (the default) or \"basic\", which sends the password readably");
    const std::string file = table.text("password_file");
    const std::string password = table.text("password");
    if (table.has("password") && table.has("password_file")) {
      table.wrong("password", "given beside password_file; keep one of them");
    } else if (table.has("password")) {
      if (password.empty()) table.wrong("password", "empty");
      login.is_inline = true;
      login.password = Secret{password};
      loading.problems.warning(table.at("password"), "password",
                               "written into the configuration itself; put it into a file of mode 0600 and "
                               "name that: password_file");
    } else if (!file.empty()) {
      login.password = read_secret(loading, table, login.id, file);
    } else if (table.has("password_file")) {
      table.wrong("password_file", "empty");
    } else {
      table.missing("password_file",
                    "the name of a file of mode 0600 that holds the password, beside the configuration");
    }
    table.refuse_unknown();
    loading.login_spots.emplace(field.key, Loading::LoginSpots{field.value.at, table.at("auth")});
    loading.settings.logins.emplace(field.key, std::move(login));
  }
}

void read_mqtt(Loading& loading) {
  MqttSettings& mqtt = loading.settings.mqtt;
  const Node& node = table_of(loading, "mqtt");
  Table table{node, "[mqtt]", loading.problems};
  const std::string url = table.text("url");
  std::optional<Url> broker;
  if (has_login(url)) {
    table.wrong(
        "url",
        "contains a user name or password; take them out, make a [login.<id>] and write login = \"<id>\"");
  } else if (table.has("url")) {
    const auto parsed = parse_url(url);
    if (!parsed) {
      table.wrong("url", parsed.error().why);
    } else if (parsed->scheme != "mqtt" && parsed->scheme != "mqtts") {
      table.wrong("url", "must begin with mqtts:// (or mqtt://, which is not encrypted)");
    } else {
      broker = *parsed;
      mqtt.url = url;
    }
  } else if (!node.fields.empty()) {
    table.missing("url", "the broker: \"mqtts://broker.example:8883\"; without MQTT leave [mqtt] out");
  }
  if (const std::string login = table.id("login"); !login.empty()) {
    loading.refer(table, "login", "login", login);
    const auto found = loading.settings.logins.find(login);
    if (found != loading.settings.logins.end()) mqtt.login = found->second;
    const bool is_local =
        broker && (broker->host.starts_with("127.") || broker->host == "::1" || broker->host == "localhost");
    if (broker && broker->scheme == "mqtt" && !is_local)
      loading.problems.warning(table.at("url"), "url",
                               "the password goes over the network readably; use mqtts://");
  }
  mqtt.ca_file = table.text("ca_file");
  mqtt.client_id = table.text("client_id");
  mqtt.keep_alive = table.duration("keep_alive", 5 * kSecond, 20 * kMinute).value_or(mqtt.keep_alive);
  mqtt.window = table.integer("window", 1, 64).value_or(mqtt.window);
  mqtt.backlog_per_second = table.integer("backlog_per_second", 0, 100'000).value_or(mqtt.backlog_per_second);
  table.refuse_unknown();
}

}  // namespace commune_watch
