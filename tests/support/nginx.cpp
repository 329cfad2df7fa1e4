// nginx with a configuration of its own.
#include "support/nginx.hpp"

#include <fstream>
#include <sstream>

namespace commune_watch {

Nginx::Nginx(std::string_view locations, const Certificate* certificate) {
  port_ = free_port();
  const std::string& at = directory_.path();
  const std::string inside(locations);
  std::ostringstream text;
  text << "daemon off; master_process off; pid " << at << "/pid; error_log " << at << "/error.log;\n"
       << "events { worker_connections 512; }\n"
       << "http {\n  log_format short '$request $status $http_authorization $connection';\n  access_log "
       << at << "/access.log short;\n";
  for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
    text << "  " << kind << "_temp_path " << at << "/tmp;\n";
  text << "  server { listen 127.0.0.1:" << port_ << "; root " << at << "; " << inside << " }\n";
  if (certificate != nullptr) {
    https_port_ = free_port();
    text << "  server { listen 127.0.0.1:" << https_port_ << " ssl; ssl_certificate "
         << directory_.write("certificate.pem", certificate->certificate_pem) << "; ssl_certificate_key "
         << directory_.write("key.pem", certificate->key_pem) << "; root " << at << "; " << inside << " }\n";
  }
  text << "}\n";
  const std::string file = directory_.write("nginx.conf", text.str());
  process_ = std::make_unique<Process>(
      std::vector<std::string>{"/usr/sbin/nginx", "-c", file, "-e", at + "/error.log"}, at + "/output");
  process_->wait_for_port(port_);
  if (certificate != nullptr) process_->wait_for_port(https_port_);
}

std::string Nginx::url(std::string_view path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
}
std::string Nginx::https_url(std::string_view path) const {
  return "https://127.0.0.1:" + std::to_string(https_port_) + std::string(path);
}

std::string Nginx::access_log() const {
  std::ifstream file(directory_.path() + "/access.log");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace commune_watch
