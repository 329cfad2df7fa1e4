// What a recorder shows of its channels, fetched in turn and handed to the inspector, so that it can be
// compared with what the cameras themselves show: the same for every maker's API.
//
// At most one channel a visit, each at most once in `picture_every`; only channels whose camera's own picture
// is looked at, and that the recorder does not call offline. A recorder that has no pictures to give, or not
// for this account, is asked again after a day; nothing of that is ever a failure.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "drivers/monitoring_point/recorder.hpp"

namespace commune_watch {

inline constexpr Option kChannelPictureOption{
    "picture", OptionType::boolean, false, "true",
    "Fetch what the recorder shows of a channel, to compare it with the camera's own picture."};
inline constexpr Option kPictureEveryOption{"picture_every", OptionType::duration, false, "10min",
                                            "How often each channel's picture is fetched, at most."};
std::string check_channel_pictures(const Options& options);  // empty, or "key: why"

class ChannelPictures {
 public:
  static constexpr std::size_t kMaxBody = 3 * 1024 * 1024;  // of a JPEG: 8 megapixels

  explicit ChannelPictures(const Target& target);

  // Whose turn it is; null: nobody's in this visit. `left`: until the visit has to end.
  RecorderChannel* turn(const Question& question, std::vector<RecorderChannel>& channels, Millis left);
  // The answer to the request for the picture of the channel whose turn it was: its facts, where it is a
  // picture. True: the recorder has none under this address.
  asio::awaitable<bool> take(Wire& wire, HttpReply reply, RecorderChannel& channel, Millis left,
                             std::int64_t& spent_us);
  // Of the channel whose turn it was: nobody knows where its picture is. It is asked for again after a day.
  void has_none(const RecorderChannel& channel);

 private:
  bool wanted_, has_login_;
  Millis every_;
  std::vector<std::string> keys_;
  std::map<std::string, Millis> due_;  // UTC, by channel; the process may forget it at any time
  Millis now_ = 0;                     // of the last turn
};

}  // namespace commune_watch
