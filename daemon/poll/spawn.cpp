// posix_spawn: no code of ours runs between fork and exec.
#include "poll/spawn.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include <system_error>

namespace commune_watch {
namespace {

constexpr int kFirst = 3, kAbove = 64;  // copies are made up there, so that no target is a source

std::vector<char*> pointers(const std::string* first, const std::vector<std::string>& texts) {
  std::vector<char*> out;
  if (first != nullptr) out.push_back(const_cast<char*>(first->c_str()));
  for (const auto& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

}  // namespace

int spawn(const std::string& program, const std::vector<std::string>& arguments,
          std::span<const int> descriptors, const std::vector<std::string>& environment) {
  std::vector<int> copies;
  for (const int descriptor : descriptors) copies.push_back(::fcntl(descriptor, F_DUPFD_CLOEXEC, kAbove));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  int next = kFirst;
  for (const int copy : copies) posix_spawn_file_actions_adddup2(&actions, copy, next++);
  posix_spawn_file_actions_addclosefrom_np(&actions, next);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  auto argv = pointers(&program, arguments), env = pointers(nullptr, environment);
  pid_t pid = 0;
  const int error = ::posix_spawn(&pid, program.c_str(), &actions, &attributes, argv.data(), env.data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  for (const int copy : copies) ::close(copy);
  if (error != 0) throw std::system_error(error, std::generic_category(), "starting " + program);
  return pid;
}

}  // namespace commune_watch
