import { createHash } from 'node:crypto'
import type { Row } from '@pipeline/hospital/change.ts'
import type { SourceColumn } from '../reconcile/columns.ts'
import type { Bucket, SourceSnapshot } from '../reconcile/postgres.ts'

/** Patients as PostgreSQL describes them, with a column that the catalog does not name. */
export const COLUMNS: readonly SourceColumn[] = [
  { name: 'patient_id', type: 'int8' },
  { name: 'full_name', type: 'text' },
  { name: 'date_of_birth', type: 'date' },
  { name: 'gender', type: 'text' },
  { name: 'ward', type: 'text' },
]

export function patient(id: number, name: string): Row {
  return {
    patient_id: id,
    full_name: name,
    date_of_birth: id % 2 === 0 ? '9999-12-31' : '0001-01-01',
    gender: null,
    ward: id % 2 === 0 ? null : name,
  }
}

/** The rows' hash, worked out here from what decision 8 says of it. */
export function hashOf(row: Row): string {
  const text = COLUMNS.map(({ name }) => {
    const value = row[name] ?? null
    return value === null ? '~' : `${Buffer.byteLength(String(value))}:${value}`
  }).join('')
  return BigInt(`0x${createHash('md5').update(text).digest('hex').slice(0, 15)}`).toString()
}

const bucketOf = (key: string): string => createHash('md5').update(key).digest('hex').slice(0, 2)

/** A snapshot of PostgreSQL that has these rows. */
export function sourceOf(rows: readonly { key: string; hash: string }[]): SourceSnapshot {
  const source: Pick<SourceSnapshot, 'buckets' | 'rows'> = {
    async buckets() {
      const buckets = new Map<string, Bucket>()
      for (const { key, hash } of rows) {
        const name = bucketOf(key)
        const bucket = buckets.get(name) ?? { bucket: name, count: 0, sum: '0' }
        const sum = String(BigInt(bucket.sum) + BigInt(hash))
        buckets.set(name, { bucket: name, count: bucket.count + 1, sum })
      }
      return [...buckets.values()]
    },
    async *rows(_table, _columns, _ranging, buckets) {
      yield rows.filter(({ key }) => buckets.includes(bucketOf(key)))
    },
  }
  return source as SourceSnapshot
}
