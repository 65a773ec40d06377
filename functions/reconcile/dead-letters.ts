import type { Lake } from '../lake/port.ts'

export interface DeadLetters {
  total: number
  /** Offsets that the relay gave up, by `topic/partition`: they will never be in the lake. */
  offsets: Map<string, { first: number; last: number }[]>
}

const RELAY = /^dead-letters\/relay\/date=\d{8}\/(.+)-(\d+)-(\d+)\.json$/

/** What lies in dead letters, by the objects' names alone. */
export async function readDeadLetters(lake: Lake): Promise<DeadLetters> {
  let total = 0
  const offsets: DeadLetters['offsets'] = new Map()
  for await (const page of lake.list('dead-letters/')) {
    for (const { name } of page) {
      total += 1
      const match = RELAY.exec(name)
      if (!match) continue
      const id = `${match[1]}/${match[2]}`
      const offset = Number(match[3])
      const ranges = offsets.get(id) ?? []
      ranges.push({ first: offset, last: offset })
      offsets.set(id, ranges)
    }
  }
  return { total, offsets }
}
