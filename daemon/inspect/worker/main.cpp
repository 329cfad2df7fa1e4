// commune-watch-inspector: pictures in, numbers out. Started by the gateway, spoken to by the prober on
// descriptor 3.
//
//   commune-watch-inspector [--decoders NAME,…]     serve descriptor 3
//   commune-watch-inspector --list                  what can be decoded on this machine
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/frames.hpp"
#include "inspect/parcel.hpp"
#include "inspect/worker/confine.hpp"
#include "inspect/worker/decoder.hpp"

namespace commune_watch {
namespace {

constexpr int kSocket = 3;
constexpr int kJobs = 500;  // then it makes room for a fresh one: decoders grow
constexpr Millis kGrace = 1'000;

// A picture that nobody can change any more, mapped.
class Mapped {
 public:
  explicit Mapped(int descriptor) {
    struct stat about {};
    constexpr int kSealed = F_SEAL_WRITE | F_SEAL_SHRINK;
    if (descriptor < 0 || (::fcntl(descriptor, F_GET_SEALS) & kSealed) != kSealed ||
        ::fstat(descriptor, &about) != 0)
      return;
    if (about.st_size <= 0 || about.st_size > static_cast<off_t>(inspect::kMaxPicture)) return;
    size_ = static_cast<std::size_t>(about.st_size);
    void* at = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (at != MAP_FAILED) bytes_ = static_cast<const char*>(at);
  }
  ~Mapped() {
    if (bytes_ != nullptr) ::munmap(const_cast<char*>(bytes_), size_);
  }
  Mapped(const Mapped&) = delete;
  Mapped& operator=(const Mapped&) = delete;
  [[nodiscard]] bool good() const { return bytes_ != nullptr; }
  [[nodiscard]] std::string_view bytes() const { return {bytes_, size_}; }

 private:
  const char* bytes_ = nullptr;
  std::size_t size_ = 0;
};

int serve(Decoder& decoder) {
  for (int jobs = 1;; ++jobs) {
    const inspect::Parcel parcel = inspect::receive_parcel(kSocket, inspect::kMaxPacket, 0);
    if (parcel.bytes.empty()) return 0;
    const auto job = inspect::decode_job(parcel.bytes);
    inspect::Answer answer;
    {
      const Mapped picture(parcel.descriptor);
      if (!job || !picture.good()) return 1;  // only a broken prober says such things
      ::alarm(static_cast<unsigned>((job->limit + kGrace + 999) / 1'000));  // late is dead
      answer = decoder.look(*job, picture.bytes());
      ::alarm(0);
    }
    ::close(parcel.descriptor);
    answer.last = jobs >= kJobs;
    const std::string bytes = inspect::encode(answer);
    if (::send(kSocket, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) return 0;
    if (answer.last) return 0;
  }
}

std::vector<std::string> names(std::string_view list) {
  std::vector<std::string> out;
  while (!list.empty()) {
    const auto end = list.find(',');
    out.emplace_back(list.substr(0, end));
    list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
  }
  return out;
}

int run(std::span<char*> arguments) {
  std::vector<std::string> allowed;
  bool list = false;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string_view word = arguments[i];
    if (word == "--list") {
      list = true;
    } else if (word == "--decoders" && i + 1 < arguments.size()) {
      allowed = names(arguments[++i]);
    } else {
      std::fputs(
          "usage: commune-watch-inspector [--decoders NAME,…] [--list]\nStarted by commune-watch; not for "
          "people, save --list.\n",
          stderr);
      return 2;
    }
  }
  struct stat about {};
  if (!list && (::fstat(kSocket, &about) != 0 || !S_ISSOCK(about.st_mode))) {
    std::fputs(
        "commune-watch-inspector: descriptor 3 is not a socket: it is started by commune-watch (--list shows "
        "the decoders)\n",
        stderr);
    return 2;
  }
  limit_resources();
  Decoder decoder(std::move(allowed));
  const auto able = decoder.warm_up();
  if (list) {
    for (const auto& line : able) std::printf("%s\n", line.c_str());
    return able.empty() ? 1 : 0;
  }
  if (const std::string trouble = confine(); !trouble.empty()) {
    std::fprintf(stderr, "commune-watch-inspector: %s\n", trouble.c_str());
    return 3;
  }
  ::_exit(serve(decoder));  // nothing to tidy up, and no call left to tidy up with
}

}  // namespace
}  // namespace commune_watch

int main(int argc, char** argv) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_NAME, "cw-inspector");
  ::signal(SIGINT, SIG_IGN);  // a Ctrl-C in the terminal reaches the whole group; the gateway decides
  ::signal(SIGHUP, SIG_IGN);
  return commune_watch::run({argv, static_cast<std::size_t>(argc)});
}
