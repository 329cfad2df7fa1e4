// `commune-watch discover`: which cameras there are around, as TOML to paste. It asks devices itself, not
// through the daemon, and never with a login: the secrets of the configuration are not even read.
#include "cli/discover.hpp"

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <iostream>
#include <memory>
#include <random>

#include "cli/cli.hpp"
#include "cli/found.hpp"
#include "drivers/discovery.hpp"
#include "drivers/driver.hpp"
#include "drivers/onvif.hpp"
#include "settings/loading.hpp"
#include "settings/words.hpp"
#include "wire/net_wire.hpp"
#include "wire/searcher.hpp"

namespace commune_watch {
namespace {

constexpr std::uint32_t kMostHosts = 1022, kMostHostsEver = 65'534;  // a /22; with --yes
constexpr std::array<std::uint16_t, 8> kPorts{80, 8000, 8899, 2020, 8080, 554, 443, 8554};
constexpr std::size_t kAtOnce = 64;                 // hosts; one connection to each
constexpr Millis kBreath = 400, kLeastBreath = 50;  // of each worker after a connection: 160 a second at most
constexpr Millis kConnectWithin = 700, kAnswerWithin = 3'000;
constexpr std::size_t kMaxFound = 4096;

struct Flags {
  std::vector<std::string> ranges;
  std::string interface, wait = "5s", from_nvr;
  bool yes = false;
};

// Reads the configuration, and no password.
class WithoutSecrets final : public Disk {
 public:
  [[nodiscard]] bool exists(const std::string& path) const override { return disk_.exists(path); }
  [[nodiscard]] bool secret_exists(const std::string&) const override { return false; }
  [[nodiscard]] Result<std::string> read(const std::string& path) const override { return disk_.read(path); }
  [[nodiscard]] Result<std::vector<std::string>> toml_files(const std::string& folder) const override {
    return disk_.toml_files(folder);
  }
  [[nodiscard]] Result<std::string> read_secret(const std::string&, bool) const override {
    return fail("not read here");
  }

 private:
  RealDisk disk_;
};

// Answers of strangers are not read by root. In a container that knows root alone it stays root.
void lay_down_root() {
  if (::geteuid() != 0) return;
  const auto* user = ::getpwnam("commune-watch");
  if (user == nullptr) user = ::getpwnam("nobody");
  if (user == nullptr || ::setgroups(0, nullptr) != 0 ||
      ::setresgid(user->pw_gid, user->pw_gid, user->pw_gid) != 0 ||
      ::setresuid(user->pw_uid, user->pw_uid, user->pw_uid) != 0)
    std::cerr << "cảnh báo: vẫn chạy bằng quyền root / warning: still running as root\n";
  static_cast<void>(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

std::string uuid() {
  std::random_device random;
  std::string text = "xxxxxxxx-xxxx-4xxx-axxx-xxxxxxxxxxxx";
  for (char& c : text)
    if (c == 'x') c = "0123456789abcdef"[random() % 16];
  return text;
}

using Hosts = std::map<std::string, Found>;

std::string service_url(const std::string& address, const onvif::Door& door) {
  Url url{.scheme = door.scheme,
          .host = address,
          .port = door.port,
          .target = door.target,
          .default_port = false};
  url.default_port = door.port == (door.scheme == "https" ? 443 : 80);
  if (const auto text = url.text(); text.size() <= 400 && parse_url(text)) return text;
  url.target = onvif::kDeviceService;
  return url.text();
}

// What was heard, by the address that it came from. The same device on the link's own IPv6 address is told
// once.
std::map<std::string, std::vector<onvif::Door>> take(const SearchReply& reply, Hosts& hosts) {
  std::map<std::string, std::vector<onvif::Door>> doors;
  for (const Heard& heard : reply.heard) {
    for (auto& said : onvif::read_announced(heard.text)) {
      if (hosts.size() >= kMaxFound && !hosts.contains(heard.from)) break;
      auto& host = hosts[heard.from];
      host.address = heard.from;
      const auto fill = [](std::string& into, std::string& from) {
        if (into.empty()) into = std::move(from);
      };
      fill(host.endpoint, said.endpoint);
      fill(host.maker, said.maker);
      fill(host.model, said.model);
      fill(host.name, said.name);
      fill(host.mac, said.mac);
      host.recorder = host.recorder || said.recorder;
      auto& known = doors[heard.from];
      for (auto& door : said.doors)
        if (known.size() < onvif::kMaxDoors && std::ranges::find(known, door) == known.end())
          known.push_back(std::move(door));
      if (known.empty())
        known.push_back({.scheme = "http", .port = 80, .target = std::string(onvif::kDeviceService)});
    }
  }
  std::set<std::string> elsewhere;
  for (const auto& [address, host] : hosts)
    if (address.find('%') == std::string::npos && !host.endpoint.empty()) elsewhere.insert(host.endpoint);
  std::erase_if(hosts, [&](const auto& each) {
    return each.first.find('%') != std::string::npos && elsewhere.contains(each.second.endpoint);
  });
  return doors;
}

class Looker {
 public:
  Looker(Hosts& hosts, std::map<std::string, std::vector<onvif::Door>> doors, std::vector<HostRange> ranges)
      : hosts_(hosts), doors_(std::move(doors)), ranges_(std::move(ranges)), wire_(io_) {
    for (const auto& [address, doors_of] : doors_)
      if (address.find('%') == std::string::npos) spoken_.push_back(address);
    for (const auto& range : ranges_) total_ += range.count;
    total_ += spoken_.size();
    workers_ = std::min(kAtOnce, total_);
    breath_ = std::max(kLeastBreath, kBreath * static_cast<Millis>(workers_) / static_cast<Millis>(kAtOnce));
  }

  void run(bool vi) {
    for (std::size_t i = 0; i < workers_; ++i) asio::co_spawn(io_, work(), asio::detached);
    std::size_t told = 0;
    while (io_.run_one() > 0) {
      if (done_ < told + 64) continue;
      told = done_;
      std::cerr << (vi ? "đã xem " : "looked at ") << done_ << "/" << total_ << "\n";
    }
  }

 private:
  // The next address to look at; empty: that was all.
  std::string next() {
    if (next_spoken_ < spoken_.size()) return spoken_[next_spoken_++];
    while (range_ < ranges_.size()) {
      if (host_ < ranges_[range_].count) return address_text(ranges_[range_].first + host_++);
      ++range_;
      host_ = 0;
    }
    return {};
  }

  asio::awaitable<void> work() {
    for (std::string address = next(); !address.empty(); address = next()) {
      if (const auto said = doors_.find(address); said != doors_.end()) {
        for (const auto& door : said->second) {
          co_await ask(address, door);
          if (hosts_[address].answers) break;
        }
      }
      if (is_asked(address)) co_await look(address);
      ++done_;
    }
  }

  // Whether all of its ports are to be tried. Each host once, whoever names it.
  bool is_asked(const std::string& address) {
    HostRange host;
    if (!read_range(address, host)) return false;
    const bool named = std::ranges::any_of(
        ranges_, [&](const HostRange& range) { return host.first - range.first < range.count; });
    return named && looked_.insert(address).second;
  }

  asio::awaitable<void> look(std::string address) {
    for (const auto port : kPorts) {
      ConnectRequest request{.host = address, .port = port, .limit = kConnectWithin};
      const ConnectReply reply = co_await wire_.connect(std::move(request));
      asio::steady_timer breath(io_, std::chrono::milliseconds(breath_));
      co_await breath.async_wait(asio::use_awaitable);
      if (reply.trouble == Trouble::host_unreachable || reply.trouble == Trouble::no_route) co_return;
      if (reply.trouble != Trouble::none) continue;
      if (hosts_.size() >= kMaxFound && !hosts_.contains(address)) co_return;
      hosts_[address].address = address;
      hosts_[address].ports.push_back(port);
      if (port == 554 || port == 8554 || hosts_[address].answers) continue;
      onvif::Door door{.scheme = port == 443 ? "https" : "http",
                       .port = port,
                       .target = std::string(onvif::kDeviceService)};
      co_await ask(address, std::move(door));
    }
  }

  // GetSystemDateAndTime wants no login and counts in no lock-out.
  asio::awaitable<void> ask(std::string address, onvif::Door door) {
    HttpRequest request;
    const auto text = service_url(address, door);
    const auto url = parse_url(text);
    if (!url) co_return;
    request.url = *url;
    request.method = "POST";
    request.headers = {{"Content-Type", "application/soap+xml; charset=utf-8"}};
    request.body = onvif::get_system_date_and_time().text;
    request.tls.verify = TlsPolicy::Verify::off;
    request.connect_limit = kConnectWithin;
    request.limit = kAnswerWithin;
    request.max_header = request.max_body = 16 * 1024;
    const HttpReply reply = co_await wire_.http(std::move(request));
    auto& host = hosts_[address];
    const bool answers = onvif::read_clock(reply.body).has_value() ||
                         (onvif::is_soap(reply.body) && onvif::read_fault(reply.body).has_value());
    host.answers = host.answers || answers;
    // Its own word is enough where it said so by WS-Discovery.
    if (answers || (host.onvif.empty() && !host.endpoint.empty())) host.onvif = text;
  }

  Hosts& hosts_;
  std::map<std::string, std::vector<onvif::Door>> doors_;
  std::vector<HostRange> ranges_;
  asio::io_context io_{1};
  NetWire wire_;
  std::vector<std::string> spoken_;
  std::set<std::string> looked_;
  std::size_t next_spoken_ = 0, range_ = 0, total_ = 0, done_ = 0, workers_ = 0;
  Millis breath_ = kBreath;
  std::uint32_t host_ = 0;
};

std::vector<Found> sorted(Hosts hosts) {
  const auto arp = read_arp(arp_table());
  std::vector<Found> all;
  for (auto& [address, host] : hosts) {
    if (const auto there = arp.find(address); there != arp.end()) host.mac = there->second;
    all.push_back(std::move(host));
  }
  std::ranges::stable_sort(all, {}, [](const Found& each) {
    HostRange number;
    return read_range(each.address, number) ? number.first : UINT32_MAX;
  });
  return all;
}

// The interfaces to ask on; none: there is no such one, and which there are is told.
std::vector<NetInterface> chosen(const std::string& name) {
  auto all = net_interfaces();
  std::string names;
  for (const auto& each : all) names += " " + each.name;
  std::erase_if(all,
                [&](const NetInterface& each) { return name.empty() ? each.loopback : each.name != name; });
  if (all.empty())
    std::cerr << (name.empty() ? "không có cổng mạng nào hoạt động / no network interface is up"
                               : name + ": không có cổng mạng này / no such interface")
              << "; có / there are:" << names << "\n";
  return all;
}

int look_around(const Common& common, const Flags& flags) {
  SearchRequest request;
  std::uint64_t count = 0;
  for (const auto& text : flags.ranges) {
    HostRange range;
    if (!read_range(text, range)) {
      std::cerr << "--cidr " << text << ": viết như / write it as 192.0.2.0/24\n";
      return kUsage;
    }
    count += range.count;
    request.hosts.push_back(range);
  }
  if (count > kMostHostsEver || (count > kMostHosts && !flags.yes)) {
    std::cerr << "--cidr: " << count << " địa chỉ, nhiều hơn một mạng /22 / addresses, more than a /22"
              << (count > kMostHostsEver ? "" : "; nếu đúng ý / if that is meant: --yes") << "\n";
    return kUsage;
  }
  const auto wait = parse_duration(flags.wait);
  if (!wait || *wait < 100 || *wait > 60'000) {
    std::cerr << "--wait: từ 100ms đến 60s / from 100ms to 60s\n";
    return kUsage;
  }
  request.wait = *wait;
  request.interfaces = chosen(flags.interface);
  if (request.interfaces.empty() && (request.hosts.empty() || !flags.interface.empty())) return kBadNews;
  const auto known = known_here(common);
  const bool vi = common.spoken(known.language) == Language::vi;
  lay_down_root();
  request.text = onvif::discovery_probe(uuid());
  request.group4 = onvif::kDiscoveryGroup4;
  request.group6 = onvif::kDiscoveryGroup6;
  request.port = onvif::kDiscoveryPort;
  std::cerr << (vi ? "hỏi quanh đây (WS-Discovery)…" : "asking around (WS-Discovery)…") << "\n";
  const auto reply = search(request);
  for (const auto& words : reply.words) std::cerr << words << "\n";
  if (reply.strangers > 0)
    std::cerr << reply.strangers
              << (vi ? " câu trả lời từ mạng khác, bỏ qua\n" : " answers from other networks, left out\n");
  Hosts hosts;
  auto doors = take(reply, hosts);
  std::cerr << (vi ? "trả lời: " : "answered: ") << hosts.size() << "\n";
  if (count > 0)
    std::cerr << (vi ? "xem " : "looking at ") << count << (vi ? " địa chỉ, " : " addresses, ")
              << kPorts.size() << (vi ? " cổng mỗi địa chỉ…" : " ports each…") << "\n";
  Looker(hosts, std::move(doors), request.hosts).run(vi);
  const auto all = sorted(std::move(hosts));
  std::cout << (common.json ? found_json(all, known) + "\n" : found_toml(all, known));
  return kGood;
}

}  // namespace

Known known_here(const Common& common) {
  auto places = common.places();
  places.allow_absent_secrets = true;
  const auto loaded = load_from(places, WithoutSecrets(), drivers());
  if (loaded.settings) return known_of(*loaded.settings);
  std::cerr
      << "cấu hình chưa dùng được, nên không biết thiết bị nào đã có / the configuration cannot be used, so "
         "what is known already is not told:\n"
      << loaded.told() << "\n";
  return {};
}

void add_discover(const Command& app, const Common& common) {
  const auto command = app.command(
      "discover", "Tìm camera, đầu ghi quanh đây; in ra TOML để dán / find cameras around, print TOML");
  auto flags = std::make_shared<Flags>();
  const auto from = command.option("--from-nvr", flags->from_nvr,
                                   "Các kênh của đầu ghi này / the channels of this monitoring point");
  auto cidr = command.option("--cidr", flags->ranges,
                             "Xem cả mạng này: 192.0.2.0/24, lặp lại được / look at this network, too");
  cidr.excludes(from);
  command.option("--interface", flags->interface, "Chỉ cổng mạng này / on this interface only");
  command.option("--wait", flags->wait, "Chờ trả lời bao lâu / how long to wait for answers").shows_default();
  command.flag("--yes", flags->yes, "Cho phép mạng lớn hơn /22 / allow more than a /22");
  command.act([&common, flags] {
    return flags->from_nvr.empty() ? look_around(common, *flags) : channels_of(common, flags->from_nvr);
  });
}

}  // namespace commune_watch
