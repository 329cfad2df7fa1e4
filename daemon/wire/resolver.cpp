// getaddrinfo behind a small pool of threads.
#include "wire/resolver.hpp"

#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <asio/post.hpp>
#include <utility>

#include "wire/signal.hpp"

namespace commune_watch {
namespace {

constexpr std::size_t kThreads = 4;  // one slow name server must not make everybody wait
constexpr std::size_t kMaxAddresses = 8;

Addresses look_up(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host.c_str(), nullptr, &hints, &found); error != 0)
    return {.trouble = Trouble::name, .words = gai_strerror(error), .list = {}};
  Addresses result;
  for (const addrinfo* each = found; each != nullptr && result.list.size() < kMaxAddresses;
       each = each->ai_next) {
    if (each->ai_family == AF_INET) {
      const auto* address = reinterpret_cast<const sockaddr_in*>(each->ai_addr);
      result.list.emplace_back(asio::ip::address_v4(ntohl(address->sin_addr.s_addr)));
    } else if (each->ai_family == AF_INET6) {
      const auto* address = reinterpret_cast<const sockaddr_in6*>(each->ai_addr);
      asio::ip::address_v6::bytes_type bytes;
      std::copy_n(address->sin6_addr.s6_addr, bytes.size(), bytes.begin());
      result.list.emplace_back(asio::ip::address_v6(bytes, address->sin6_scope_id));
    }
  }
  freeaddrinfo(found);
  if (result.list.empty()) return {.trouble = Trouble::name, .words = "the name has no address", .list = {}};
  return result;
}

// Between the waiting coroutine and the thread that may outlive its patience; touched on the loop only, save
// for its count.
struct Job {
  Signal* done = nullptr;  // null once nobody waits
  Addresses addresses;
};

struct Leave {
  Job& job;
  ~Leave() { job.done = nullptr; }
};

}  // namespace

Resolver::~Resolver() {
  if (pool_) {
    pool_->stop();
    pool_->join();
  }
}

asio::awaitable<Addresses> Resolver::resolve(std::string host, Millis limit) {
  asio::error_code not_numeric;
  const auto numeric = asio::ip::make_address(host, not_numeric);
  if (!not_numeric) co_return Addresses{.trouble = Trouble::none, .words = {}, .list = {numeric}};

  if (!pool_) pool_ = std::make_unique<asio::thread_pool>(kThreads);
  Signal done;
  const auto job = std::make_shared<Job>();
  job->done = &done;
  const Leave leave{*job};
  asio::post(*pool_, [&io = io_, job, host] {
    asio::post(io, [job, found = look_up(host)]() mutable {
      if (job->done == nullptr) return;
      job->addresses = std::move(found);
      job->done->set();
    });
  });
  Deadline deadline;
  deadline.set(deadlines_, limit, [&] {
    job->addresses = {
        .trouble = Trouble::name, .words = "the name servers did not answer in time", .list = {}};
    done.set();
  });
  co_await done.wait();
  co_return std::move(job->addresses);
}

}  // namespace commune_watch
