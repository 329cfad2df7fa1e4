// A camera on a painted street, over real RTSP (gst-rtsp-server, Digest): its picture has a burnt-in clock
// and can be spoilt by order.
//
//   street_camera ADDRESS:PORT USER PASSWORD SEED      PORT 0 = any; ADDRESS is in 127.0.0.0/8, its last byte
//   is enough;
//                                                      PASSWORD - is read from the first line of standard
//                                                      input
//
// Prints READY PORT. Orders on standard input, each repeated when it is carried out: clean, black, covered,
// defocused, slate, frozen, moved, washed-out, slow (one frame a second).
#include <gst/app/gstappsrc.h>
#include <gst/gst.h>
#include <gst/rtsp-server/rtsp-server.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <map>
#include <optional>
#include <string>

#include "inspect/scenes.hpp"

namespace commune_watch {
namespace {

constexpr int kFramesPerSecond = 5;
const std::map<std::string, Mishap, std::less<>> kMishaps{
    {"clean", Mishap::none},          {"black", Mishap::black}, {"covered", Mishap::covered},
    {"defocused", Mishap::defocused}, {"slate", Mishap::slate}, {"moved", Mishap::moved}};

struct Camera {
  explicit Camera(std::uint64_t seed) : street(seed) {}
  Street street;
  std::string order = "clean";
  std::optional<Frame> still;
  std::uint64_t frames = 0, ticks = 0;
  GstElement* source = nullptr;

  Frame next() {
    const auto mishap = kMishaps.find(order);
    const int second = static_cast<int>(g_get_real_time() / 1'000'000 % 86'400);
    const Weather weather{.light = order == "washed-out" ? 2.4 : 0.9};
    return street.frame(weather, mishap == kMishaps.end() ? Mishap::none : mishap->second, second, ++frames);
  }

  void push() {
    if (source == nullptr || (order == "slow" && ++ticks % kFramesPerSecond != 0)) return;
    if (order != "frozen" || !still) still = next();
    GstBuffer* buffer = gst_buffer_new_allocate(nullptr, still->bytes.size(), nullptr);
    gst_buffer_fill(buffer, 0, still->bytes.data(), still->bytes.size());
    gst_app_src_push_buffer(GST_APP_SRC(source), buffer);
  }
};

void media_wanted(GstRTSPMediaFactory*, GstRTSPMedia* media, gpointer camera) {
  GstElement* element = gst_rtsp_media_get_element(media);
  GstElement* source = gst_bin_get_by_name_recurse_up(GST_BIN(element), "in");
  gst_util_set_object_arg(G_OBJECT(source), "format", "time");
  static_cast<Camera*>(camera)->source = source;  // held until the last viewer is gone
  g_signal_connect(media, "unprepared", G_CALLBACK(+[](GstRTSPMedia*, gpointer data) {
                     gst_clear_object(&static_cast<Camera*>(data)->source);
                   }),
                   camera);
  gst_object_unref(element);
}

gboolean order_came(GIOChannel* channel, GIOCondition, gpointer data) {
  gchar* line = nullptr;
  if (g_io_channel_read_line(channel, &line, nullptr, nullptr, nullptr) != G_IO_STATUS_NORMAL) std::exit(0);
  auto& camera = *static_cast<Camera*>(data);
  camera.order.assign(g_strstrip(line));
  g_free(line);
  std::cout << camera.order << "\n" << std::flush;
  return TRUE;
}

int run(const char* address, const char* user, const char* password, std::uint64_t seed) {
  gst_init(nullptr, nullptr);
  Camera camera(seed);
  std::string host(address, std::strcspn(address, ":"));
  if (host.find('.') == std::string::npos) host.insert(0, "127.0.0.");
  const char* port = std::strchr(address, ':') + 1;
  GstRTSPServer* server = gst_rtsp_server_new();
  gst_rtsp_server_set_address(server, host.c_str());
  gst_rtsp_server_set_service(server, port);

  GstRTSPAuth* auth = gst_rtsp_auth_new();
  GstRTSPToken* token =
      gst_rtsp_token_new(GST_RTSP_TOKEN_MEDIA_FACTORY_ROLE, G_TYPE_STRING, "viewer", nullptr);
  gst_rtsp_auth_set_supported_methods(auth, GST_RTSP_AUTH_DIGEST);
  gst_rtsp_auth_add_digest(auth, user, password, token);
  gst_rtsp_token_unref(token);
  gst_rtsp_server_set_auth(server, auth);

  GstRTSPMediaFactory* factory = gst_rtsp_media_factory_new();
  // The same quantizer always: a camera that is frozen sends the same bits, as a loop that plays again does.
  const std::string launch =
      "( appsrc name=in is-live=true do-timestamp=true "
      "caps=video/x-raw,format=I420,width=640,height=360,framerate=" +
      std::to_string(kFramesPerSecond) +
      "/1 ! x264enc tune=zerolatency speed-preset=ultrafast threads=1 pass=quant quantizer=26 key-int-max=5"
      " ! rtph264pay name=pay0 pt=96 config-interval=-1 )";
  gst_rtsp_media_factory_set_launch(factory, launch.c_str());
  gst_rtsp_media_factory_set_shared(factory, TRUE);
  gst_rtsp_media_factory_add_role(factory, "viewer", GST_RTSP_PERM_MEDIA_FACTORY_ACCESS, G_TYPE_BOOLEAN, TRUE,
                                  GST_RTSP_PERM_MEDIA_FACTORY_CONSTRUCT, G_TYPE_BOOLEAN, TRUE, nullptr);
  g_signal_connect(factory, "media-configure", G_CALLBACK(media_wanted), &camera);
  GstRTSPMountPoints* mounts = gst_rtsp_server_get_mount_points(server);
  gst_rtsp_mount_points_add_factory(mounts, "/live", factory);
  if (gst_rtsp_server_attach(server, nullptr) == 0) {
    std::fprintf(stderr, "street_camera: %s:%s is taken\n", host.c_str(), port);
    return 1;
  }
  GIOChannel* orders = g_io_channel_unix_new(0);
  g_io_add_watch(orders, static_cast<GIOCondition>(G_IO_IN | G_IO_HUP), order_came, &camera);
  g_timeout_add(
      1'000 / kFramesPerSecond,
      [](gpointer data) -> gboolean {
        static_cast<Camera*>(data)->push();
        return TRUE;
      },
      &camera);
  std::cout << "READY " << gst_rtsp_server_get_bound_port(server) << "\n" << std::flush;
  g_main_loop_run(g_main_loop_new(nullptr, FALSE));
  return 0;
}

}  // namespace
}  // namespace commune_watch

int main(int argc, char** argv) {
  if (argc != 5 || std::strchr(argv[1], ':') == nullptr) {
    std::fputs("usage: street_camera ADDRESS:PORT USER PASSWORD SEED\n", stderr);
    return 2;
  }
  std::string password = argv[3];
  if (password == "-") {  // by the byte: what follows belongs to the orders
    password.clear();
    for (char c = 0; ::read(0, &c, 1) == 1 && c != '\n';) password += c;
  }
  return commune_watch::run(argv[1], argv[2], password.c_str(), std::strtoull(argv[4], nullptr, 10));
}
