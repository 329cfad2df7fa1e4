// What MQTT's reason codes say, for people (MQTT 5.0 table 2.4, MQTT 3.1.1 table 3.1).
#pragma once
#include <string>

namespace commune_watch::publish {

// "0x87 not authorized". `version` 5 or 4 (3.1.1); of a refused connection or message.
std::string reason_words(int version, int code);
// The broker knows us and does not want this login.
bool refuses_login(int version, int code);
bool refuses_version(int version, int code);

}  // namespace commune_watch::publish
