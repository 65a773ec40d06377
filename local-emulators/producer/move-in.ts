import { formulary } from '@pipeline/hospital/simulator/formulary.ts'
import type { Operation } from '@pipeline/hospital/simulator/operation.ts'
import { createSimulator, type Simulator } from '@pipeline/hospital/simulator/simulator.ts'
import { loadDimensions } from './dimensions.ts'
import { plannedChanges, type Settings } from './options.ts'
import type { PostgresIds } from './postgres-ids.ts'
import type { Session } from './session.ts'
import { type Counts, wasWritten, write } from './writer.ts'

const FILLING_LOCK = 4_710_815
const DAYS = 365
const MS_A_DAY = 86_400_000

function isoDate(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}

/** Takes up the hospital in the database and fills what is empty of it. Producers that start at once take turns. */
export async function moveIn(
  session: Session,
  settings: Settings,
  ids: PostgresIds,
): Promise<{ simulator: Simulator; counts: Counts }> {
  const { seed, doctors, patients, startDate } = settings
  const today = Date.now()
  let filled: Operation[] = []
  return session.transaction({
    name: 'fill dimensions',
    async run(client) {
      await client.query('SELECT pg_advisory_xact_lock($1)', [FILLING_LOCK])
      const resume = await loadDimensions(client)
      // A hospital that somebody else began may have some of each and still lack most.
      await ids.drawWithin(client, { doctors: doctors + 1, patients, medicines: formulary.length })
      const simulator = createSimulator({
        seed,
        ids,
        doctors,
        patients,
        resume,
        operations: plannedChanges(settings),
        days: DAYS,
        startDate: startDate ?? isoDate(today - DAYS * MS_A_DAY),
        lastDate: isoDate(today),
      })
      filled = simulator.seedHospital()
      return { simulator, counts: await write(client, filled) }
    },
    wasCommitted: (client) => wasWritten(client, filled),
  })
}
