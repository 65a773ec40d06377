import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Database, withDatabase } from '@pipeline/functions/warehouse/duckdb-file.ts'
import { emptyWarehouse } from '@pipeline/local-emulators/dbt/empty-warehouse.ts'
import { type DbtRun, runDbt } from '@pipeline/local-emulators/dbt/run.ts'

export interface DbtResult {
  /** `dbt build` of everything, tests included, over all changes. */
  dbtBuildSeconds: number
  /** The models alone, of that run. */
  dbtModelsSeconds: number
  /** `dbt build` after 1 % new changes. */
  dbtIncrementalSeconds: number
  dbtIncrementalModelsSeconds: number
  /** The models' time of the incremental build to that of the first one. */
  dbtIncrementalShare: number
  /** What incremental models wrote in it. */
  dbtIncrementalRows: number
  dbtIncrementalBytes: number
}

const PATIENTS = 20_000
const DOCTORS = 200
const MEDICINES = 300

/** Changes of one table: `row` is SQL for its JSON, of the number `i`. */
interface Wave {
  table: string
  op: 'r' | 'c' | 'u' | 'd'
  key: string
  row: string
  from: number
  to: number
}

const VISIT = `json_object('visit_id', i, 'patient_id', 1 + i % ${PATIENTS}, 'doctor_id', 1 + i % ${DOCTORS},
  'visit_date', strftime(DATE '2025-01-01' + (i * 365 // total)::INTEGER, '%Y-%m-%d'),
  'diagnosis', 'J' || lpad((i % 90)::VARCHAR, 2, '0') || '.1 Diagnosis number ' || i % 90, 'total_cost', printf('%d.%02d', i % 900, i % 100))`
const BILL = (
  status: string,
): string => `json_object('billing_id', i, 'patient_id', 1 + i % ${PATIENTS}, 'visit_id', i,
  'billing_date', strftime(DATE '2025-01-05' + (i * 365 // total)::INTEGER, '%Y-%m-%d'),
  'total_amount', printf('%d.%02d', i % 900, i % 100), 'payment_status', '${status}')`
const PRESCRIPTION = `json_object('prescription_id', i, 'patient_id', 1 + i % ${PATIENTS}, 'doctor_id', 1 + i % ${DOCTORS},
  'medicine_id', 1 + i % ${MEDICINES}, 'visit_id', i,
  'prescribed_at', strftime(TIMESTAMP '2025-01-01' + to_seconds(i * 31536000 // total), '%Y-%m-%dT%H:%M:%S.000000Z'),
  'dosage', '1 tablet', 'duration', (1 + i % 9) || ' days')`
const DIMENSIONS: Wave[] = [
  {
    table: 'doctors',
    op: 'r',
    key: 'doctor_id',
    from: 1,
    to: DOCTORS,
    row: `json_object('doctor_id', i, 'name', 'Doctor ' || i, 'specialization', 'Specialty ' || i % 12, 'experience_years', i % 30, 'contact_info', NULL)`,
  },
  {
    table: 'medicines',
    op: 'r',
    key: 'medicine_id',
    from: 1,
    to: MEDICINES,
    row: `json_object('medicine_id', i, 'name', 'Medicine ' || i, 'category', 'C' || i % 9, 'manufacturer', NULL, 'price', printf('%d.%02d', 1 + i % 80, i % 100))`,
  },
  {
    table: 'patients',
    op: 'r',
    key: 'patient_id',
    from: 1,
    to: PATIENTS,
    row: `json_object('patient_id', i, 'full_name', 'Patient ' || i, 'date_of_birth', strftime(DATE '1930-01-01' + (i * 7 % 30000)::INTEGER, '%Y-%m-%d'), 'gender', NULL, 'blood_type', NULL, 'contact_info', NULL, 'insurance_id', NULL)`,
  },
]

/** 60 % creates, 30 % updates and 10 % deletes of three facts, of numbers `from` to below `from + facts`. */
function facts(from: number, count: number): Wave[] {
  const to = from + count - 1
  const some = (share: number): number => from + Math.floor(count * share) - 1
  const of = (table: string, op: Wave['op'], key: string, row: string, until = to): Wave => ({
    ...{ table, op, key, row, from, to: until },
  })
  return [
    of('visits', 'c', 'visit_id', VISIT),
    of('billing_payments', 'c', 'billing_id', BILL('Pending')),
    of('prescriptions', 'c', 'prescription_id', PRESCRIPTION),
    of('visits', 'u', 'visit_id', VISIT, some(0.5)),
    of('billing_payments', 'u', 'billing_id', BILL('Paid')),
    of('prescriptions', 'd', 'prescription_id', 'NULL', some(0.25)),
    of('billing_payments', 'd', 'billing_id', 'NULL', some(0.125)),
    of('visits', 'd', 'visit_id', 'NULL', some(0.125)),
  ]
}

/** Facts of so many changes: 3 creates, 1.5 updates and half a delete for each number. */
const CHANGES_A_FACT = 5

async function put(db: Database, waves: readonly Wave[], total: number, place: number): Promise<number> {
  let next = place
  for (const { table, op, key, row, from, to } of waves) {
    await db.run(
      `INSERT INTO raw."${table}_changes" SELECT '${table}', '${op}', json_object('${key}', i), ${row}, i::VARCHAR,
         printf('%016x/%016x/%04d', ${next} + i - ${from}, ${next} + i - ${from}, ${op === 'd' ? 0 : 1}), NULL,
         TIMESTAMPTZ '2026-01-01 00:00:00+00', TIMESTAMPTZ '2026-01-01 00:00:00+00', 'postgres-source.public.${table}', 0,
         ${next} + i - ${from}, current_timestamp
       FROM (SELECT range AS i, ${total} AS total FROM range(${from}, ${to + 1}))`,
    )
    next += to - from + 1
  }
  return next
}

async function build(
  path: string,
  folder: string,
): Promise<{ run: DbtRun; seconds: number; models: number }> {
  const started = performance.now()
  const args = ['build', '--exclude-resource-type', 'unit_test', '--vars', "{as_of: '2026-02-01'}"]
  const run = await runDbt({ args, duckdbPath: path, logDir: folder })
  if (!run.ok) {
    const bad = run.results.filter(({ status }) => status === 'error' || status === 'fail')
    throw new Error(`dbt failed: ${bad.map(({ name, message }) => `${name} ${message}`).join(', ')}`)
  }
  const models = run.results.filter(({ status }) => status === 'success')
  return {
    run,
    seconds: (performance.now() - started) / 1000,
    models: models.reduce((sum, each) => sum + each.seconds, 0),
  }
}

/** Builds the marts over so many changes on DuckDB, and again after 1 % more. */
export async function measureDbt(changes: number, say: (text: string) => void): Promise<DbtResult> {
  const folder = await mkdtemp(join(tmpdir(), 'hospital-dbt-bench-'))
  const path = join(folder, 'warehouse.duckdb')
  const options = { path, memoryLimit: '1GB', threads: 2, lockWaitMs: 0 }
  try {
    await emptyWarehouse(path)
    const total = Math.floor(changes / CHANGES_A_FACT)
    const fresh = Math.floor(total / 100)
    const next = await withDatabase(options, (db) =>
      put(db, [...DIMENSIONS, ...facts(1, total)], total, 1000),
    )
    say(`dbt build over ${changes} changes`)
    const first = await build(path, folder)
    await withDatabase(options, (db) => put(db, facts(total + 1, fresh), total, next))
    say('dbt build after 1 % more')
    const second = await build(path, folder)
    const { touched } = second.run
    return {
      dbtBuildSeconds: first.seconds,
      dbtModelsSeconds: first.models,
      dbtIncrementalSeconds: second.seconds,
      dbtIncrementalModelsSeconds: second.models,
      dbtIncrementalShare: second.models / first.models,
      dbtIncrementalRows: touched.reduce((sum, { rows }) => sum + rows, 0),
      dbtIncrementalBytes: touched.reduce((sum, { bytes }) => sum + bytes, 0),
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  const changes = Number(process.argv[2] ?? 1_000_000)
  console.log(await measureDbt(changes, console.error))
}
