R"sql(
-- The log, who is who, and bounded working memory. Every *_bt is CLOCK_BOOTTIME of its boot and every *_utc is UTC, in milliseconds.
-- (The first and last line make this file a C++ string: store/schema.cpp includes it.)

-- seq 0, 1, 2 … without gaps: chosen in the transaction, never AUTOINCREMENT. body: canonical JSON, byte for byte as it was hashed.
CREATE TABLE log(
  seq INTEGER PRIMARY KEY, boot INT NOT NULL, bt INT NOT NULL, kind INT NOT NULL, device INT, body BLOB NOT NULL) STRICT;
CREATE TRIGGER log_no_update BEFORE UPDATE ON log BEGIN SELECT raise(ABORT, 'the log is append-only'); END;
CREATE TRIGGER log_no_delete BEFORE DELETE ON log BEGIN SELECT raise(ABORT, 'the log is append-only'); END;
CREATE TRIGGER log_no_gap BEFORE INSERT ON log WHEN new.seq IS NOT (SELECT coalesce(max(seq) + 1, 0) FROM log)
  BEGIN SELECT raise(ABORT, 'the log is gapless'); END;

-- A configuration id's small number, for ever. Also follows from the terms records (store/projection.cpp).
CREATE TABLE entity(id INTEGER PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, UNIQUE(name, kind)) STRICT;

-- The sign of life of the running run: one row. seq: the log's length when it was written. provisional: "device bt;…".
CREATE TABLE tick(
  one INTEGER PRIMARY KEY CHECK(one = 1), boot INT NOT NULL, bt INT NOT NULL, seq INT NOT NULL, provisional TEXT NOT NULL) STRICT;

CREATE TABLE fact(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE hourly(
  hour INT NOT NULL, device INT NOT NULL, fact INT NOT NULL, n INT NOT NULL, min INT NOT NULL, sum INT NOT NULL, max INT NOT NULL,
  PRIMARY KEY(hour, device, fact)) STRICT, WITHOUT ROWID;

CREATE TABLE note(
  device INT NOT NULL, driver TEXT NOT NULL, version INT NOT NULL, body BLOB NOT NULL CHECK(length(body) <= 8192),
  PRIMARY KEY(device, driver)) STRICT, WITHOUT ROWID;
-- tag: keyed hash of the secret that was refused; the secret itself is never here.
CREATE TABLE login_block(
  host TEXT NOT NULL, username TEXT NOT NULL, tag BLOB NOT NULL, since_utc INT NOT NULL, left_ms INT NOT NULL,
  device TEXT NOT NULL, words TEXT NOT NULL, PRIMARY KEY(host, username)) STRICT, WITHOUT ROWID;
CREATE TABLE cursor(reader TEXT PRIMARY KEY, seq INT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE retained(topic TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
-- Keys that begin with a dot are the store's own.
CREATE TABLE meta(key TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;
)sql"
