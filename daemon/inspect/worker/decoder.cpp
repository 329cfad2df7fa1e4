// GStreamer's handles end here.
#include "inspect/worker/decoder.hpp"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/gst.h>
#include <gst/video/video.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "domain/reading.hpp"
#include "inspect/jpeg_header.hpp"
#include "inspect/statistics.hpp"

namespace commune_watch {
namespace {

struct Chain {
  std::string_view codec, depayloader, parser;  // no depayloader: the picture is a file, whole
  std::array<std::string_view, 2> decoders;     // in order of preference, with their properties
};

constexpr auto kChains = std::to_array<Chain>({
    {"H264", "rtph264depay", "h264parse", {"avdec_h264 max-threads=1 output-corrupt=false", "openh264dec"}},
    {"H265",
     "rtph265depay",
     "h265parse",
     {"avdec_h265 max-threads=1 output-corrupt=false", "libde265dec max-threads=1"}},
    {"JPEG", "rtpjpegdepay", "", {"jpegdec", ""}},
    {kJpegFile, "", "", {"jpegdec", ""}},
});
constexpr std::string_view kSmaller =
    "appsrc name=in format=time ! videoscale ! video/x-raw,pixel-aspect-ratio=1/1,width=";
constexpr auto kQualities = std::to_array({70, 30});  // of JPEG; the lower one where the first is too large
constexpr std::uint64_t kMostPixels = 40'000'000;     // a camera of 8,000 x 5,000
constexpr GstClockTime kPatience = 20 * GST_MSECOND;  // between looks at the bus
constexpr GstClockTime kSmallPatience = GST_SECOND;   // the alarm clock rings later

struct Unref {
  void operator()(GstElement* element) const { gst_object_unref(element); }
  void operator()(GstBus* bus) const { gst_object_unref(bus); }
  void operator()(GstCaps* caps) const { gst_caps_unref(caps); }
  void operator()(GstSample* sample) const { gst_sample_unref(sample); }
  void operator()(GstMessage* message) const { gst_message_unref(message); }
  void operator()(GError* error) const { g_error_free(error); }
  void operator()(gchar* text) const { g_free(text); }
};
template <class T>
using Held = std::unique_ptr<T, Unref>;

std::string_view element_of(std::string_view decoder) { return decoder.substr(0, decoder.find(' ')); }

bool installed(std::string_view element) {
  GstElementFactory* factory = gst_element_factory_find(std::string(element).c_str());
  if (factory != nullptr) gst_object_unref(factory);
  return factory != nullptr;
}

const Chain* chain_of(std::string_view codec) {
  const auto chain = std::ranges::find(kChains, codec, &Chain::codec);
  return chain == kChains.end() ? nullptr : &*chain;
}

// The decoder to use, with its properties; empty if a link is missing.
std::string_view decoder_of(const Chain& chain, const std::vector<std::string>& allowed) {
  for (const std::string_view before : {chain.depayloader, chain.parser})
    if (!before.empty() && !installed(before)) return {};
  for (const std::string_view decoder : chain.decoders) {
    const std::string_view element = element_of(decoder);
    if (element.empty() || (!allowed.empty() && std::ranges::find(allowed, element) == allowed.end()))
      continue;
    if (installed(element)) return decoder;
  }
  return {};
}

std::string pipeline_text(const Chain& chain, std::string_view decoder) {
  std::string text = "appsrc name=in format=time ! ";
  for (const std::string_view before : {chain.depayloader, chain.parser})
    if (!before.empty()) text.append(before).append(" ! ");
  text.append(decoder);
  return text +
         " ! videoconvert n-threads=1 ! video/x-raw,format=I420 ! appsink name=out sync=false max-buffers=2";
}

Held<GstCaps> caps_of(const inspect::Job& job) {
  if (job.codec == kJpegFile) return Held<GstCaps>(gst_caps_new_empty_simple(job.codec.c_str()));
  Held<GstCaps> caps(gst_caps_new_simple("application/x-rtp", "media", G_TYPE_STRING, "video",
                                         "encoding-name", G_TYPE_STRING, job.codec.c_str(), "clock-rate",
                                         G_TYPE_INT, static_cast<int>(std::min(job.clock_rate, 10'000'000U)),
                                         "payload", G_TYPE_INT, int{job.payload_type}, nullptr));
  if (job.parameter_sets.empty()) return caps;
  if (job.codec == "H264") {
    gst_caps_set_simple(caps.get(), "sprop-parameter-sets", G_TYPE_STRING, job.parameter_sets.c_str(),
                        nullptr);
  } else if (job.codec == "H265") {  // VPS;SPS;PPS
    std::string_view left = job.parameter_sets;
    for (const char* name : {"sprop-vps", "sprop-sps", "sprop-pps"}) {
      const std::string one(left.substr(0, left.find(';')));
      left.remove_prefix(std::min(left.size(), one.size() + 1));
      gst_caps_set_simple(caps.get(), name, G_TYPE_STRING, one.c_str(), nullptr);
    }
  }
  return caps;
}

// As if the same picture came again, `later` packets after the first time.
void come_again(GstBuffer* buffer, std::uint16_t later) {
  GstMapInfo map;
  if (!gst_buffer_map(buffer, &map, GST_MAP_READWRITE)) return;
  if (map.size >= 12) {
    const auto sequence = static_cast<std::uint16_t>((map.data[2] << 8 | map.data[3]) + later);
    map.data[2] = static_cast<guint8>(sequence >> 8);
    map.data[3] = static_cast<guint8>(sequence & 0xFF);
    const guint32 timestamp = GST_READ_UINT32_BE(map.data + 4) + 9'000;
    GST_WRITE_UINT32_BE(map.data + 4, timestamp);
  }
  gst_buffer_unmap(buffer, &map);
}

// How many there were. `later`: 0, or how many to count on from.
std::uint16_t feed(GstAppSrc* in, std::string_view packets, std::uint16_t later) {
  std::uint16_t count = 0;
  while (packets.size() > 2) {
    const std::size_t size =
        static_cast<unsigned char>(packets[0]) * 256U + static_cast<unsigned char>(packets[1]);
    packets.remove_prefix(2);
    if (size == 0 || size > packets.size()) break;
    GstBuffer* buffer = gst_buffer_new_allocate(nullptr, size, nullptr);
    gst_buffer_fill(buffer, 0, packets.data(), size);
    if (later != 0) come_again(buffer, later);
    packets.remove_prefix(size);
    if (gst_app_src_push_buffer(in, buffer) != GST_FLOW_OK) break;  // takes the buffer, also then
    ++count;
  }
  return count;
}

std::optional<std::string> error_on(GstBus* bus) {
  const Held<GstMessage> message(gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR));
  if (!message) return std::nullopt;
  GError* raw = nullptr;
  gst_message_parse_error(message.get(), &raw, nullptr);
  const Held<GError> error(raw);
  return std::string(error->message);
}

std::string smaller_text(int quality) {
  return std::string(kSmaller) + std::to_string(kPictureWidth) +
         " ! jpegenc quality=" + std::to_string(quality) + " ! appsink name=out sync=false max-buffers=1";
}

Plane plane_of(const GstVideoFrame& frame, guint component) {
  const auto* data = static_cast<const std::uint8_t*>(GST_VIDEO_FRAME_COMP_DATA(&frame, component));
  const int width = GST_VIDEO_FRAME_COMP_WIDTH(&frame, component),
            height = GST_VIDEO_FRAME_COMP_HEIGHT(&frame, component);
  const auto stride = static_cast<std::size_t>(GST_VIDEO_FRAME_COMP_STRIDE(&frame, component));
  const std::size_t size = stride * static_cast<std::size_t>(height - 1) + static_cast<std::size_t>(width);
  return {.samples = {data, size}, .width = width, .height = height, .stride = stride};
}

std::optional<PictureStatistics> statistics_of(GstSample* sample) {
  GstVideoInfo info;
  GstVideoFrame frame;
  if (!gst_video_info_from_caps(&info, gst_sample_get_caps(sample))) return std::nullopt;
  if (!gst_video_frame_map(&frame, &info, gst_sample_get_buffer(sample), GST_MAP_READ)) return std::nullopt;
  std::optional<PictureStatistics> statistics;
  if (GST_VIDEO_FRAME_WIDTH(&frame) > 0 && GST_VIDEO_FRAME_HEIGHT(&frame) > 0)
    statistics = measure(plane_of(frame, 0), plane_of(frame, 1), plane_of(frame, 2));
  gst_video_frame_unmap(&frame);
  return statistics;
}

std::string small_picture(GstSample* sample);

// A running pipeline; stopped before it goes.
class Running {
 public:
  explicit Running(const std::string& text) {
    GError* error = nullptr;
    pipeline_.reset(gst_parse_launch(text.c_str(), &error));
    if (error != nullptr) {
      words_ = error->message;
      g_error_free(error);
      pipeline_.reset();
      return;
    }
    bus_.reset(gst_element_get_bus(pipeline_.get()));
    in_.reset(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "in"));
    out_.reset(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "out"));
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() {
    if (pipeline_) gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
  }
  // False where a part of it is missing.
  bool start() {
    return pipeline_ && gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE;
  }
  // `hesitates`: the decoder gives a picture only when the next one comes; so the same one comes again.
  void look(const inspect::Job& job, std::string_view packets, bool hesitates, inspect::Answer& answer) {
    if (!pipeline_) {
      answer.look = Look::not_able;
      answer.words = clean_words(words_);
      return;
    }
    const auto caps = caps_of(job);
    gst_app_src_set_caps(GST_APP_SRC(in_.get()), caps.get());
    start();
    GstAppSrc* in = GST_APP_SRC(in_.get());
    if (job.codec == kJpegFile) {
      gst_app_src_push_buffer(in, gst_buffer_new_memdup(packets.data(), packets.size()));
    } else {
      const std::uint16_t count = feed(in, packets, 0);
      if (hesitates) feed(in, packets, count);
    }
    gst_app_src_end_of_stream(in);
    answer.look = Look::undecodable;
    answer.words = "no picture came out";
    for (GstClockTime waited = 0; waited < static_cast<GstClockTime>(job.limit) * GST_MSECOND;
         waited += kPatience) {
      const Held<GstSample> sample(gst_app_sink_try_pull_sample(GST_APP_SINK(out_.get()), kPatience));
      if (sample) {
        if (auto statistics = statistics_of(sample.get())) {
          answer.look = Look::seen;
          answer.words.clear();
          answer.statistics = *statistics;
          if (job.small_picture) answer.small_picture = small_picture(sample.get());
        }
        return;
      }
      if (const auto error = error_on(bus_.get())) answer.words = clean_words(*error);
      if (gst_app_sink_is_eos(GST_APP_SINK(out_.get())) || answer.words != "no picture came out") return;
    }
    answer.words = "no picture in time";
  }

  // What comes out of one picture that goes in; empty: nothing.
  std::string through(GstSample* sample) {
    if (!pipeline_) return {};
    gst_app_src_set_caps(GST_APP_SRC(in_.get()), gst_sample_get_caps(sample));
    start();
    gst_app_src_push_buffer(GST_APP_SRC(in_.get()), gst_buffer_ref(gst_sample_get_buffer(sample)));
    gst_app_src_end_of_stream(GST_APP_SRC(in_.get()));
    const Held<GstSample> out(gst_app_sink_try_pull_sample(GST_APP_SINK(out_.get()), kSmallPatience));
    GstMapInfo map;
    if (!out || !gst_buffer_map(gst_sample_get_buffer(out.get()), &map, GST_MAP_READ)) return {};
    std::string bytes(reinterpret_cast<const char*>(map.data), map.size);
    gst_buffer_unmap(gst_sample_get_buffer(out.get()), &map);
    return bytes;
  }

 private:
  std::string words_;
  Held<GstElement> pipeline_, in_, out_;
  Held<GstBus> bus_;
};

std::string small_picture(GstSample* sample) {
  for (const int quality : kQualities)
    if (std::string bytes = Running(smaller_text(quality)).through(sample); bytes.size() <= kMaxSmallPicture)
      return bytes;
  return {};
}

}  // namespace

Decoder::Decoder(std::vector<std::string> allowed) : allowed_(std::move(allowed)) {
  g_setenv("ORC_CODE", "backup",
           TRUE);  // no code is made at run time: the service's unit forbids it, and so do we
  gst_registry_fork_set_enabled(FALSE);  // a helper process would outlive our confinement
  gst_init(nullptr, nullptr);
  gst_debug_remove_log_function(nullptr);
}
Decoder::~Decoder() = default;

std::vector<std::string> Decoder::warm_up() {
  std::vector<std::string> able;
  for (const auto& chain : kChains) {
    const std::string_view decoder = decoder_of(chain, allowed_);
    if (decoder.empty()) continue;
    if (!Running(pipeline_text(chain, decoder)).start()) continue;
    able.push_back(std::string(chain.codec) + " " + std::string(element_of(decoder)));
  }
  if (!able.empty()) Running(smaller_text(kQualities[0])).start();
  return able;
}

inspect::Answer Decoder::look(const inspect::Job& job, std::string_view packets) {
  inspect::Answer answer;
  answer.job = job.id;
  if (job.codec == kJpegFile && jpeg_pixels(packets) > kMostPixels) {  // 300 bytes may ask for gigabytes
    answer.look = Look::undecodable;
    answer.words = "too many pixels";
    return answer;
  }
  const Chain* chain = chain_of(job.codec);
  const std::string_view decoder = chain != nullptr ? decoder_of(*chain, allowed_) : std::string_view{};
  if (decoder.empty()) {
    answer.look = Look::not_able;
    answer.words = clean_words("no decoder for " + job.codec + " is installed");
    return answer;
  }
  Running(pipeline_text(*chain, decoder)).look(job, packets, decoder == "openh264dec", answer);
  return answer;
}

}  // namespace commune_watch
