import { catalog, type Table } from '../catalog.ts'

const byTopic = new Map<string, Table>(
  catalog.flatMap((table) => (table.eventTopic ? [[table.eventTopic, table] as const] : [])),
)

/** The Kafka topics that events come by, in the catalog's order of their tables. */
export const eventTopics: readonly string[] = [...byTopic.keys()]

/** The table that a topic's events are written to; undefined for a topic of others. */
export function tableOfTopic(topic: string): Table | undefined {
  return byTopic.get(topic)
}
