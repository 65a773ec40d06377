import { findTable } from '@pipeline/hospital/catalog.ts'
import type { Op } from '@pipeline/hospital/change.ts'
import { SEQUENCE_PATTERN } from '@pipeline/hospital/sequence.ts'
import { fastLines, isFlatRow, type LineTexts } from './fast-line.ts'

/** What a batch says about itself before anyone looks inside. */
export interface BatchClaim {
  table: string
  topic: string
  partition: number
  firstOffset: number
  lastOffset: number
  /** UTC day YYYYMMDD of every commit; undefined: whatever the first line's is. */
  day?: string | undefined
  count?: number | undefined
}

/** The parts of a checked line that a store needs by themselves. */
export interface CheckedChange {
  op: Op
  /** Whether the change has a key; a truncate has none. */
  keyed: boolean
  /** Set where the line has the relay's own layout. */
  texts?: LineTexts
  sequence: string
  txId: number | null
  committedAt: string
  capturedAt: string
  offset: number
}

/** A batch does not hold what it claims. The message names a line and a field, never a value. */
export class BatchFault extends Error {
  override name = 'BatchFault'
}

const OPS = new Set(['r', 'c', 'u', 'd', 't'])
const TIME = /^(\d{4})-(\d{2})-(\d{2})T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?Z$/
const SURROGATE_ESCAPE = /\\u[dD][89abAB][0-9a-fA-F]{2}|\\u[dD][c-fC-F][0-9a-fA-F]{2}/
const LONE_SURROGATE = /(?:^|[^\\])(?:\\\\)*\\ud[89a-f]/

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isDay(year: string, month: string, day: string): boolean {
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)))
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day) && Number(year) > 0
}

/** Checks the lines of one batch in order; throws BatchFault at the first that is not as claimed. */
export class BatchChecker {
  readonly claim: BatchClaim
  lines = 0
  private readonly keyColumns: readonly string[]
  private lastOffset = -1
  private knownDay = ''
  private lastDate = ''
  private readonly fast: ((line: string) => LineTexts | undefined) | undefined
  private readonly parsesRows: boolean
  private dayText: string | undefined

  /** `parsesRows: false` leaves it to a later reader to find out whether each row is JSON. */
  constructor(claim: BatchClaim, { parsesRows = true } = {}) {
    this.claim = claim
    this.parsesRows = parsesRows
    this.fast = fastLines(claim)
    this.keyColumns = findTable(claim.table)?.key ?? []
    this.dayText = claim.day
  }

  /** UTC day of the batch, YYYYMMDD, once a line was seen. */
  get day(): string | undefined {
    return this.dayText
  }

  /** Takes the text of one line without its end. */
  line(text: string): CheckedChange {
    this.lines++
    if (this.claim.count !== undefined && this.lines > this.claim.count)
      this.fault('more lines than the count')
    const texts = this.fast?.(text)
    if (texts && this.isRow(texts.row)) return this.fastChange(texts)
    let parsed: unknown
    try {
      parsed = JSON.parse(text)
    } catch {
      this.fault('not JSON')
    }
    if (!isObject(parsed)) this.fault('not a JSON object')
    if (SURROGATE_ESCAPE.test(text) && LONE_SURROGATE.test(JSON.stringify(parsed))) {
      this.fault('half of a surrogate pair')
    }
    return this.change(parsed)
  }

  private isRow(row: string | null): boolean {
    if (row === null || !this.parsesRows || isFlatRow(row)) return true
    try {
      JSON.parse(row)
      return true
    } catch {
      return false
    }
  }

  private fastChange(texts: LineTexts): CheckedChange {
    const { op, sequence, txId, committedAt, capturedAt } = texts
    if (txId !== null && txId > 0xffffffff) this.fault('txId')
    this.committed(committedAt)
    this.date(capturedAt, 'capturedAt')
    return {
      op,
      keyed: true,
      texts,
      sequence,
      txId,
      committedAt,
      capturedAt,
      offset: this.offset(texts.offset),
    }
  }

  /** Call after the last line. */
  end(): void {
    const { count, lastOffset } = this.claim
    if (this.lines === 0) throw new BatchFault('no lines')
    if (count !== undefined && this.lines !== count) throw new BatchFault('fewer lines than the count')
    if (this.lastOffset !== lastOffset) throw new BatchFault('ends before the last offset')
  }

  private change(value: Record<string, unknown>): CheckedChange {
    const { table, topic, partition } = this.claim
    if (value.table !== table) this.fault('another table')
    if (value.topic !== topic) this.fault('another topic')
    if (value.partition !== partition) this.fault('another partition')
    const { op, key, row, sequence, txId = null, committedAt, capturedAt } = value
    if (typeof op !== 'string' || !OPS.has(op)) this.fault('op is none of ours')
    if (op === 't' ? key !== null : !isObject(key)) this.fault('key does not suit the op')
    if (op === 't' || op === 'd' ? row !== null : !isObject(row)) this.fault('row does not suit the op')
    if (isObject(key)) this.checkKey(key)
    if (typeof sequence !== 'string' || !SEQUENCE_PATTERN.test(sequence)) this.fault('sequence')
    if (
      txId !== null &&
      !(Number.isInteger(txId) && (txId as number) >= 0 && (txId as number) <= 0xffffffff)
    ) {
      this.fault('txId')
    }
    return {
      op: op as Op,
      keyed: key !== null,
      sequence,
      txId: txId as number | null,
      committedAt: this.committed(committedAt),
      capturedAt: this.time(capturedAt, 'capturedAt'),
      offset: this.offset(value.offset),
    }
  }

  private checkKey(key: Record<string, unknown>): void {
    for (const column of this.keyColumns) {
      const value = key[column]
      if (value === undefined || value === null || typeof value === 'object') this.fault('key lacks a column')
    }
  }

  private offset(offset: unknown): number {
    const { firstOffset, lastOffset } = this.claim
    if (typeof offset !== 'number' || !Number.isSafeInteger(offset)) this.fault('offset')
    if (this.lines === 1 && offset !== firstOffset) this.fault('does not begin at the first offset')
    if (offset <= this.lastOffset) this.fault('offsets do not ascend')
    if (offset > lastOffset) this.fault('offset above the last')
    this.lastOffset = offset
    return offset
  }

  private time(value: unknown, field: string): string {
    if (typeof value !== 'string' || !TIME.test(value)) this.fault(field)
    this.date(value, field)
    return value
  }

  /** Dates come in runs: the last good one is remembered. */
  private date(time: string, field: string): void {
    const date = time.slice(0, 10)
    if (date === this.lastDate) return
    const [year, month, day] = date.split('-') as [string, string, string]
    if (!isDay(year, month, day)) this.fault(field)
    this.lastDate = date
  }

  private committed(value: unknown): string {
    const text = this.time(value, 'committedAt')
    const day = text.slice(0, 10)
    if (day !== this.knownDay) {
      const digits = day.replaceAll('-', '')
      this.dayText ??= digits
      if (digits !== this.dayText) this.fault('another day')
      this.knownDay = day
    }
    return text
  }

  private fault(reason: string): never {
    throw new BatchFault(`line ${this.lines}: ${reason}`)
  }
}
