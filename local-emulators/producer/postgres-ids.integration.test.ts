import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Client } from 'pg'
import { PostgresIds } from './postgres-ids.ts'
import { Session, type Work } from './session.ts'
import { startTestPostgres, type TestPostgres } from './test-postgres.ts'

const WANTED = { visits: 100 }
let postgres: TestPostgres
before(async () => {
  postgres = await startTestPostgres()
})
after(() => postgres?.stop())

/** A block has four times what was wanted. */
const taken = (ids: PostgresIds, count: number): number[] =>
  Array.from({ length: count }, () => ids.next('visits'))

test('ids that a crash of the server took back are given to nobody twice', async () => {
  const { url } = await postgres.createDatabase()
  const session = new Session({ databaseUrl: url, patienceSeconds: 30 })
  const mine = new PostgresIds()
  /** The server crashes before the first commit, and the work is done again. */
  const crashing = {
    async transaction<T>(work: Work<T>): Promise<T> {
      const client = new Client({ connectionString: url })
      client.on('error', () => {})
      await client.connect()
      await client.query('BEGIN')
      await work.run(client)
      await postgres.crash(0)
      return session.transaction(work)
    },
  }
  try {
    await mine.reserve(crashing as Session, WANTED)
    const other = new PostgresIds()
    await other.reserve(session, WANTED)
    const all = [...taken(mine, 400), ...taken(other, 400)]
    assert.equal(new Set(all).size, all.length)

    const within = new PostgresIds()
    await crashing.transaction({
      name: 'a row and its id',
      run: (client) => within.drawWithin(client, WANTED),
      wasCommitted: async () => false,
    })
    await other.reserve(session, WANTED)
    const more = [...taken(within, 400), ...taken(other, 400)]
    assert.equal(new Set([...all, ...more]).size, all.length + more.length)
  } finally {
    await session.close()
  }
})
