// Login blocks between the law, which forgets, and the store, which does not.
#pragma once
#include <optional>
#include <string>

#include "gateway_house.hpp"

namespace commune_watch {

// Under which login this row's device is asked; none: without one.
std::optional<LoginKey> login_key(const House& house, const Row& row);

inline constexpr const char* kLoginIsBlocked =
    "đăng nhập đang bị chặn, xem `commune-watch login list` / the login is blocked, see `commune-watch login "
    "list`";

// What the store remembers holds; but a block whose secret nobody uses any more is lifted. Call at the start
// and whenever the house has a new roster.
void restore_blocks(House& house);
void lift_changed_secrets(House& house);

// A login was refused: block and record, durable with the commit that the caller owes at once.
void put_refusal(House& house, const LoginKey& key, DeviceId device, const std::string& words);

}  // namespace commune_watch
