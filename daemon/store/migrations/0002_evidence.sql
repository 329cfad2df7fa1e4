R"sql(
-- The Merkle tree over the log (docs/evidence.md) and the checkpoints that were signed. Nodes are written with a checkpoint and
-- follow from the log; meta '.tree' is the size up to which they are here.
CREATE TABLE node(level INT NOT NULL, pos INT NOT NULL, hash BLOB NOT NULL, PRIMARY KEY(level, pos)) STRICT, WITHOUT ROWID;
-- note: the signed note, with the cosignatures that came since.
CREATE TABLE checkpoint(size INTEGER PRIMARY KEY, boot INT NOT NULL, bt INT NOT NULL, note TEXT NOT NULL) STRICT;
-- Keys (15) and openings (18) are few, and looked for by kind.
CREATE INDEX log_landmark ON log(kind, seq) WHERE kind IN (15, 18);
CREATE TRIGGER checkpoint_no_delete BEFORE DELETE ON checkpoint BEGIN SELECT raise(ABORT, 'checkpoints stay'); END;
)sql"
