/** What the name of a lake object says about the changes inside it. */
export interface LakeName {
  table: string
  /** UTC day of the commits, YYYYMMDD. */
  day: string
  topic: string
  partition: number
  firstOffset: number
  lastOffset: number
}

const TABLE = /^[a-z_][a-z0-9_]{0,62}$/
const TOPIC = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,248}$/
const NAME = /^changes\/([^/]+)\/date=(\d{8})\/([^/]+)-(0|[1-9]\d{0,9})-(\d{20})-(\d{20})\.ndjson\.gz$/

/** A table name that may stand in an object's name: PostgreSQL's own unquoted form. */
export function isSafeTable(table: string): boolean {
  return TABLE.test(table)
}

/** A topic that may stand in an object's name: Kafka's characters, and nothing that climbs out of the prefix. */
export function isSafeTopic(topic: string): boolean {
  return TOPIC.test(topic) && !topic.includes('..')
}

/** Where all changes of a table lie. */
export function changesPrefix(table: string): string {
  return `changes/${table}/`
}

function paddedOffset(offset: number): string {
  if (!Number.isSafeInteger(offset) || offset < 0) throw new RangeError('an offset is a whole number from 0')
  return String(offset).padStart(20, '0')
}

/** The one name of a batch. Throws a RangeError on parts that could not be read back. */
export function lakeName(parts: LakeName): string {
  const { table, day, topic, partition, firstOffset, lastOffset } = parts
  if (!isSafeTable(table)) throw new RangeError('table is not fit for an object name')
  if (!isSafeTopic(topic)) throw new RangeError('topic is not fit for an object name')
  if (!/^\d{8}$/.test(day)) throw new RangeError('a day is YYYYMMDD')
  if (!Number.isSafeInteger(partition) || partition < 0 || partition > 0x7fffffff) {
    throw new RangeError('a partition is a whole number of 31 bits')
  }
  if (lastOffset < firstOffset) throw new RangeError('the last offset is below the first')
  const range = `${paddedOffset(firstOffset)}-${paddedOffset(lastOffset)}`
  return `${changesPrefix(table)}date=${day}/${topic}-${partition}-${range}.ndjson.gz`
}

/** The parts of a name; undefined for a name that `lakeName` does not write. */
export function parseLakeName(name: string): LakeName | undefined {
  const match = NAME.exec(name)
  if (!match) return undefined
  const [, table, day, topic, partition, first, last] = match as unknown as string[]
  const parts: LakeName = {
    table: table!,
    day: day!,
    topic: topic!,
    partition: Number(partition),
    firstOffset: Number(first),
    lastOffset: Number(last),
  }
  try {
    return lakeName(parts) === name ? parts : undefined
  } catch {
    return undefined
  }
}
