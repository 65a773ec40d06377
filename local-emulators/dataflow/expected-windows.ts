/** What the pipelines must find, worked out in SQL over a table `changes` (one row a change, `row` and `key` as JSON). */

const VERSIONS = (table: string, key: string, columns: readonly string[]) => `
  SELECT json_extract_string("key", '$.${key}') AS id, sequence, op, epoch_us("committedAt"::TIMESTAMPTZ) AS us,
    ${columns.map((name) => `json_extract_string("row", '$.${name}') AS ${name}`).join(', ')}, "row" IS NOT NULL AS there
  FROM changes WHERE "table" = '${table}'`

/** Rows of operations-5m: department, size, start (microseconds), counts, money and the most frequent diagnoses. */
export const OPERATIONS = `
WITH visit AS (
  SELECT *, lag(there) OVER w AS had, lag(doctor_id) OVER w AS doctor_before, lag(diagnosis) OVER w AS diagnosis_before
  FROM (${VERSIONS('visits', 'visit_id', ['doctor_id', 'diagnosis'])})
  WINDOW w AS (PARTITION BY id ORDER BY sequence)
), bill AS (
  SELECT *, row_number() OVER w AS nth, lag(visit_id) OVER w AS visit_before, lag(payment_status) OVER w AS status_before,
    lag(total_amount) OVER w AS amount_before
  FROM (${VERSIONS('billing_payments', 'billing_id', ['visit_id', 'payment_status', 'total_amount'])})
  WINDOW w AS (PARTITION BY id ORDER BY sequence)
), moved AS (
  SELECT visit_id AS visit, sequence, us, 'waiting' AS measure, (payment_status = 'Pending')::INT AS amount FROM bill WHERE there
  UNION ALL SELECT visit_before, sequence, us, 'waiting', -(status_before = 'Pending')::INT FROM bill WHERE visit_before IS NOT NULL
  UNION ALL SELECT visit_id, sequence, us, 'revenue', (total_amount::DECIMAL(18, 2) * 100)::BIGINT FROM bill
    WHERE there AND payment_status = 'Paid' AND NOT (op = 'r' AND nth = 1)
  UNION ALL SELECT visit_before, sequence, us, 'revenue', -(amount_before::DECIMAL(18, 2) * 100)::BIGINT FROM bill
    WHERE status_before = 'Paid'
  UNION ALL SELECT visit_id, sequence, us, 'billsIssued', 1 FROM bill WHERE op = 'c'
), of_doctor AS (
  SELECT us, measure, amount, coalesce(
    (SELECT arg_max(doctor_id, v.sequence) FROM visit v WHERE v.id = moved.visit AND v.there AND v.sequence <= moved.sequence),
    (SELECT arg_min(doctor_id, v.sequence) FROM visit v WHERE v.id = moved.visit AND v.there)) AS doctor
  FROM moved
  UNION ALL SELECT us, 'visits', 1, doctor_id FROM visit WHERE op = 'c'
  UNION ALL SELECT us, 'visitsCancelled', 1, doctor_before FROM visit WHERE NOT there AND had
  UNION ALL SELECT us, 'diagnosis:' || diagnosis, 1, doctor_id FROM visit
    WHERE there AND op <> 'r' AND diagnosis IS NOT NULL
      AND (had IS NOT TRUE OR diagnosis_before IS DISTINCT FROM diagnosis)
), doctor AS (${VERSIONS('doctors', 'doctor_id', ['specialization'])}), five AS (
  SELECT us // 300000000 * 300000000 AS start, doctor, measure, amount, coalesce(
    (SELECT arg_max(specialization, d.sequence) FROM doctor d
      WHERE d.id = of_doctor.doctor AND d.there AND d.us < of_doctor.us // 300000000 * 300000000 + 300000000),
    (SELECT arg_min(specialization, d.sequence) FROM doctor d WHERE d.id = of_doctor.doctor AND d.there),
    'unknown') AS department
  FROM of_doctor
), net AS (
  -- What came to nothing within a window for a doctor is no activity of it.
  SELECT start, department, doctor, measure, sum(amount) AS amount FROM five GROUP BY ALL HAVING sum(amount) <> 0
), sized AS (
  SELECT department, '5m' AS size, start, measure, amount FROM net
  UNION ALL SELECT department, '1h', start // 3600000000 * 3600000000, measure, amount FROM net
), windows AS (
  SELECT department, size, start, coalesce(sum(amount) FILTER (measure = 'visits'), 0)::INT AS visits,
    coalesce(sum(amount) FILTER (measure = 'visitsCancelled'), 0)::INT AS cancelled,
    coalesce(sum(amount) FILTER (measure = 'billsIssued'), 0)::INT AS issued,
    coalesce(sum(amount) FILTER (measure = 'revenue'), 0)::BIGINT AS cents,
    coalesce(sum(amount) FILTER (measure = 'waiting'), 0)::INT AS waiting
  FROM sized GROUP BY ALL
), top AS (
  SELECT department, size, start, list({diagnosis: diagnosis, visits: n} ORDER BY n DESC, diagnosis) AS diagnoses FROM (
    SELECT department, size, start, substr(measure, 11) AS diagnosis, sum(amount)::INT AS n FROM sized
    WHERE measure LIKE 'diagnosis:%' GROUP BY department, size, start, measure
    QUALIFY row_number() OVER (PARTITION BY department, size, start ORDER BY sum(amount) DESC, substr(measure, 11)) <= 5)
  GROUP BY ALL
)
SELECT department, size, start::VARCHAR AS start, visits, cancelled, issued,
  (sum(waiting) OVER (PARTITION BY department, size ORDER BY start))::INT AS waiting, cents::VARCHAR AS cents,
  coalesce(to_json(diagnoses)::VARCHAR, '[]') AS diagnoses
FROM windows LEFT JOIN top USING (department, size, start) ORDER BY ALL`

/** Rows of activity-sessions with a gap of so many minutes: patient, start, end, changes and rows by kind. */
export const sessions = (minutes: number): string => `
WITH activity AS (
  SELECT json_extract_string("row", '$.patient_id') AS patient, epoch_us("committedAt"::TIMESTAMPTZ) AS us,
    "table" AS kind, "key"::VARCHAR AS one, sequence
  FROM changes WHERE op IN ('c', 'u') AND "table" IN ('visits', 'billing_payments', 'prescriptions')
), begun AS (
  SELECT *, coalesce(us - lag(us) OVER (PARTITION BY patient ORDER BY us) >= ${minutes}::BIGINT * 60000000, true)::INT AS begins
  FROM activity
), numbered AS (
  SELECT *, sum(begins) OVER (PARTITION BY patient ORDER BY us RANGE UNBOUNDED PRECEDING) AS session FROM begun
)
SELECT patient, min(us)::VARCHAR AS start, (max(us) + ${minutes}::BIGINT * 60000000)::VARCHAR AS until, count(*)::INT AS changes,
  (count(DISTINCT one) FILTER (kind = 'visits'))::INT AS visits,
  (count(DISTINCT one) FILTER (kind = 'billing_payments'))::INT AS bills,
  (count(DISTINCT one) FILTER (kind = 'prescriptions'))::INT AS prescriptions
FROM numbered GROUP BY patient, session ORDER BY ALL`
