// `commune-watch witness`: the province's small server that cosigns the gateways' logs; and its public key.
#include <pthread.h>

#include <charconv>
#include <csignal>
#include <iostream>
#include <memory>
#include <mutex>

#include "cli/cli.hpp"
#include "wire/real_clock.hpp"
#include "witness/server.hpp"

namespace commune_watch {
namespace {

struct Words {
  std::string what, directory = "/var/lib/commune-watch-witness", listen = "127.0.0.1:8899", logs, name;
};

// "127.0.0.1:8899", "[::1]:8899", "0.0.0.0:8899"; port 0 is any.
std::optional<witness::ServerOptions> address(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return std::nullopt;
  witness::ServerOptions options;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + colon + 1, end, options.port);
  options.host = text.substr(0, colon);
  if (options.host.starts_with('[') && options.host.ends_with(']'))
    options.host = options.host.substr(1, options.host.size() - 2);
  else if (options.host.find(':') != std::string::npos)
    return std::nullopt;
  if (read.ec != std::errc() || read.ptr != end || options.host.empty()) return std::nullopt;
  return options;
}

int show_key(const Words& words) {
  const auto asked = witness::ask_key(words.directory, words.name);
  if (!asked) {
    std::cerr << asked.error().why << "\n";
    return kBadNews;
  }
  if (asked->made) std::cerr << "đã tạo khóa / key made: " << words.directory << "/witness.key\n";
  std::cout << asked->signer.as.vkey() << "\n";
  return kGood;
}

int serve(const Words& words, const witness::ServerOptions& where) {
  // Taken out before the first thread begins: all of them leave these to sigwait().
  sigset_t ends;
  sigemptyset(&ends);
  for (const int signal : {SIGINT, SIGTERM}) sigaddset(&ends, signal);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  for (const int signal : {SIGPIPE, SIGHUP, SIGXFSZ}) std::signal(signal, SIG_IGN);

  RealClock clock;
  auto said = std::make_shared<std::mutex>();
  witness::Options options;
  options.directory = words.directory;
  options.known_logs = words.logs.empty() ? words.directory + "/logs" : words.logs;
  options.name = words.name;
  options.say = [said](const std::string& line) {
    const std::lock_guard lock(*said);
    std::cerr << line + "\n";  // in one piece
  };
  const auto say = options.say;
  auto opened = witness::Witness::open(std::move(options), clock);
  if (!opened) {
    std::cerr << opened.error().why << "\n";
    return kBadNews;
  }
  witness::Server server(where, **opened);
  if (auto started = server.start(); !started) {
    std::cerr << started.error().why << "\n";
    return kBadNews;
  }
  say("khóa của nhân chứng / the witness's key: " + (*opened)->vkey());
  const bool v6 = where.host.find(':') != std::string::npos;
  say("ready: http://" + (v6 ? "[" + where.host + "]" : where.host) + ":" + std::to_string(server.port()) +
      "/");
  int signal = 0;
  sigwait(&ends, &signal);
  server.stop();
  say("stopped");
  return kGood;
}

}  // namespace

void add_witness(const Command& app, const Common&) {
  const auto command = app.command(
      "witness", "Máy chủ nhân chứng của tỉnh / the province's witness, that cosigns gateways' logs");
  auto words = std::make_shared<Words>();
  command
      .option(
          "what", words->what,
          "key: chỉ in khóa công khai, chưa có thì tạo / only print the public key, made if there is none")
      .one_of({"key"});
  command.option("--directory", words->directory, "Thư mục của nhân chứng / the witness's directory")
      .shows_default();
  command.option("--listen", words->listen, "Địa chỉ:cổng / address:port").shows_default();
  command.option(
      "--logs", words->logs,
      "Tệp khóa công khai của các bộ giám sát / file of the gateways' public keys (DIRECTORY/logs)");
  command.option("--name", words->name, "Tên của khóa, khi tạo / name of the key when it is made");
  command.act([words] {
    if (words->what == "key") return show_key(*words);
    const auto where = address(words->listen);
    if (where) return serve(*words, *where);
    std::cerr << "--listen " << words->listen
              << ": cần địa chỉ:cổng / takes address:port, as 127.0.0.1:8899\n";
    return kUsage;
  });
}

}  // namespace commune_watch
