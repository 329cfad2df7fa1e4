// A recorder's channels by its own word. It is asked as `probe` asks: by the daemon's prober if a daemon
// runs, else by one of ours, and under the same login law.
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/discover.hpp"
#include "settings/words.hpp"

namespace commune_watch {
namespace {

using Json = nlohmann::json;

Result<std::string> ask(const Common& common, const std::string& point) {
  const auto alive = common.client().alive();
  if (!alive) return std::unexpected(alive.error());
  if (*alive) {
    const auto reply = common.patient_client().post("/api/v1/probe/" + point);
    return reply ? Result<std::string>(reply->body) : std::unexpected(reply.error());
  }
  std::string answer;
  const auto done =
      probe_by_ourselves(common, {point}, [&](const std::string& json, const Wording&) { answer = json; });
  return done ? Result<std::string>(answer) : std::unexpected(done.error());
}

ShownChannel read_channel(const Json& sighting) {
  ShownChannel channel{.key = sighting.value("key", ""),
                       .address = sighting.value("address", ""),
                       .state = "unknown",
                       .words = {}};
  for (const auto& check : sighting.value("checks", Json::array())) {
    if (check.value("rung", "") != "connected") continue;
    channel.state = check.value("outcome", "unknown");
    channel.words = check.value("words", "");
  }
  return channel;
}

}  // namespace

int channels_of(const Common& common, const std::string& point) {
  if (const auto why = trouble_with_id(point); !why.empty()) {
    std::cerr << "--from-nvr: " << why << "\n";
    return kUsage;
  }
  const auto known = known_here(common);
  const auto answer = ask(common, point);
  if (!answer) {
    std::cerr << answer.error().why << "\n";
    return kBadNews;
  }
  const auto probe = Json::parse(*answer, nullptr, false);
  if (!probe.is_object() || probe.value("kind", "") != code(Kind::monitoring_point)) {
    std::cerr << point << ": không phải điểm giám sát / is not a monitoring point\n";
    return kBadNews;
  }
  std::vector<ShownChannel> all;
  for (const auto& sighting : probe.value("sightings", Json::array())) all.push_back(read_channel(sighting));
  if (all.empty()) {
    std::cerr << (common.json ? *answer : show(*answer, common.wording({{}, known.language, {}}), show_probe))
              << point << ": không cho biết kênh nào / tells no channel\n";
    return kBadNews;
  }
  std::cout << (common.json ? channels_json(point, all, known) + "\n" : channels_toml(point, all, known));
  if (!probe.value("complete", false)) std::cerr << "danh sách chưa đủ / the list is not complete\n";
  return kGood;
}

}  // namespace commune_watch
