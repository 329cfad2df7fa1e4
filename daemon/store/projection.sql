R"sql(
-- What store/projection.cpp makes of the log. Dropped and rebuilt when kProjectionVersion changes, so these need no migrations.
-- Reasons, warnings and roots are catalogue codes and configuration ids, as in the records; state, cause and recorded are numbers.
CREATE TABLE boot(id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE) STRICT;
-- end_bt: the stop, or the last sign of life as the next run's record tells it; NULL: not told yet.
CREATE TABLE run(
  id INTEGER PRIMARY KEY, boot INT NOT NULL, from_bt INT NOT NULL, end_bt INT, clean INT NOT NULL, version TEXT NOT NULL,
  seq INT NOT NULL) STRICT;
CREATE TABLE anchor(
  boot INT NOT NULL, bt INT NOT NULL, utc INT NOT NULL, error INT NOT NULL, source INT NOT NULL,
  PRIMARY KEY(boot, bt)) STRICT, WITHOUT ROWID;
CREATE TABLE terms(device INT NOT NULL, seq INT NOT NULL, PRIMARY KEY(device, seq)) STRICT, WITHOUT ROWID;
-- Only where a span begins: it lasts until the device's next one in that run, the last one until the run's end. So a cut costs
-- one row, however many spans were open, and nothing has to be kept in memory.
CREATE TABLE span(
  device INT NOT NULL, run INT NOT NULL, from_bt INT NOT NULL, state INT NOT NULL, cause INT NOT NULL, reason TEXT NOT NULL,
  warnings TEXT, root TEXT, recorded INT NOT NULL, PRIMARY KEY(device, run, from_bt)) STRICT, WITHOUT ROWID;
CREATE TABLE blip(
  device INT NOT NULL, run INT NOT NULL, from_bt INT NOT NULL, seq INT NOT NULL, to_bt INT NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY(device, run, from_bt, seq)) STRICT, WITHOUT ROWID;
CREATE TABLE incident(
  id INTEGER PRIMARY KEY, root TEXT NOT NULL, place TEXT NOT NULL, cause INT NOT NULL, reason TEXT NOT NULL, run INT NOT NULL,
  from_bt INT NOT NULL, end_run INT, end_bt INT) STRICT;
-- A window, by the record that declared it. A later record of the same scope, start and declaration can only end it earlier.
CREATE TABLE maintenance(
  scope TEXT NOT NULL, from_utc INT NOT NULL, declared_utc INT NOT NULL, to_utc INT NOT NULL, ended_utc INT NOT NULL,
  author TEXT NOT NULL, reason TEXT NOT NULL, seq INT NOT NULL, boot INT NOT NULL, bt INT NOT NULL,
  PRIMARY KEY(scope, from_utc, declared_utc)) STRICT, WITHOUT ROWID;
-- By configuration id: a correction concerns all devices of that id, whatever their kind.
CREATE TABLE correction(device TEXT NOT NULL, seq INT NOT NULL, PRIMARY KEY(device, seq)) STRICT, WITHOUT ROWID;
-- seq: where it was declared; last: the newest record of it, which may withdraw it.
CREATE TABLE declaration(id TEXT PRIMARY KEY, seq INT NOT NULL, last INT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE must_have(area TEXT PRIMARY KEY, seq INT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE identity(device INT NOT NULL, seq INT NOT NULL, PRIMARY KEY(device, seq)) STRICT, WITHOUT ROWID;
CREATE TABLE config(seq INTEGER PRIMARY KEY) STRICT;
)sql"
