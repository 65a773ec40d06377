-- What oltp-sink has applied, one row a key: an event counts only if it is later than this. Not in the publication:
-- it says nothing about the hospital. Rows that nothing has touched for EVENT_LEDGER_DAYS are taken out again.
CREATE TABLE pipeline.applied_events (
  table_name text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  event_time timestamptz NOT NULL,
  event_id text NOT NULL,
  deleted boolean NOT NULL,
  applied_at timestamptz NOT NULL,
  PRIMARY KEY (table_name, key)
);
CREATE INDEX applied_events_age ON pipeline.applied_events (applied_at);

-- The latest event time that was taken out of the ledger: an event that is not later, of a key without a row there,
-- can't be judged any more.
CREATE TABLE pipeline.applied_horizon (
  table_name text COLLATE "C" PRIMARY KEY,
  event_time timestamptz NOT NULL
);

-- oltp-sink: writes the tables that have events and its ledger; of the parents it sees the keys and nothing else.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'hospital_writer') THEN
    CREATE ROLE hospital_writer LOGIN;
  END IF;
END
$$;
GRANT USAGE ON SCHEMA public, pipeline TO hospital_writer;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.visits, public.prescriptions, public.billing_payments TO hospital_writer;
GRANT SELECT (doctor_id) ON public.doctors TO hospital_writer;
GRANT SELECT (patient_id) ON public.patients TO hospital_writer;
GRANT SELECT (medicine_id) ON public.medicines TO hospital_writer;
GRANT SELECT, INSERT, UPDATE, DELETE ON pipeline.applied_events TO hospital_writer;
GRANT SELECT, INSERT, UPDATE ON pipeline.applied_horizon TO hospital_writer;
