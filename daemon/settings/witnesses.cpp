// Who cosigns the gateway's log: [[witness]].
#include <fmt/format.h>

#include <map>

#include "domain/url.hpp"
#include "evidence/note.hpp"
#include "settings/loading.hpp"
#include "settings/words.hpp"

namespace commune_watch {
namespace {

using Need = Table::Need;

bool is_this_machine(std::string_view host) {
  return host.starts_with("127.") || host == "::1" || host == "localhost";
}

void read_url(Loading& loading, Table& table, WitnessSettings& witness) {
  const std::string url = table.text("url", Need::required);
  witness.allow_http = table.boolean("allow_http", false);
  if (url.empty()) return;
  if (has_login(url)) return table.wrong("url", "contains a user name or password; a witness asks for none");
  const auto parsed = parse_url(url);
  if (!parsed) return table.wrong("url", parsed.error().why);
  if (parsed->scheme != "https" && parsed->scheme != "http")
    return table.wrong("url", "must begin with https:// (or http://, which is not encrypted)");
  if (parsed->target.find_first_of("?#") != std::string::npos)
    return table.wrong("url", "ends with a path; /add-checkpoint is put behind it");
  witness.url = url;
  if (parsed->scheme == "https" || is_this_machine(parsed->host)) return;
  if (witness.allow_http)
    loading.problems.warning(
        table.at("url"), "url",
        "not encrypted: nobody can forge the answers, but others on the way can read them "
        "or keep them away");
  else
    table.wrong("url", "http:// beyond this machine; use https://, or inside a VPN write allow_http = true");
}

}  // namespace

void read_witnesses(Loading& loading) {
  std::map<std::string, Spot> seen;
  for (const Node& node : rows_of(loading, "witness")) {
    Table table{node, "[[witness]]", loading.problems};
    WitnessSettings witness;
    read_url(loading, table, witness);
    witness.ca_file = table.text("ca_file");
    witness.key = table.text("key", Need::required);
    if (!witness.key.empty()) {
      const auto key = evidence::PublicKey::of(witness.key);
      const auto [there, is_new] = seen.emplace(witness.key, table.at("key"));
      if (!key)
        table.wrong("key", key.error().why + "; `commune-watch witness key` prints the right one");
      else if (key->use != evidence::KeyUse::witness)
        table.wrong("key", "this is the key of a gateway's log, not that of a witness");
      else if (!is_new)
        table.wrong("key",
                    fmt::format("this witness is already at {}", loading.problems.place(there->second)));
      else
        witness.name = key->name;
    }
    table.refuse_unknown();
    loading.settings.witnesses.push_back(std::move(witness));
  }
}

}  // namespace commune_watch
