#include "inspect/encoder.hpp"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/gst.h>

#include <span>
#include <stdexcept>

#include "wire/rtp_key_frame.hpp"
#include "wire/rtp_packet.hpp"
#include "wire/rtp_picture.hpp"

namespace commune_watch {
namespace {

std::string encoder_text(const Encoding& how) {
  const std::string rate = std::to_string(how.kilobits), every = std::to_string(how.key_frame_every);
  if (how.codec == "H264")
    return "x264enc tune=zerolatency speed-preset=veryfast threads=1 sliced-threads=false bitrate=" + rate +
           " key-int-max=" + every +
           " option-string=scenecut=0 ! rtph264pay pt=96 mtu=1400 config-interval=-1";
  if (how.codec == "H265")
    return "x265enc tune=zerolatency speed-preset=ultrafast bitrate=" + rate + " key-int-max=" + every +
           " option-string=pools=none:frame-threads=1:log-level=none ! rtph265pay pt=96 mtu=1400 "
           "config-interval=-1";
  if (how.codec == kJpegFile) return "jpegenc quality=60";
  return "jpegenc quality=60 ! rtpjpegpay pt=26 mtu=1400";
}

}  // namespace

CodedPicture encoded(const std::vector<Frame>& frames, const Encoding& how) {
  gst_init(nullptr, nullptr);
  const Frame& first = frames.at(0);
  const std::string text =
      "appsrc name=in format=time caps=video/x-raw,format=I420,width=" + std::to_string(first.width) +
      ",height=" + std::to_string(first.height) + ",framerate=" + std::to_string(how.frames_per_second) +
      "/1 ! " + encoder_text(how) + " ! appsink name=out sync=false";
  GError* error = nullptr;
  GstElement* pipeline = gst_parse_launch(text.c_str(), &error);
  if (error != nullptr) {
    const std::string why = error->message;
    g_error_free(error);
    throw std::runtime_error(why);
  }
  GstElement* in = gst_bin_get_by_name(GST_BIN(pipeline), "in");
  GstElement* out = gst_bin_get_by_name(GST_BIN(pipeline), "out");
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  const GstClockTime span = GST_SECOND / static_cast<GstClockTime>(how.frames_per_second);
  GstClockTime at = 0;
  for (const Frame& frame : frames) {
    GstBuffer* buffer = gst_buffer_new_allocate(nullptr, frame.bytes.size(), nullptr);
    gst_buffer_fill(buffer, 0, frame.bytes.data(), frame.bytes.size());
    GST_BUFFER_PTS(buffer) = at;
    GST_BUFFER_DURATION(buffer) = span;
    at += span;
    gst_app_src_push_buffer(GST_APP_SRC(in), buffer);
  }
  gst_app_src_end_of_stream(GST_APP_SRC(in));

  const SdpVideo video{.codec = how.codec};
  constexpr std::size_t kMost = 2 * 1024 * 1024;
  KeyFrameFinder finder(video, kMost);
  PicturePackets packets(video, kMost);
  CodedPicture last{.codec = how.codec,
                    .payload_type = static_cast<std::uint8_t>(how.codec == "JPEG" ? 26 : 96),
                    .clock_rate = 90'000,
                    .parameter_sets = {},
                    .packets = {}};
  const auto keep = [&](std::span<const std::byte> bytes) {
    if (how.codec == kJpegFile) {
      last.packets.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      return;
    }
    const auto packet = read_rtp(bytes);
    if (!packet) return;
    finder.add(*packet);
    if (!finder.found() || packet->timestamp == finder.timestamp()) packets.add(*packet, bytes);
    if (!finder.found()) return;
    last.packets = packets.take();
    finder = KeyFrameFinder(video, kMost);
    packets = PicturePackets(video, kMost);
  };
  while (GstSample* sample = gst_app_sink_pull_sample(GST_APP_SINK(out))) {
    const auto take = [&](GstBuffer* buffer) {
      GstMapInfo map;
      gst_buffer_map(buffer, &map, GST_MAP_READ);
      keep(std::as_bytes(std::span(map.data, map.size)));
      gst_buffer_unmap(buffer, &map);
    };
    if (GstBufferList* list = gst_sample_get_buffer_list(sample); list != nullptr) {
      for (guint i = 0; i < gst_buffer_list_length(list); ++i) take(gst_buffer_list_get(list, i));
    } else {
      take(gst_sample_get_buffer(sample));
    }
    gst_sample_unref(sample);
  }
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(in);
  gst_object_unref(out);
  gst_object_unref(pipeline);
  if (last.packets.empty()) throw std::runtime_error("no key frame came out of " + how.codec);
  return last;
}

}  // namespace commune_watch
