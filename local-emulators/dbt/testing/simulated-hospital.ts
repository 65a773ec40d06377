import { catalog, changeTopic, findTable } from '@pipeline/hospital/catalog.ts'
import type { ChangeRecord, Op, Row } from '@pipeline/hospital/change.ts'
import { formatSequence } from '@pipeline/hospital/sequence.ts'
import { MemoryDatabase } from '@pipeline/hospital/simulator/memory-database.ts'
import type { Operation, SqlRow } from '@pipeline/hospital/simulator/operation.ts'
import { createSimulator, type Simulator } from '@pipeline/hospital/simulator/simulator.ts'

/** Ids of patients are like no other number, so that one which gets into a report is found there. */
const FIRST_PATIENT = 7_654_321_000_000
const DAY_MS = 86_400_000

/** What a change did to the rows of reports: the row before it and after it. */
export interface Effect {
  table: string
  before: SqlRow | null
  after: SqlRow | null
}

/** A simulated hospital: the rows that PostgreSQL would hold, the changes that it would have sent, and prices by time. */
export class SimulatedHospital {
  readonly database = new MemoryDatabase()
  readonly prices: { medicine_id: number; price: string; at: string }[] = []
  readonly effects: Effect[] = []
  private readonly simulator: Simulator
  private readonly start = Date.parse('2025-01-01T00:00:00Z')
  private readonly total: number
  private made = 0

  /** Commits of about `total` changes are spread over the year of the simulator's clock. */
  constructor(seed: number, total: number) {
    this.total = total
    let nextPatient = FIRST_PATIENT
    const others = new Map<string, number>()
    this.simulator = createSimulator({
      seed,
      startDate: '2025-01-01',
      operations: total,
      patients: Math.max(200, Math.floor(total / 40)),
      ids: {
        next: (table) => {
          if (table === 'patients') return nextPatient++
          const id = (others.get(table) ?? 0) + 1
          others.set(table, id)
          return id
        },
      },
    })
  }

  /** The hospital as it is found, as a snapshot's changes. */
  seed(): ChangeRecord[] {
    return this.simulator.seedHospital().flatMap((operation) => this.apply(operation, 'r'))
  }

  /** At least so many further changes. */
  advance(changes: number): ChangeRecord[] {
    const made: ChangeRecord[] = []
    while (made.length < changes) {
      for (const operation of this.simulator.step(Math.min(500, changes - made.length)))
        made.push(...this.apply(operation))
    }
    return made
  }

  /** A row as it is now is taken out, with what only a truncate or a correction by hand does. */
  remove(table: string, id: number): ChangeRecord[] {
    const name = findTable(table)!.key[0]!
    return this.apply({ op: 'delete', table, key: { [name]: id }, row: null })
  }

  private apply(operation: Operation, op?: Op): ChangeRecord[] {
    const { table } = operation
    const name = findTable(table)!.key[0]!
    const old = operation.op === 'rekey' ? operation.oldKey[name] : operation.key[name]
    const rows = this.database.rows(table)
    const before = rows.get(old as number) ?? null
    const children = operation.op === 'rekey' ? this.children(table, old as number) : []
    this.database.apply(operation)
    this.effects.push({ table, before: before && { ...before }, after: operation.row })
    if (operation.op === 'rekey') {
      return [
        this.change(table, 'd', operation.oldKey, null),
        this.change(table, 'c', operation.key, operation.row),
        ...children.map((child) => this.cascade(child)),
      ]
    }
    const kind = { insert: 'c', update: 'u', delete: 'd' } as const
    return [this.change(table, op ?? kind[operation.op], operation.key, operation.row)]
  }

  private children(table: string, id: number): { table: string; id: number; before: SqlRow }[] {
    return catalog.flatMap(({ name, columns, key }) =>
      columns
        .filter(({ references }) => references === table)
        .flatMap((column) =>
          [...this.database.rows(name).values()]
            .filter((row) => row[column.name] === id)
            .map((row) => ({ table: name, id: row[key[0]!] as number, before: { ...row } })),
        ),
    )
  }

  private cascade({ table, id, before }: { table: string; id: number; before: SqlRow }): ChangeRecord {
    const after = { ...this.database.row(table, id) }
    this.effects.push({ table, before, after })
    return this.change(table, 'u', { [findTable(table)!.key[0]!]: id }, after)
  }

  private change(table: string, op: Op, key: SqlRow, row: SqlRow | null): ChangeRecord {
    const at = new Date(this.start + Math.floor((this.made / this.total) * 365 * DAY_MS)).toISOString()
    const lsn = 1000n + BigInt(this.made)
    if (table === 'medicines' && row)
      this.prices.push({ medicine_id: row.medicine_id as number, price: row.price as string, at })
    const change: ChangeRecord = {
      table,
      op,
      key: key as Row,
      row: row as Row | null,
      sequence: formatSequence(lsn, lsn, op === 'd' ? 0 : 1),
      txId: op === 'r' ? null : this.made,
      committedAt: at,
      capturedAt: at,
      topic: changeTopic(table),
      partition: 0,
      offset: this.made,
    }
    this.made += 1
    return change
  }
}
