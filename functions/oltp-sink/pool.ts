import { safeError } from '@pipeline/hospital/errors.ts'
import pg from 'pg'
import type { Log } from '../log.ts'

const CONNECT_MS = 10_000
const STATEMENT_MS = 30_000
const LOCK_MS = 10_000

/** Connections to PostgreSQL as the writing role, `most` at a time, each with a bound on what it may take. */
export function writerPool(url: string, most: number, log: Log): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: most,
    connectionTimeoutMillis: CONNECT_MS,
    idleTimeoutMillis: 30_000,
    statement_timeout: STATEMENT_MS,
    query_timeout: STATEMENT_MS + 5_000,
    lock_timeout: LOCK_MS,
    idle_in_transaction_session_timeout: STATEMENT_MS,
    application_name: 'oltp-sink',
    keepAlive: true,
  })
  pool.on('error', (error) => log.warn({ error: safeError(error) }, 'an idle connection was lost'))
  return pool
}
