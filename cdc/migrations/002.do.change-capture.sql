-- The whole old row in the WAL: an update then carries also the TOASTed columns that it left alone,
-- which Debezium could otherwise only mark as unavailable. docs/decisions/0004 has the price.
ALTER TABLE public.doctors REPLICA IDENTITY FULL;
ALTER TABLE public.patients REPLICA IDENTITY FULL;
ALTER TABLE public.medicines REPLICA IDENTITY FULL;
ALTER TABLE public.visits REPLICA IDENTITY FULL;
ALTER TABLE public.prescriptions REPLICA IDENTITY FULL;
ALTER TABLE public.billing_payments REPLICA IDENTITY FULL;

-- Debezium writes here on a timer, so that its slot moves on when the hospital's tables are idle
-- and something else in the server is busy.
CREATE TABLE pipeline.heartbeat (
  id integer PRIMARY KEY CHECK (id = 1),
  beat_at timestamptz NOT NULL
);
INSERT INTO pipeline.heartbeat VALUES (1, now());

CREATE PUBLICATION hospital_changes FOR TABLE
  public.doctors,
  public.patients,
  public.medicines,
  public.visits,
  public.prescriptions,
  public.billing_payments,
  pipeline.heartbeat;
