// WS-Discovery as ONVIF devices speak it, pure: the question to everybody, and readers of what comes back.
//
// Read at: WS-Discovery 1.0 (2005/04) §5.2–5.3; ONVIF Core §7 (types and scopes). Whoever answers may be
// anybody: what is kept is capped and cleaned, and no host that an answer names is ever used.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace commune_watch::onvif {

inline constexpr std::uint16_t kDiscoveryPort = 3702;
inline constexpr std::string_view kDiscoveryGroup4 = "239.255.255.250", kDiscoveryGroup6 = "ff02::c";
inline constexpr std::size_t kMaxAnnounced = 64;  // in one answer
inline constexpr std::size_t kMaxDoors = 4;       // of one device

// Probe for dn:NetworkVideoTransmitter. `uuid` names this question.
std::string discovery_probe(std::string_view uuid);

struct Door {  // a device service, on the host that the answer came from
  std::string scheme;
  std::uint16_t port = 0;
  std::string target;
  friend bool operator==(const Door&, const Door&) = default;
};

struct Announced {
  std::string endpoint;                 // "urn:uuid:…": the same over all of its addresses
  std::string maker, model, name, mac;  // by its scopes; cleaned words
  bool recorder = false;                // it calls itself one
  std::vector<Door> doors;
  friend bool operator==(const Announced&, const Announced&) = default;
};

// ProbeMatches; of anything else nothing.
std::vector<Announced> read_announced(std::string_view datagram);

}  // namespace commune_watch::onvif
