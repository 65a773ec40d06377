/** What the name of a lake object says about the changes inside it. */
export interface LakeName {
  table: string
  /** UTC day of the commits, YYYYMMDD. */
  day: string
  topic: string
  partition: number
  firstOffset: number
  lastOffset: number
  /** Set for a Parquet object that compaction made. */
  compacted?: Compacted
}

/** Offsets of one topic partition, both ends included. */
export interface Offsets {
  first: number
  last: number
}

export interface Compacted {
  /** Above that of every object that it was made of; a batch counts as 0. */
  level: number
  /** What between first and last offset it does not cover: inside, in order, not touching each other. */
  gaps: readonly Offsets[]
}

const TABLE = /^[a-z_][a-z0-9_]{0,62}$/
const TOPIC = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,248}$/
const NAME =
  /^changes\/([^/]+)\/date=(\d{8})\/([^/]+)-(0|[1-9]\d{0,9})-(\d{20})-(\d{20})\.(?:ndjson\.gz|([1-9]\d{0,8})(?:\.([0-9a-z_-]+))?\.parquet)$/
/** Common file systems, and so emulators of the lake, take 255 bytes for one part of a name, ends of their own included. */
const MAX_LAST_PART = 220

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

/** The one name of a batch, or of what compaction made of some. Throws a RangeError on parts that could not be read back. */
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
  const end = parts.compacted ? compactedEnd(parts, parts.compacted) : 'ndjson.gz'
  return `${changesPrefix(table)}date=${day}/${topic}-${partition}-${range}.${end}`
}

/** Each gap as its distance from what comes before it and its length, in base 36. */
function compactedEnd({ firstOffset, lastOffset }: LakeName, { level, gaps }: Compacted): string {
  if (!Number.isSafeInteger(level) || level < 1 || level > 999_999_999) {
    throw new RangeError('a level is a whole number from 1')
  }
  let before = firstOffset
  const texts = gaps.map(({ first, last }) => {
    if (first <= before || last < first || last >= lastOffset)
      throw new RangeError('gaps lie inside, in order')
    const text = `${(first - before).toString(36)}-${(last - first + 1).toString(36)}`
    before = last + 1
    return text
  })
  return [String(level), ...(texts.length > 0 ? [texts.join('_')] : []), 'parquet'].join('.')
}

function readGaps(text: string | undefined, firstOffset: number): Offsets[] {
  let before = firstOffset
  return (text === undefined ? [] : text.split('_')).map((gap) => {
    const [distance = '', length = ''] = gap.split('-')
    const first = before + Number.parseInt(distance, 36)
    const last = first + Number.parseInt(length, 36) - 1
    before = last + 1
    return { first, last }
  })
}

/** Whether a name with these parts is short enough for the lake and everything that stands in for it. */
export function fitsName(parts: LakeName): boolean {
  return lakeName(parts).split('/').at(-1)!.length <= MAX_LAST_PART
}

/** The offsets that an object answers for: it holds every change of them that there is. */
export function coveredBy({ firstOffset, lastOffset, compacted }: LakeName): Offsets[] {
  const covered: Offsets[] = []
  let first = firstOffset
  for (const gap of compacted?.gaps ?? []) {
    covered.push({ first, last: gap.first - 1 })
    first = gap.last + 1
  }
  return [...covered, { first, last: lastOffset }]
}

/** The parts of a name; undefined for a name that `lakeName` does not write. */
export function parseLakeName(name: string): LakeName | undefined {
  const match = NAME.exec(name)
  if (!match) return undefined
  const [, table, day, topic, partition, first, last, level, gaps] = match as unknown as string[]
  const parts: LakeName = {
    table: table!,
    day: day!,
    topic: topic!,
    partition: Number(partition),
    firstOffset: Number(first),
    lastOffset: Number(last),
    ...(level !== undefined && {
      compacted: { level: Number(level), gaps: readGaps(gaps, Number(first)) },
    }),
  }
  try {
    return lakeName(parts) === name ? parts : undefined
  } catch {
    return undefined
  }
}
