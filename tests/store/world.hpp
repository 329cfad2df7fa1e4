// A state directory of its own for each test, and short words for what the gateway would do with a store.
#pragma once
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "store/store.hpp"

namespace commune_watch {

inline constexpr Millis kStartUtc = 1'790'000'000'000;
inline constexpr const char* kBootA = "00000000-0000-4000-8000-00000000000a";
inline constexpr const char* kBootB = "00000000-0000-4000-8000-00000000000b";

class World {
 public:
  World() {
    // Kills do not need a disk, and power cuts have one of their own (faulty_disk.hpp): memory is as honest,
    // and fast.
    const std::filesystem::path memory = "/dev/shm";
    const auto parent = access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
    std::string name = (parent / "cw-store-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    options.directory = name + "/state";
    root_ = name;
  }
  ~World() {
    store.reset();
    std::filesystem::remove_all(root_);
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Opens (again). The last store is dropped without a stop first: what it had not committed is gone, as
  // after a kill.
  Store& open() {
    store.reset();
    auto opened = Store::open(options, [this](std::string word) { said.push_back(std::move(word)); });
    if (!opened) throw std::runtime_error(opened.error().why);
    store = std::move(*opened);
    return *store;
  }
  // Begins a run of a boot that started so that `bt` maps to `utc`.
  Store::Begun begin(const std::string& boot, Millis bt, Millis utc) {
    auto begun =
        store->begin_run(boot, bt, {.at = {0, bt}, .utc = utc, .error = 10, .source = AnchorSource::ntp});
    if (!begun) throw std::runtime_error(begun.error().why);
    return *begun;
  }
  void commit() {
    if (auto done = store->commit(); !done) throw std::runtime_error(done.error().why);
  }
  DeviceId camera(const std::string& name, Moment at, const std::string& place = "cong-ap-1") {
    const auto id = store->entity(Kind::camera, name);
    store->append(at, id, TermsEntry{name, Terms{.kind = Kind::camera, .place = place, .driver = "ping"}});
    return id;
  }

  [[nodiscard]] std::string file(const std::string& name = "commune-watch.db") const {
    return options.directory + "/" + name;
  }

  StoreOptions options{.version = "0.1", .commune = "tan-phu", .gateway = "gw1"};
  std::unique_ptr<Store> store;
  std::vector<std::string> said;

 private:
  std::string root_;
};

inline Standing up() { return {State::up, Cause::none}; }
inline Standing starting() { return {State::unknown, Cause::gateway, reason_id("starting")}; }
inline Standing down(const char* code = "host-unreachable") {
  return {State::down, reason(reason_id(code)).cause, reason_id(code)};
}
inline ChangeEntry change(const std::string& device, Moment since, const Standing& from, Moment at,
                          const Standing& to) {
  return {.device = device, .at = at, .since = since, .from = from, .to = to, .probes = 3};
}

// "up 0-1000 | down(host-unreachable) 1000-2000", relative to `origin`.
inline std::string text(const std::vector<Span>& spans, Millis origin = kStartUtc) {
  std::string all;
  for (const auto& span : spans) {
    if (!all.empty()) all += " | ";
    all += code(span.state);
    if (span.reason != ReasonId::none) all += "(" + std::string(reason(span.reason).code) + ")";
    all += " " + std::to_string(span.period.from - origin) + "-" + std::to_string(span.period.to - origin);
  }
  return all;
}

// A closed store's file seen by SQLite alone.
class Raw {
 public:
  explicit Raw(const std::string& file) {
    if (sqlite3_open_v2(file.c_str(), &handle_, SQLITE_OPEN_READWRITE, nullptr) != SQLITE_OK) std::abort();
  }
  ~Raw() { sqlite3_close(handle_); }
  Raw(const Raw&) = delete;
  Raw& operator=(const Raw&) = delete;
  // The error, or "" ; rows are appended to `rows` as "a|b|c".
  std::string run(const std::string& sql, std::vector<std::string>* rows = nullptr) {
    char* error = nullptr;
    sqlite3_exec(
        handle_, sql.c_str(),
        [](void* into, int columns, char** values, char**) {
          std::string row;
          for (int i = 0; i < columns; ++i)
            row += (i > 0 ? "|" : "") + std::string(values[i] != nullptr ? values[i] : "NULL");
          if (into != nullptr) static_cast<std::vector<std::string>*>(into)->push_back(row);
          return 0;
        },
        rows, &error);
    std::string said = error != nullptr ? error : "";
    sqlite3_free(error);
    return said;
  }
  std::string one(const std::string& sql) {
    std::vector<std::string> rows;
    const auto error = run(sql, &rows);
    return !error.empty() ? error : rows.empty() ? "" : rows[0];
  }

 private:
  sqlite3* handle_ = nullptr;
};

}  // namespace commune_watch
