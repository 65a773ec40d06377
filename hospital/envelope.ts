import { decodeUtf8, parseExact, parseExactText } from './exact-json.ts'

/** What the decoder needs of Debezium's envelope, not checked any further. */
export interface Envelope {
  op: unknown
  /** The row after the change. */
  after: unknown
  table: unknown
  /** Two LSNs in decimal: of the commit before the transaction, null right after a snapshot, and of the change. */
  commitLsn: string | null
  lsn: string
  txId: unknown
  committedMs: unknown
  capturedMs: unknown
}

/** Everything after the rows, as Debezium 3 with JSON without schemas writes it. */
const TAIL =
  /,"source":\{"version":"[^"\\]*","connector":"postgresql","name":"[^"\\]*","ts_ms":(\d{1,15}),"snapshot":"[^"\\]*","db":"[^"\\]*","sequence":"\[(?:null|\\"(\d{1,20})\\"),\\"(\d{1,20})\\"\]","ts_us":\d+,"ts_ns":\d+,"schema":"[^"\\]*","table":"([^"\\]*)","txId":(\d{1,10}|null),"lsn":\d+,"xmin":[^{}]*\},"transaction":null,"op":"([a-z])","ts_ms":(\d{1,15}),"ts_us":\d+,"ts_ns":\d+\}$/y
const NO_BEFORE = '{"before":null,"after":'
const AFTER = '},"after":'

/**
 * Reads an envelope; of the usual layout only the row is parsed, which takes a third of the time. Returns why it
 * can't be read. Integers keep their digits.
 */
export function readEnvelope(bytes: Buffer): Envelope | { wrong: string } {
  const text = decodeUtf8(bytes)
  if (text === undefined) return { wrong: 'the value is not UTF-8' }
  return readUsual(text) ?? readAny(bytes)
}

/** The parts of an envelope of the usual layout as texts. */
export interface UsualTexts {
  op: string
  after: string
  table: string
  /** Undefined right after a snapshot. */
  commitLsn: string | undefined
  lsn: string
  txId: string
  committedMs: string
  capturedMs: string
}

/** Takes an envelope of the usual layout apart without parsing it; undefined for any other. */
export function readUsualTexts(text: string): UsualTexts | undefined {
  const source = text.lastIndexOf(',"source":{')
  if (source === -1) return undefined
  TAIL.lastIndex = source
  const tail = TAIL.exec(text)
  if (!tail) return undefined
  let start = NO_BEFORE.length
  if (!text.startsWith(NO_BEFORE)) {
    if (!text.startsWith('{"before":{')) return undefined
    const after = text.indexOf(AFTER)
    if (after === -1 || after > source) return undefined
    start = after + AFTER.length
  }
  const [, committedMs, commitLsn, lsn, table, txId, op, capturedMs] = tail
  return {
    op: op!,
    after: text.slice(start, source),
    table: table!,
    commitLsn,
    lsn: lsn!,
    txId: txId!,
    committedMs: committedMs!,
    capturedMs: capturedMs!,
  }
}

function readUsual(text: string): Envelope | undefined {
  const texts = readUsualTexts(text)
  if (!texts) return undefined
  try {
    return {
      op: texts.op,
      after: parseExactText(texts.after),
      table: texts.table,
      commitLsn: texts.commitLsn ?? null,
      lsn: texts.lsn,
      txId: texts.txId === 'null' ? null : Number(texts.txId),
      committedMs: Number(texts.committedMs),
      capturedMs: Number(texts.capturedMs),
    }
  } catch {
    return undefined
  }
}

interface Parsed {
  op?: unknown
  after?: unknown
  ts_ms?: unknown
  source?: { table?: unknown; sequence?: unknown; txId?: unknown; ts_ms?: unknown } | null
}

function readAny(bytes: Buffer): Envelope | { wrong: string } {
  let parsed: Parsed | null
  try {
    parsed = parseExact(bytes) as Parsed | null
  } catch {
    return { wrong: 'the value is not JSON' }
  }
  if (typeof parsed !== 'object' || parsed === null) return { wrong: 'the value is not a JSON object' }
  const { source } = parsed
  if (typeof source !== 'object' || source === null) return { wrong: 'no source' }
  const sequence = /^\[(?:null|"(\d{1,20})"),"(\d{1,20})"\]$/.exec(String(source.sequence))
  if (!sequence) return { wrong: 'no sequence of LSNs' }
  return {
    op: parsed.op,
    after: parsed.after,
    table: source.table,
    commitLsn: sequence[1] ?? null,
    lsn: sequence[2]!,
    txId: source.txId ?? null,
    committedMs: source.ts_ms,
    capturedMs: parsed.ts_ms,
  }
}
