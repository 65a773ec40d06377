-- Roles belong to the server, so they may be there already. They get their passwords from the set-up.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'hospital_cdc') THEN
    CREATE ROLE hospital_cdc LOGIN REPLICATION;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'hospital_reader') THEN
    CREATE ROLE hospital_reader LOGIN;
  END IF;
END
$$;

-- Debezium: reads the captured tables for its snapshot, streams the WAL, beats its heart.
GRANT USAGE ON SCHEMA public, pipeline TO hospital_cdc;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO hospital_cdc;
GRANT SELECT, UPDATE ON pipeline.heartbeat TO hospital_cdc;

-- reconcile and batch exports: read only.
GRANT USAGE ON SCHEMA public TO hospital_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO hospital_reader;

-- A table added later is readable too, so that adding it to the publication is enough.
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO hospital_cdc, hospital_reader;
