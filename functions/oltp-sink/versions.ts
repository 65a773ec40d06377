import type { SourcedEvent } from './outcome.ts'

/** The events of one key, the latest first; of equal times the one that came first in Kafka. */
type Versions = SourcedEvent[]

function compare(a: SourcedEvent, b: SourcedEvent): number {
  if (a.event.eventTime !== b.event.eventTime) return a.event.eventTime < b.event.eventTime ? 1 : -1
  return a.origin.offset - b.origin.offset
}

/** Puts the events of each key together. */
export function byKey(events: readonly SourcedEvent[]): Versions[] {
  const keys = new Map<string, Versions>()
  for (const item of events) {
    const name = `${item.event.table}:${item.event.rowKey}`
    const versions = keys.get(name)
    if (versions) versions.push(item)
    else keys.set(name, [item])
  }
  for (const versions of keys.values()) if (versions.length > 1) versions.sort(compare)
  return [...keys.values()]
}

/**
 * What is left to try of a key after its head was tried. A head that stands makes all older ones void; events of
 * the same time are still judged, for they may contradict it. A head that does not stand leaves the next one.
 */
export function afterHead(versions: Versions, stands: boolean): { open: Versions; void: number } {
  const [head, ...rest] = versions
  if (!stands) return { open: rest, void: 0 }
  const open = rest.filter(({ event }) => event.eventTime === head!.event.eventTime)
  return { open, void: rest.length - open.length }
}
