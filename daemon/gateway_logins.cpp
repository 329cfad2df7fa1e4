// The secret itself never gets here: blocks carry a keyed hash of it.
#include "gateway_logins.hpp"

#include "domain/entry.hpp"

namespace commune_watch {
namespace {

const LoginSettings* login_of(const House& house, const Row& row) {
  const auto login = house.settings->logins.find(row.settings->login);
  return login == house.settings->logins.end() ? nullptr : &login->second;
}

}  // namespace

std::optional<LoginKey> login_key(const House& house, const Row& row) {
  const auto* login = login_of(house, row);
  if (login == nullptr) return std::nullopt;
  return LoginKey{host_of(row.settings->options), login->username};
}

void restore_blocks(House& house) {
  for (const auto& block : house.store->login_blocks())
    house.law.block({block.host, block.username}, block.left);
}

void lift_changed_secrets(House& house) {
  for (const auto& block : house.store->login_blocks()) {
    const Row* heir = nullptr;  // uses this login now
    bool as_refused = false;    // as long as one still would send what was refused, it stands
    for (const auto& [id, row] : house.roster.rows) {
      if (login_key(house, row) != LoginKey{block.host, block.username}) continue;
      const auto* login = login_of(house, row);
      heir = &row;
      as_refused =
          as_refused || house.store->secret_tag(block.username, login->password.reveal()) == block.tag;
    }
    if (heir == nullptr || as_refused) continue;
    house.law.lift({block.host, block.username});
    house.store->drop_login_block(block.host, block.username);
    LoginBlockEntry entry{block.host, block.username, heir->settings->id, "", false, "secret-changed"};
    house.store->append(house.now(), heir->subject.id, entry);
  }
}

void put_refusal(House& house, const LoginKey& key, DeviceId device, const std::string& words) {
  LoginBlock block;
  block.host = key.host;
  block.username = key.username;
  block.since_utc = house.utc_now();
  block.left = LoginLaw::kBlockFor;
  block.device = house.id_of(device);
  block.words = words;
  if (const auto* row = house.roster.find(block.device))
    if (const auto* login = login_of(house, *row))
      block.tag = house.store->secret_tag(key.username, login->password.reveal());
  house.store->put_login_block(block);
  LoginBlockEntry entry{key.host, key.username, block.device, words, true, "device"};
  house.store->append(house.now(), device, entry);
}

}  // namespace commune_watch
