// icecast2, its source and its listeners.
#include "support/icecast.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>

namespace commune_watch {
namespace {

constexpr int kPatience = 60'000, kMoment = 50;       // ms
constexpr RunAs kNobody{.uid = 65534, .gid = 65534};  // icecast2 refuses to be root

RunAs not_root() { return geteuid() == 0 ? kNobody : RunAs{}; }

}  // namespace

Icecast::Icecast(const std::string& mounts) {
  port_ = free_port();
  const std::string& at = directory_.path();
  for (const char* each : {"/log", "/web"}) {
    std::filesystem::create_directory(at + each);
    chmod((at + each).c_str(), 0777);
  }
  const std::string file = directory_.write(
      "icecast.xml",
      "<icecast><location>x</location><admin>x@localhost</admin>"
      "<limits><clients>50</clients><sources>10</sources><source-timeout>10</"
      "source-timeout><burst-on-connect>1</burst-on-connect>"
      "<burst-size>1024</burst-size></limits>"
      "<authentication><source-password>nguon-7</source-password><relay-password>r</"
      "relay-password><admin-user>" +
          std::string(kAdmin) + "</admin-user><admin-password>" + kPassword +
          "</admin-password></authentication><hostname>127.0.0.1</hostname><listen-socket><port>" +
          std::to_string(port_) + "</port><bind-address>127.0.0.1</bind-address></listen-socket>" + mounts +
          "<fileserve>1</fileserve><paths><basedir>" + at + "</basedir><logdir>" + at +
          "/log</logdir><webroot>" + at +
          "/web</webroot><adminroot>/usr/share/icecast2/admin</adminroot></paths>"
          "<logging><accesslog>access.log</accesslog><errorlog>error.log</errorlog><loglevel>3</loglevel></"
          "logging>"
          "<security><chroot>0</chroot></security></icecast>");
  process_ = std::make_unique<Process>(std::vector<std::string>{"/usr/bin/icecast2", "-c", file},
                                       at + "/output", not_root());
  process_->wait_for_port(port_);
}

// Told to stop, it takes five seconds over it.
Icecast::~Icecast() { kill(process_->pid(), SIGKILL); }

std::string Icecast::url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + path;
}

std::unique_ptr<Process> Icecast::play(const std::string& mount, const std::string& login) {
  const std::string& at = directory_.path();
  const std::string name = at + "/source" + std::to_string(++parts_);
  const std::vector<std::string> argv{"ffmpeg",
                                      "-v",
                                      "error",
                                      "-re",
                                      "-f",
                                      "lavfi",
                                      "-i",
                                      "sine=frequency=440:sample_rate=22050",
                                      "-c:a",
                                      "libmp3lame",
                                      "-b:a",
                                      "32k",
                                      "-content_type",
                                      "audio/mpeg",
                                      "-f",
                                      "mp3",
                                      "icecast://source:nguon-7@127.0.0.1:" + std::to_string(port_) + mount};
  auto source = std::make_unique<Process>(argv, name);
  const auto again = [&] {  // a busy machine may keep its first try waiting for too long
    if (source->ended()) source = std::make_unique<Process>(argv, name);
  };
  heard(mount, "waits-for-the-source", login, again);  // one that comes and goes
  return source;
}

std::unique_ptr<Process> Icecast::listen(const std::string& mount, const std::string& user_agent,
                                         const std::string& login) {
  return heard(mount, user_agent, login, [] {});
}

std::unique_ptr<Process> Icecast::heard(const std::string& mount, const std::string& user_agent,
                                        const std::string& login, const std::function<void()>& meanwhile) {
  const std::string file = directory_.path() + "/heard" + std::to_string(++parts_);
  std::vector<std::string> argv{"curl", "-s", "-f", "-N", "-A", user_agent, "-o", file};
  if (!login.empty()) argv.insert(argv.end(), {"-u", login});
  argv.push_back(url(mount));
  auto listener = std::make_unique<Process>(argv, file + ".log");
  for (int waited = 0; waited < kPatience; waited += kMoment) {
    meanwhile();
    std::error_code not_yet;
    if (std::filesystem::file_size(file, not_yet) > 0 && !not_yet) return listener;
    if (listener->ended()) listener = std::make_unique<Process>(argv, file + ".log");  // 404: not on air yet
    poll(nullptr, 0, kMoment);
  }
  throw std::runtime_error("nothing is heard on " + mount + ": " + listener->output() + process_->output());
}

}  // namespace commune_watch
