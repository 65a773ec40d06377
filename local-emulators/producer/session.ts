import { setTimeout as sleep } from 'node:timers/promises'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { Client } from 'pg'
import { isConflict, isConnectionLost, toPipelineError } from './database-errors.ts'

const FIRST_WAIT_MS = 50
const LONGEST_WAIT_MS = 2000
const CONNECT_TIMEOUT_MS = 5000
const MOST_CONFLICTS = 20

export interface SessionOptions {
  databaseUrl: string
  patienceSeconds: number
  signal?: AbortSignal | undefined
  onWaiting?: () => void
}

/** What a transaction does, and how to find out later whether it was committed. */
export interface Work<T> {
  name: string
  run(client: Client): Promise<T>
  /** Called only after a connection was lost in a commit. */
  wasCommitted(client: Client): Promise<boolean>
}

/** One connection that comes back after it was lost. Every transaction takes place exactly once. */
export class Session {
  readonly #options: SessionOptions
  #client: Client | null = null
  /** The server's side of the latest connection. */
  #backend: { pid: number; since: string } | null = null

  constructor(options: SessionOptions) {
    this.#options = options
  }

  /** Does the work in a transaction. Lost connections and deadlocks are tried again until patience ends. */
  async transaction<T>(work: Work<T>): Promise<T> {
    let inDoubt: { result: T } | null = null
    let lostSince: number | null = null
    let wait = FIRST_WAIT_MS
    let conflicts = 0
    for (;;) {
      try {
        const client = this.#client ?? (await this.#connect())
        if (inDoubt && (await work.wasCommitted(client))) return inDoubt.result
        inDoubt = null
        await client.query('BEGIN')
        const result = await work.run(client)
        inDoubt = { result }
        const { command } = await client.query('COMMIT')
        if (command !== 'COMMIT')
          throw new PipelineError('DATABASE_UNAVAILABLE', { step: work.name, command })
        return result
      } catch (error) {
        if (isConflict(error) && conflicts < MOST_CONFLICTS) {
          conflicts += 1
          inDoubt = null
          await this.#client?.query('ROLLBACK').catch(() => this.#drop())
          continue
        }
        this.#drop()
        lostSince ??= Date.now()
        const patient = Date.now() - lostSince < this.#options.patienceSeconds * 1000
        if (!isConnectionLost(error) || !patient || this.#options.signal?.aborted) {
          throw toPipelineError(error, { step: work.name })
        }
        this.#options.onWaiting?.()
        await sleep(wait)
        wait = Math.min(wait * 2, LONGEST_WAIT_MS)
      }
    }
  }

  async close(): Promise<void> {
    await this.#client?.end().catch(() => {})
    this.#client = null
  }

  async #connect(): Promise<Client> {
    const client = new Client({
      connectionString: this.#options.databaseUrl,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      application_name: 'hospital-producer',
      keepAlive: true,
    })
    client.on('error', () => {
      if (this.#client === client) this.#client = null
    })
    try {
      await client.connect()
      await this.#endPrevious(client)
      const { rows } = await client.query(
        'SELECT pid, backend_start::text AS since FROM pg_stat_activity WHERE pid = pg_backend_pid()',
      )
      this.#backend = rows[0]
    } catch (error) {
      client.end().catch(() => {})
      throw error
    }
    this.#client = client
    return client
  }

  /** A backend that does not know yet that its client is gone could still commit: first see it ended. */
  async #endPrevious(client: Client): Promise<void> {
    if (!this.#backend) return
    const { rows } = await client.query(
      'SELECT pg_terminate_backend(pid, 5000) AS ended FROM pg_stat_activity WHERE pid = $1 AND backend_start::text = $2',
      [this.#backend.pid, this.#backend.since],
    )
    if (rows.some(({ ended }) => !ended)) throw new Error('the previous connection has not ended')
  }

  #drop(): void {
    const client = this.#client
    this.#client = null
    client?.end().catch(() => {})
  }
}
