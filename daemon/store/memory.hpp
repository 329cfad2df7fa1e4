// Working memory beside the log: notes, login blocks, cursors, retained topics, entities, the tick and small
// values.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "domain/clock.hpp"
#include "store/sql.hpp"
#include "store/store.hpp"

namespace commune_watch::store {

struct Entity {
  DeviceId id{};
  Kind kind{};
  std::string name;
};

struct Tick {
  Moment at;
  Seq seq = 0;  // the log's length then
  std::vector<std::pair<DeviceId, Moment>> provisional;
};

// What waits for the next commit beside the records: key -> new value, or nothing where it is dropped.
// Putting twice is putting once, so it stays small however long the disk refuses.
struct Waiting {
  std::map<std::pair<DeviceId, std::string>, Note> notes;
  std::map<std::pair<std::string, std::string>, std::optional<LoginBlock>> login_blocks;
  std::map<std::string, Seq> cursors;
  std::map<std::string, bool> topics;
  std::map<std::string, std::optional<std::string>> meta;
  std::vector<Entity> entities;
  std::optional<Tick> tick;
  [[nodiscard]] bool empty() const;
};

class Memory {
 public:
  explicit Memory(Sql& sql);

  void write(const Waiting& waiting);

  std::optional<Note> note(DeviceId device, const std::string& driver);
  std::vector<LoginBlock> login_blocks();
  std::map<std::string, Seq> cursors();
  std::vector<std::string> topics();
  std::optional<std::string> meta(const std::string& key);
  std::vector<Entity> entities();
  std::optional<Tick> tick();
  std::vector<std::byte> secret_key();

 private:
  Statement note_, put_note_, blocks_, put_block_, drop_block_, cursors_, put_cursor_, topics_, put_topic_,
      drop_topic_;
  Statement meta_, put_meta_, drop_meta_, entities_, put_entity_, tick_, put_tick_;
};

// 32 random bytes that secret tags are keyed with, made with the file.
void make_secret_key(Sql& sql);

}  // namespace commune_watch::store
