// One load in progress: what was read so far, what is wrong with it, and what must still be checked against
// each other.
#pragma once
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "settings/disk.hpp"
#include "settings/problems.hpp"
#include "settings/settings.hpp"
#include "settings/table.hpp"
#include "settings/tree.hpp"

namespace commune_watch {

// A maker's product as data: config/models/<id>.toml.
struct Model {
  std::string id, maker, title, driver;
  Node options;  // table of driver options
  Node fill;     // table: what {name} in the options stands for; "" = the device must give it
  Spot at;
};

struct Loading {
  Loading(const LoadPlaces& where, const Disk& files, std::span<const Driver* const> table)
      : places(where), disk(files), drivers(table) {}

  const LoadPlaces& places;
  const Disk& disk;
  std::span<const Driver* const> drivers;
  Problems problems;
  Node root;  // all files, merged
  Settings settings;

  // Ids that share one name space: topics, `history ID` and maintenance scopes tell them apart by the id
  // alone.
  struct Named {
    std::string what;  // "[[camera]]"
    Spot at;
  };
  std::map<std::string, Named, std::less<>> names;
  std::map<std::string, Spot, std::less<>> contractors;

  // A key that names another table; checked once all are read. `wants` is that table's section ("place"), or
  // "device", "login".
  struct Reference {
    Spot at;
    std::string key, wants, id;
  };
  std::vector<Reference> references;

  struct DeviceSpots {
    Spot header, parent, url;
    std::vector<Spot> monitor;
  };
  std::map<std::string, DeviceSpots, std::less<>> device_spots;  // by id
  struct LoginSpots {
    Spot header, auth;
  };
  std::map<std::string, LoginSpots, std::less<>> login_spots;
  std::map<std::string, std::unique_ptr<Model>, std::less<>> models;  // null: named, but not to be had

  void name(const std::string& id, std::string what, Spot at);
  void refer(const Table& table, std::string_view key, std::string_view wants, const std::string& id);
};

// Reading, in this order. Each reports into `problems` and goes on.
bool read_sources(Loading& loading);   // false: a file is missing or not TOML, nothing more can be said
void read_sections(Loading& loading);  // commune, gateway, hamlets, places, contractors, and the next three
void read_logins(Loading& loading);
void read_mqtt(Loading& loading);
void read_witnesses(Loading& loading);
void read_broadcasts(Loading& loading);
void read_devices(Loading& loading);
void check_references(Loading& loading);

// Of sections.cpp: the one table of [key] (kNoTable where there is none), the rows of [[key]], a list of ids.
inline const Node kNoTable{};
const Node& table_of(Loading& loading, std::string_view key);
std::vector<std::string> ids_in(Loading& loading, Table& table, std::string_view key);
const std::vector<Node>& rows_of(Loading& loading, std::string_view key);

// Of models.cpp.
const Model* model_of(Loading& loading, const std::string& id, Spot at);
std::vector<std::int32_t> holidays_of(Loading& loading, const std::string& name, Spot at);

// Of options.cpp: the driver's options out of a device's table and its model, typed and checked, into `out`.
void read_options(Loading& loading, Table& table, const Driver& driver, const Model* model,
                  DeviceSettings& out);

std::string sha256_hex(std::string_view text);

// "[[camera]]" of a device's kind, and the key itself.
std::string_view section_of(Kind kind);

// The merged configuration as text: of print() with origins, of the hash without.
std::string merged_text(const Loading& loading, bool with_origins);

// The same, a line for each value: "camera/cam-1 interval = \"60s\"".
std::vector<std::string> merged_lines(const Loading& loading);

// load() of one text without any file: for tests, fuzzing and init's draft.
LoadResult load_text(std::string_view text, std::span<const Driver* const> table,
                     std::string_view name = "gateway.toml");
LoadResult load_from(const LoadPlaces& places, const Disk& disk, std::span<const Driver* const> table);

}  // namespace commune_watch
