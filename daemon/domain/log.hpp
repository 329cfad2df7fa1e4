// The one log: every fact that figures rest on, append-only, gapless from 0; publish, alerts and console
// follow it by cursor.
//
// A record's body is canonical JSON (integers and strings only, fixed key order, no spaces), stored and
// hashed verbatim; `domain/entry.hpp` makes and reads the bodies.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/clock.hpp"
#include "domain/device.hpp"

namespace commune_watch {

enum class LogKind : std::uint8_t {  // numbers are stored: never renumber
  genesis = 0,
  run = 1,
  stop = 2,
  anchor = 3,
  config = 4,
  terms = 5,
  change = 6,
  blip = 7,
  incident = 8,
  identity = 9,
  maintenance = 10,
  correction = 11,
  session = 12,
  heartbeat = 13,
  day = 14,
  key = 15,
  restore = 16,
  login_block = 17,
  opening = 18,
  must_have = 19,
  declaration = 20,
  exported = 21,
};
std::string_view code(LogKind kind);
std::optional<LogKind> log_kind_of(std::string_view code);

using Seq = std::uint64_t;

struct Record {
  Seq seq = 0;
  Moment at;
  LogKind kind = LogKind::genesis;
  std::optional<DeviceId> device;
  std::string body;
};

// What event ids bear from a record on.
struct Epoch {
  Seq from = 0;
  std::string name;  // 8 hex digits
};

// Of the record `seq`, where `first` is the log's own.
std::string_view epoch_at(std::string_view first, const std::vector<Epoch>& later, Seq seq);

// Read side, implemented by the store. Called on the gateway's loop only.
class Log {
 public:
  virtual ~Log() = default;
  // Records [from, from + most), fewer at the tail. Only durable records are ever seen.
  virtual std::vector<Record> read(Seq from, std::size_t most) = 0;
  virtual Seq next() = 0;  // the seq that the next record will get
  // 8 hex digits of the first record's SHA-256: tells this log from one that began anew, and part of every
  // event id, up to the first of epochs().
  virtual std::string epoch() = 0;
  // Each restore after damage begins one, of its own record's hash: numbers that lost records had are given
  // again, event ids never.
  virtual std::vector<Epoch> epochs() { return {}; }
};

}  // namespace commune_watch
