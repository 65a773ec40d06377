import type { Table } from '@pipeline/hospital/catalog.ts'
import { BatchChecker, type BatchClaim, type CheckedChange } from '../batch/check.ts'
import { encodeRow, encodeTruncate, type Refusal } from '../clickhouse/row.ts'

/** A change that ClickHouse can't hold, with its own line. */
export interface RefusedChange extends Refusal {
  offset: number
  committedAt: string
  line: string
}

/** What a batch comes to. */
export interface EncodedBatch {
  rows: string[]
  truncates: string[]
  refused: RefusedChange[]
}

/** Checks and encodes the lines of one batch in order. `line` and `end` throw BatchFault on what is not as claimed. */
export class BatchEncoder {
  readonly encoded: EncodedBatch = { rows: [], truncates: [], refused: [] }
  private readonly table: Table
  private readonly checker: BatchChecker

  constructor(table: Table, claim: BatchClaim) {
    this.table = table
    this.checker = new BatchChecker(claim)
  }

  line(line: string): void {
    const change = this.checker.line(line)
    if (change.op === 't') this.encoded.truncates.push(encodeTruncate(this.table, change))
    else this.take(change, line)
  }

  end(): EncodedBatch {
    this.checker.end()
    return this.encoded
  }

  private take(change: CheckedChange, line: string): void {
    const row = encodeRow(this.table, change, line)
    if (typeof row === 'string') this.encoded.rows.push(row)
    else {
      const { offset, committedAt } = change
      this.encoded.refused.push({ ...row, offset, committedAt, line })
    }
  }
}
