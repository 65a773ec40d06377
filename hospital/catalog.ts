import { tables } from './tables.ts'

/** A PostgreSQL column type that the pipeline knows how to carry exactly. */
export type ColumnType =
  | { kind: 'bigint' | 'integer' | 'text' | 'date' | 'timestamp' | 'boolean' }
  /** json, jsonb, or an array of one dimension. */
  | { kind: 'json' }
  | { kind: 'numeric'; precision: number; scale: number }

/** Whom a value points at: a patient by itself, a patient together with other columns, or a member of staff. */
export type Identifies = 'patient' | 'patient-with-others' | 'staff'

export interface Column {
  name: string
  type: ColumnType
  nullable: boolean
  description: string
  identifies?: Identifies
  /** The table whose primary key this column holds. */
  references?: string
  /** The only values that the column may have. */
  oneOf?: readonly string[]
}

export interface Table {
  name: string
  kind: 'dimension' | 'fact'
  /** Names of the primary key's columns, in order. */
  key: readonly string[]
  /** Partitions of the change topic in Kafka, and of the event topic. */
  partitions: number
  /** The Kafka topic whose events are written to this table, where there is one. */
  eventTopic?: string
  description: string
  columns: readonly Column[]
}

export const SCHEMA = 'public'
export const TOPIC_PREFIX = 'postgres-source'

/** Every captured table, parents before the tables that reference them. */
export const catalog: readonly Table[] = tables

const byName = new Map(catalog.map((table) => [table.name, table]))

/** The catalog's entry of a table, or undefined for a table that the pipeline does not know. */
export function findTable(name: string): Table | undefined {
  return byName.get(name)
}

/** The Kafka topic that Debezium writes a table's changes to. */
export function changeTopic(table: string): string {
  return `${TOPIC_PREFIX}.${SCHEMA}.${table}`
}

/** Tables of one kind, in the catalog's order. */
export function tablesOfKind(kind: Table['kind']): readonly Table[] {
  return catalog.filter((table) => table.kind === kind)
}
