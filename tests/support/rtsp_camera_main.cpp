// rtsp_camera: the misbehaving camera of the tests as a program of its own.
//
//   rtsp_camera [HOST:]PORT USER PASSWORD FAULT…
// HOST: the last number of its address 127.0.0.x, else 1.
// FAULT: wrong-scheme (Basic only), stalls-at-once (after three packets), mpeg4 (a codec of old), tls=DAYS
// (RTSPS; its own certificate ends in so many days, or ended), or one of the map below. PORT 0: a free one.
// USER "": open to all. Prints "READY port"; on each line of standard input "credentialed N refused N basic N
// requests N connections N teardowns N"; ends when its standard input does. Its counts are what an outsider
// saw of the login law.
#include <cstdio>
#include <ctime>
#include <exception>
#include <iostream>
#include <map>
#include <string>

#include "support/rtsp_camera.hpp"

int main(int argc, char** argv) try {
  using commune_watch::RtspCamera;
  using Fault = RtspCamera::Fault;
  if (argc < 4) {
    std::fputs("usage: rtsp_camera PORT USER PASSWORD [FAULT]…\n", stderr);
    return 2;
  }
  const std::map<std::string, Fault> faults{{"redirect", Fault::redirect},
                                            {"silent", Fault::silent},
                                            {"http", Fault::http},
                                            {"not-found", Fault::not_found},
                                            {"forbidden", Fault::forbidden},
                                            {"full", Fault::setup_full},
                                            {"no-media", Fault::no_media},
                                            {"stalls", Fault::stalls},
                                            {"no-key-frame", Fault::no_key_frame},
                                            {"no-video", Fault::no_video},
                                            {"lossy", Fault::lossy},
                                            {"one-viewer", Fault::one_viewer},
                                            {"no-transport", Fault::no_transport}};
  RtspCamera::Script script;
  script.user = argv[2];
  script.password = argv[3];
  for (int i = 4; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "stalls-at-once") {
      script.faults.insert(Fault::stalls);
      script.stall_after = 3;
    } else if (word == "wrong-scheme") {
      script.challenges = {"Basic realm=\"cam\""};
    } else if (word == "mpeg4") {
      script.codec = "MP4V-ES";
    } else if (word.starts_with("tls=")) {
      const commune_watch::Millis day = 86'400'000, now = std::time(nullptr) * 1'000;
      script.certificate =
          commune_watch::make_certificate("camera", now - 30 * day, now + std::stoi(word.substr(4)) * day);
    } else {
      script.faults.insert(faults.at(word));
    }
  }
  const std::string where = argv[1];
  const auto colon = where.find(':');
  if (colon != std::string::npos) script.host = static_cast<std::uint8_t>(std::stoi(where));
  const auto port = colon == std::string::npos ? where : where.substr(colon + 1);
  RtspCamera camera(script, static_cast<std::uint16_t>(std::stoi(port)));
  std::cout << "READY " << camera.port() << '\n' << std::flush;
  for (std::string line; std::getline(std::cin, line);)
    std::cout << "credentialed " << camera.credentialed << " refused " << camera.refused << " basic "
              << camera.basic << " requests " << camera.requests << " connections " << camera.connections
              << " teardowns " << camera.teardowns << '\n'
              << std::flush;
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "rtsp_camera: %s\n", error.what());
  return 1;
}
