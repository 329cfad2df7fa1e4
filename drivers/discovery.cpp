// Scopes are URIs: onvif://www.onvif.org/<what>/<percent-encoded words>.
#include "drivers/discovery.hpp"

#include <algorithm>
#include <optional>

#include "domain/reading.hpp"
#include "domain/url.hpp"
#include "drivers/onvif.hpp"
#include "drivers/xml.hpp"

namespace commune_watch::onvif {
namespace {

constexpr std::size_t kMostList = 4096;  // bytes of a list of scopes or addresses
constexpr std::string_view kScope = "onvif://www.onvif.org/";

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
      out += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return clean_words(out);
}

template <class Take>
void each_word(std::string_view list, Take take) {
  constexpr std::string_view kBlanks = " \t\r\n";
  while (true) {
    const auto begin = list.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) return;
    list.remove_prefix(begin);
    const auto end = std::min(list.find_first_of(kBlanks), list.size());
    take(list.substr(0, end));
    list.remove_prefix(end);
  }
}

void read_scope(std::string_view scope, Announced& into) {
  if (lower(scope.substr(0, kScope.size())) != kScope) return;
  scope.remove_prefix(kScope.size());
  const auto slash = scope.find('/');
  if (slash == std::string_view::npos) return;
  const std::string what = lower(scope.substr(0, slash));
  const std::string words = decoded(scope.substr(slash + 1));
  if (words.empty()) return;
  if (what == "type" && lower(words).find("recorder") != std::string::npos) into.recorder = true;
  std::string* const to = what == "manufacturer" || what == "mfr" ? &into.maker
                          : what == "hardware"                    ? &into.model
                          : what == "name"                        ? &into.name
                          : what == "mac"                         ? &into.mac
                                                                  : nullptr;
  if (to != nullptr && to->empty()) *to = words;
}

void read_door(std::string_view address, std::vector<Door>& doors) {
  const auto url = parse_url(address);
  const auto target = target_of(address);
  if (!url || !target || doors.size() >= kMaxDoors) return;
  Door door{.scheme = url->scheme, .port = url->port, .target = *target};
  if (std::ranges::find(doors, door) == doors.end()) doors.push_back(std::move(door));
}

}  // namespace

std::string discovery_probe(std::string_view uuid) {
  std::string text =
      "<?xml version=\"1.0\" encoding=\"utf-8\"?>"
      "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" "
      "xmlns:a=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\"><s:Header>"
      "<a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action><a:MessageID>uuid:";
  return text.append(uuid).append(
      "</a:MessageID><a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To></s:Header><s:Body>"
      "<d:Probe xmlns:d=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\">"
      "<d:Types xmlns:dn=\"http://www.onvif.org/ver10/network/wsdl\">dn:NetworkVideoTransmitter</d:Types>"
      "</d:Probe></s:Body></s:Envelope>");
}

std::vector<Announced> read_announced(std::string_view datagram) {
  const xml::Document document(datagram);
  const xml::Node root = document.root();
  std::vector<Announced> all;
  if (root.name() != "Envelope") return all;
  for (const xml::Node& match : root.at("Body/ProbeMatches").children("ProbeMatch")) {
    if (all.size() >= kMaxAnnounced) break;
    Announced one;
    one.endpoint = clean_words(match.at("EndpointReference/Address").text().value_or(""));
    one.recorder = lower(match.child("Types").text().value_or("")).find("recorder") != std::string::npos;
    const auto scopes = match.child("Scopes").text(kMostList).value_or("");
    each_word(scopes, [&](std::string_view scope) { read_scope(scope, one); });
    const auto addresses = match.child("XAddrs").text(kMostList).value_or("");
    each_word(addresses, [&](std::string_view address) { read_door(address, one.doors); });
    if (lower(one.model).find("nvr") != std::string::npos) one.recorder = true;
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace commune_watch::onvif
