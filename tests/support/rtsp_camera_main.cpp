// rtsp_camera: the misbehaving camera of the tests as a program of its own.
//
//   rtsp_camera PORT USER PASSWORD [wrong-scheme|redirect|stalls|silent|full]…
// PORT 0: a free one. wrong-scheme: Basic only. Prints "READY port"; on each line of standard input
// "credentialed N refused N basic N requests N connections N teardowns N"; ends when its standard input does.
// Its counts are what an outsider saw of the login law.
#include <cstdio>
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
                                            {"stalls", Fault::stalls},
                                            {"silent", Fault::silent},
                                            {"full", Fault::setup_full}};
  RtspCamera::Script script;
  script.user = argv[2];
  script.password = argv[3];
  for (int i = 4; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "wrong-scheme") {
      script.challenges = {"Basic realm=\"cam\""};
    } else {
      script.faults.insert(faults.at(word));
    }
  }
  RtspCamera camera(script, static_cast<std::uint16_t>(std::stoi(argv[1])));
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
