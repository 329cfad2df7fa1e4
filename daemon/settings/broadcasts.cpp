// Scheduled broadcasts: checked now, judged by the sessions that later work adds.
#include <fmt/format.h>

#include <algorithm>

#include "domain/url.hpp"
#include "settings/loading.hpp"
#include "settings/words.hpp"

namespace commune_watch {
namespace {

using Need = Table::Need;

constexpr std::string_view kTopics[] = {"chuyen-doi-so", "canh-bao",   "dich-vu-cong",      "quy-hoach",
                                        "ngan-sach",     "ky-nang-so", "an-toan-thong-tin", "thoi-su-vov",
                                        "thoi-su-tinh",  "khac"};

}  // namespace

void read_broadcasts(Loading& loading) {
  for (const Node& node : rows_of(loading, "broadcast")) {
    Table table{node, "[[broadcast]]", loading.problems};
    BroadcastSettings broadcast;
    broadcast.origin = loading.problems.line_of(node.at);
    broadcast.speakers = ids_in(loading, table, "speakers");
    if (!table.has("speakers")) table.missing("speakers", "the [[speaker_cluster]]s that play it");
    if (const Field* speakers = table.field("speakers")) {
      if (speakers->value.type == Node::Type::list && speakers->value.items.empty())
        table.wrong("speakers", "empty; name the [[speaker_cluster]]s that play it");
      for (const Node& item : speakers->value.items) {
        if (trouble_with_id(item.text).empty())
          loading.references.push_back({item.at, "speakers", "speaker_cluster", item.text});
      }
    }
    broadcast.days = table.text("days", Need::required);
    if (const auto days = parse_days(broadcast.days); !days && !broadcast.days.empty())
      table.wrong("days", days.error().why);
    broadcast.from = table.text("from", Need::required);
    broadcast.to = table.text("to", Need::required);
    const auto from = parse_clock(broadcast.from, false), to = parse_clock(broadcast.to, true);
    if (!from && !broadcast.from.empty()) table.wrong("from", from.error().why);
    if (!to && !broadcast.to.empty()) table.wrong("to", to.error().why);
    if (from && to && *to <= *from)
      table.wrong("to", "not after 'from'; a broadcast over midnight is written as two");
    broadcast.source = table.text("source");
    if (has_login(broadcast.source)) {
      table.wrong("source",
                  "contains a user name or password; a broadcast's source is listened to without any");
    } else if (!broadcast.source.empty()) {
      if (const auto url = parse_url(broadcast.source); !url) table.wrong("source", url.error().why);
    }
    for (const auto& item : table.list("topics")) {
      if (std::ranges::find(kTopics, item.text) == std::end(kTopics)) {
        loading.problems.error(item.at, "topics",
                               fmt::format("unknown topic; there are {}{}", fmt::join(kTopics, ", "),
                                           hint(item.text, {std::begin(kTopics), std::end(kTopics)})));
      }
      broadcast.topics.push_back(item.text);
    }
    table.refuse_unknown();
    loading.settings.broadcasts.push_back(std::move(broadcast));
  }
}

}  // namespace commune_watch
