// Login blocks between the law, which forgets, and the store, which does not.
#pragma once
#include <optional>
#include <string>

#include "gateway_house.hpp"
#include "poll/watch.hpp"

namespace commune_watch {

// Under which login this row's device is asked; none: without one.
std::optional<LoginKey> login_key(const House& house, const Row& row);

inline constexpr const char* kLoginIsBlocked =
    "đăng nhập đang bị chặn, xem `commune-watch login list` / the login is blocked, see `commune-watch login "
    "list`";

// What the store remembers holds: blocks, tries that settled nothing, and retries; but a block whose secret
// nobody uses any more is lifted. Call at the start and whenever the house has a new roster.
void restore_blocks(House& house);
void restore_tries(House& house);  // after the roster; the caller owes a commit
void lift_changed_secrets(House& house);

// The tag of the secret that the device's row bears now; empty: none.
LoginTag login_tag(const House& house, const LoginKey& key, DeviceId device);

// How many tries in a row have settled nothing, if the secret is still this one; durable with the next
// commit.
void put_tries(House& house, const LoginKey& key, int tries);

// A login was refused: block and record, durable with the commit that the caller owes at once. False: nobody
// uses that secret any more, and nothing was written.
bool put_refusal(House& house, const LoginKey& key, DeviceId device, const LoginTag& tag,
                 const std::string& words);

}  // namespace commune_watch
