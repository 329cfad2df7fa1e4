// The secret itself never gets here: blocks carry a keyed hash of it.
#include "gateway_logins.hpp"

#include <algorithm>
#include <set>

#include "domain/entry.hpp"

namespace commune_watch {
namespace {

const LoginSettings* login_of(const House& house, const Row& row) {
  const auto login = house.settings->logins.find(row.settings->login);
  return login == house.settings->logins.end() ? nullptr : &login->second;
}

constexpr Seq kRecentRecords = 5'000;

// A person's retries of the last half hour, from the log: a restart forgives none.
void restore_retries(House& house) {
  const Millis utc = house.utc_now(), now = house.now().bt;
  const Seq end = house.store->next();
  for (Seq from = end > kRecentRecords ? end - kRecentRecords : 0; from < end;) {
    const auto records = house.store->read(from, 500);
    if (records.empty()) return;
    from = records.back().seq + 1;
    for (const Record& record : records) {
      if (record.kind != LogKind::login_block) continue;
      const auto entry = decode(record.kind, record.body);
      if (!entry) continue;
      const auto* word = std::get_if<LoginBlockEntry>(&*entry);
      const auto at = house.store->utc(record.at);
      if (word == nullptr || !at || !word->by.starts_with("retry ") || utc - *at >= LoginLaw::kRetryWindow)
        continue;
      house.law.remember_retry({word->host, word->username}, now - std::max<Millis>(0, utc - *at));
    }
  }
}

const Row* user_of(const House& house, const LoginKey& key) {
  for (const auto& [id, row] : house.roster.rows)
    if (login_key(house, row) == key) return &row;
  return nullptr;
}

std::string tries_key(const LoginKey& key) { return "login-tries/" + key.host + "/" + key.username; }

std::string hex(const LoginTag& tag) {
  std::string text;
  for (const std::byte each : tag) {
    text += "0123456789abcdef"[std::to_integer<unsigned>(each) >> 4U];
    text += "0123456789abcdef"[std::to_integer<unsigned>(each) & 15U];
  }
  return text;
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
  restore_retries(house);
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

LoginTag login_tag(const House& house, const LoginKey& key, DeviceId device) {
  const auto row = house.roster.rows.find(device);
  if (row == house.roster.rows.end() || login_key(house, row->second) != key) return {};
  return house.store->secret_tag(key.username, login_of(house, row->second)->password.reveal());
}

void put_tries(House& house, const LoginKey& key, int tries) {
  const Row* row = user_of(house, key);
  const std::string value = tries == 0 || row == nullptr
                                ? std::string()
                                : std::to_string(tries) + " " + hex(login_tag(house, key, row->subject.id));
  house.store->put_meta(tries_key(key), value);
}

void restore_tries(House& house) {
  std::set<LoginKey> seen;
  for (const auto& [id, row] : house.roster.rows) {
    const auto key = login_key(house, row);
    if (!key || !seen.insert(*key).second || house.law.blocked(*key)) continue;
    const auto value = house.store->meta(tries_key(*key)).value_or("");
    const auto space = value.find(' ');
    const auto tag = login_tag(house, *key, id);
    if (space == std::string::npos || value.substr(space + 1) != hex(tag)) continue;
    const bool again = value.substr(0, space) != "1";
    if (!again) {
      house.law.remember_unsettled(*key, 1);
    } else if (put_refusal(house, *key, id, tag, std::string(kNeverSettled))) {
      house.law.block(*key);
      put_tries(house, *key, 0);
    }
  }
}

bool put_refusal(House& house, const LoginKey& key, DeviceId device, const LoginTag& tag,
                 const std::string& words) {
  const bool used = std::ranges::any_of(house.roster.rows, [&](const auto& each) {
    return login_key(house, each.second) == key && login_tag(house, key, each.first) == tag;
  });
  if (!used) return false;
  LoginBlock block;
  block.host = key.host;
  block.username = key.username;
  block.since_utc = house.utc_now();
  block.left = LoginLaw::kBlockFor;
  block.device = house.id_of(device);
  block.words = words;
  block.tag = tag;
  house.store->put_login_block(block);
  LoginBlockEntry entry{key.host, key.username, block.device, words, true, "device"};
  house.store->append(house.now(), device, entry);
  put_tries(house, key, 0);
  return true;
}

}  // namespace commune_watch
