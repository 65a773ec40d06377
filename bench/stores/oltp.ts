import { manifest } from '@pipeline/functions/manifest.ts'
import { writerPool } from '@pipeline/functions/oltp-sink/pool.ts'
import { oltpSink } from '@pipeline/functions/oltp-sink/sink.ts'
import type { StackFile } from '@pipeline/local-emulators/stack-file.ts'
import pg from 'pg'
import { pino } from 'pino'
import { type Beside, beside, expectRows, loopRate, nowhere, rateOf, together } from './rate.ts'
import { eventMessages, VISIT_COLUMNS, visitOf } from './rows.ts'

const ROWS = 60_000
/** Above every id of the stack. */
const FIRST_ID = 1_000_000_000_000
const UPSERT = `INSERT INTO public.visits (${VISIT_COLUMNS.join(', ')}) VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT (visit_id) DO UPDATE SET ${VISIT_COLUMNS.slice(1)
    .map((name) => `${name} = excluded.${name}`)
    .join(', ')}`

export interface OltpBeside extends Beside {
  /** A loop that keeps its one connection: one upsert and one commit a row. */
  keptRowsPerSecond: number
}

const LOOP_ROWS = 20_000

/**
 * oltp-sink from message to commit, as many at once as its manifest says, and beside it what the reference does: for
 * each event a connection, one upsert, and the connection's end; without checks, without a ledger. A second loop keeps its connection, as a job of Flink may.
 */
export async function measureOltp(stack: StackFile): Promise<OltpBeside> {
  const admin = new pg.Client({ connectionString: stack.postgresUrl })
  await admin.connect()
  const log = pino({ level: 'silent' })
  const pool = writerPool(stack.postgresWriterUrl, 4, log)
  try {
    const { rows } = await admin.query<{ patient: string; doctor: string }>(
      'SELECT (SELECT min(patient_id) FROM patients) AS patient, (SELECT min(doctor_id) FROM doctors) AS doctor',
    )
    const visits = Array.from({ length: ROWS + 2 * LOOP_ROWS }, (_, at) =>
      visitOf(FIRST_ID + at, Number(rows[0]!.patient), Number(rows[0]!.doctor)),
    )
    const sink = oltpSink({
      pool,
      events: nowhere,
      deadLetters: nowhere,
      maxWaitSeconds: 3600,
      ledgerDays: 30,
      log,
    })
    const messages = await eventMessages(visits.slice(0, ROWS))
    const { concurrency } = manifest.find(({ name }) => name === 'oltp-sink')!
    const ours = await rateOf(ROWS, () =>
      together(messages, concurrency, ({ data, attributes }) => sink({ messageId: '1', data, attributes })),
    )
    const { rows: there } = await admin.query<{ n: number }>(
      'SELECT count(*)::integer AS n FROM public.visits WHERE visit_id >= $1',
      [FIRST_ID],
    )
    expectRows('PostgreSQL', there[0]!.n, ROWS)
    const valuesOf = (at: number) => VISIT_COLUMNS.map((name) => visits[at]![name])
    const loop = await loopRate(LOOP_ROWS, async (at) => {
      const client = new pg.Client({ connectionString: stack.postgresWriterUrl })
      await client.connect()
      try {
        await client.query(UPSERT, valuesOf(ROWS + at))
      } finally {
        await client.end()
      }
    })
    const kept = new pg.Client({ connectionString: stack.postgresWriterUrl })
    await kept.connect()
    try {
      const keptRowsPerSecond = await loopRate(LOOP_ROWS, async (at) => {
        await kept.query(UPSERT, valuesOf(ROWS + LOOP_ROWS + at))
      })
      return { ...beside(ours, loop), keptRowsPerSecond }
    } finally {
      await kept.end()
    }
  } finally {
    await pool.end()
    await admin.end()
  }
}
