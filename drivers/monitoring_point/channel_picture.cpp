// Turns by the question's clock: a visit that does not know the time fetches nothing.
#include "drivers/monitoring_point/channel_picture.hpp"

#include <algorithm>

#include "domain/scene.hpp"

namespace commune_watch {
namespace {

constexpr Millis kShortestEvery = 1'000, kDay = 86'400'000;
constexpr Millis kShortest = 1'500, kLook = 4'000;  // for request and look; for the look
constexpr std::string_view kJpegBegins = "\xFF\xD8\xFF";

// No such page, or not for this account.
bool not_there(const HttpReply& reply) {
  if (reply.trouble != Trouble::none) return false;
  return (reply.status >= 400 && reply.status < 429) || reply.status == 501;
}

}  // namespace

std::string check_channel_pictures(const Options& options) {
  const std::int64_t every = options.integer("picture_every", kDay);
  return every < kShortestEvery || every > kDay ? "picture_every: must be from 1 s to 24 h" : "";
}

ChannelPictures::ChannelPictures(const Target& target)
    : wanted_(target.options.boolean("picture", true)),
      has_login_(target.login.has_value()),
      every_(target.options.integer("picture_every", 600'000)),
      keys_(target.pictured_keys) {}

RecorderChannel* ChannelPictures::turn(const Question& question, std::vector<RecorderChannel>& channels,
                                       Millis left) {
  if (!wanted_ || !question.utc_now || left < kShortest || (has_login_ && !question.may_log_in))
    return nullptr;
  now_ = *question.utc_now;
  RecorderChannel* next = nullptr;
  Millis longest = 0;
  for (RecorderChannel& channel : channels) {
    const bool compared = std::ranges::any_of(keys_, [&](const std::string& key) {
      return channel.key == key || channel.address == key || channel.serial == key;
    });
    if (!compared || channel.online == false) continue;
    const auto due = due_.try_emplace(channel.key, now_ - kDay).first;
    if (due->second > now_ + kDay) due->second = now_;  // the clock was set back
    const Millis late = now_ - due->second;
    if (late < longest || (late == longest && next != nullptr)) continue;
    longest = late;
    next = &channel;
  }
  if (next != nullptr) due_[next->key] = now_ + every_;
  return next;
}

void ChannelPictures::has_none(const RecorderChannel& channel) { due_[channel.key] = now_ + kDay; }

asio::awaitable<bool> ChannelPictures::take(Wire& wire, HttpReply reply, RecorderChannel& channel,
                                            Millis left, std::int64_t& spent_us) {
  if (not_there(reply)) {
    has_none(channel);
    co_return true;
  }
  if (reply.trouble != Trouble::none || reply.status != 200 || !reply.body.starts_with(kJpegBegins))
    co_return false;
  due_[channel.key] = now_ + every_;
  PictureRequest request{.picture = {.codec = std::string(kJpegFile),
                                     .payload_type = 0,
                                     .clock_rate = 90'000,
                                     .parameter_sets = {},
                                     .packets = std::move(reply.body)},
                         .limit = std::min(left, kLook)};
  const PictureReply seen = co_await wire.picture(std::move(request));
  spent_us += seen.took_us;
  if (seen.look == Look::seen) channel.picture = facts_of(seen.statistics);
  co_return false;
}

}  // namespace commune_watch
