-- Debezium reads here what it is asked (an incremental snapshot of a table) and writes its watermarks beside it.
CREATE TABLE pipeline.signals (
  id varchar(64) PRIMARY KEY,
  type varchar(32) NOT NULL,
  data text
);
ALTER PUBLICATION hospital_changes ADD TABLE pipeline.signals;

-- The guard's memory: the shape in which each captured table was last read whole,
CREATE TABLE pipeline.captured_tables (
  name text PRIMARY KEY,
  shape jsonb NOT NULL,
  noticed_at timestamptz NOT NULL DEFAULT now()
);
-- and every snapshot of all tables, with the LSN below which a row that it did not find is gone.
CREATE TABLE pipeline.snapshots (
  id text PRIMARY KEY,
  started_at timestamptz NOT NULL,
  floor_lsn pg_lsn,
  floor_read_at timestamptz NOT NULL,
  ended_at timestamptz
);

GRANT SELECT, INSERT, DELETE ON pipeline.signals TO hospital_cdc;
GRANT SELECT, INSERT, UPDATE, DELETE ON pipeline.captured_tables TO hospital_cdc;
GRANT SELECT, INSERT, UPDATE ON pipeline.snapshots TO hospital_cdc;
