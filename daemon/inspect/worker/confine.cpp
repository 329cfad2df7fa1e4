// seccomp: a list of what decoding takes; everything else is refused, not killed, so that a library that only
// tries lives on.
#include "inspect/worker/confine.hpp"

#include <errno.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <array>
#include <cstring>

namespace commune_watch {
namespace {

constexpr rlim_t kMemory =
    1'024UL * 1'024 * 1'024;  // addresses, not pages: decoders reserve much and use little
constexpr rlim_t kDescriptors = 64;
constexpr rlim_t kProcessorSeconds = 600;  // it is replaced long before

constexpr auto kNeeded = std::to_array<int>({
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(pread64),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendmsg),
    SCMP_SYS(recvfrom),
    SCMP_SYS(sendto),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(pipe),
    SCMP_SYS(pipe2),
    SCMP_SYS(socketpair),
    SCMP_SYS(eventfd2),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(lseek),
    SCMP_SYS(fcntl),
    SCMP_SYS(dup),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(futex),
    SCMP_SYS(clone),
    SCMP_SYS(clone3),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_setscheduler),
    SCMP_SYS(sched_getscheduler),
    SCMP_SYS(sched_getparam),
    SCMP_SYS(sched_getattr),
    SCMP_SYS(sched_setattr),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(tgkill),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getrandom),
    SCMP_SYS(setitimer),
    SCMP_SYS(alarm),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(membarrier),
    SCMP_SYS(getrusage),
    SCMP_SYS(sysinfo),
    SCMP_SYS(uname),
});

}  // namespace

void limit_resources() {
  const auto most = [](auto what, rlim_t value) {
    const rlimit limit{value, value};
    ::setrlimit(what, &limit);
  };
#ifndef __SANITIZE_ADDRESS__  // which maps terabytes
  most(RLIMIT_AS, kMemory);
#endif
  most(RLIMIT_NOFILE, kDescriptors);
  most(RLIMIT_CPU, kProcessorSeconds);
  most(RLIMIT_CORE, 0);
  most(RLIMIT_FSIZE, 16UL * 1'024 * 1'024);  // GStreamer's registry
}

std::string confine() {
  ::prctl(PR_SET_DUMPABLE, 0);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return std::string("no_new_privs: ") + std::strerror(errno);
  scmp_filter_ctx filter = ::seccomp_init(SCMP_ACT_ERRNO(EPERM));
  if (filter == nullptr) return "seccomp: no memory";
  int error = 0;
  for (const int call : kNeeded)
    if (error == 0) error = ::seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
  // Memory that can be run is what was loaded: no code is made here.
  for (const int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)})
    if (error == 0)
      error = ::seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
  if (error == 0) error = ::seccomp_load(filter);
  ::seccomp_release(filter);
  return error == 0 ? std::string{} : std::string("seccomp: ") + std::strerror(-error);
}

}  // namespace commune_watch
