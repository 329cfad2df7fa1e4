// A real mosquitto on a free loopback port, started and stopped by a test.
#pragma once
#include <csignal>
#include <optional>
#include <string>

#include "publish/raw_mqtt.hpp"
#include "support/process.hpp"

namespace commune_watch::publish {

class Mosquitto {
 public:
  Mosquitto() : port_{free_port()} {}

  // `more` goes into its configuration. Subscribers get everything, however slow they are.
  // (max_queued_messages 0 would say so too, but 2.0.11 then drops whoever publishes what the ACL denies:
  // process_bad_message, src/handle_publish.c.)
  void start(const std::string& more = "allow_anonymous true\n") {
    const std::string file =
        directory_.write("mosquitto.conf", "listener " + std::to_string(port_) +
                                               " 127.0.0.1\nuser root\npersistence false\nlog_dest none\n"
                                               "max_queued_messages 1000000\nmax_inflight_messages 0\n" +
                                               more);
    process_.emplace(std::vector<std::string>{"/usr/sbin/mosquitto", "-c", file}, path("mosquitto.log"));
    process_->wait_for_port(port_);
  }
  void kill(int signal) {
    ::kill(process_->pid(), signal);
    process_.reset();
  }
  void reload() const { ::kill(process_->pid(), SIGHUP); }
  void write(const std::string& name, const std::string& text) const { directory_.write(name, text); }
  [[nodiscard]] std::string path(const std::string& name) const { return directory_.path() + "/" + name; }
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  TempDirectory directory_;
  std::uint16_t port_;
  std::optional<Process> process_;
};

}  // namespace commune_watch::publish
