import assert from 'node:assert/strict'
import { test } from 'node:test'
import { catalog, changeTopic } from './catalog.ts'
import { decodeChange, type KafkaRecord } from './debezium.ts'
import { decodeLine, lineOf } from './fast-decode.ts'

let state = 7
function random(below: number): number {
  state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
  return state % below
}
function pick<T>(items: readonly T[]): T {
  return items[random(items.length)]!
}

/** Values as Debezium sends them, good and bad, by kind of column. */
const values: Record<string, readonly string[]> = {
  bigint: ['0', '12', '-5', '9007199254740993', '-9223372036854775808', '1.5', '"12"', '007'],
  integer: ['0', '40', '2147483647', '2147483648', '-3'],
  text: [
    '""',
    '"I10 Essential"',
    '"a \\"quote\\" and \\\\ \\n"',
    '"患者 é"',
    '"\\u0001"',
    '"\\ud800"',
    '"\\/"',
    '"__debezium_unavailable_value"',
    '7',
  ],
  date: ['"2026-02-28Z"', '"2026-02-28"', '"-0043-03-15Z"', '19000'],
  timestamp: ['"2026-02-28T01:02:03.123456Z"', '"2026-02-28T01:02:03Z"', '"infinity"'],
  numeric: ['"0.00"', '"99999999.99"', '"-12.30"', '"5"', '"1.234"', '"123456789.00"', '"NAN"', '12.5'],
}

function record(offset: number): KafkaRecord {
  const table = pick(catalog)
  const row = `{${table.columns
    .map(({ name, type, nullable }) => {
      const usual = values[type.kind]!
      const value = nullable && random(5) === 0 ? 'null' : random(4) > 0 ? usual[random(2)]! : pick(usual)
      return `"${name}":${value}`
    })
    .concat(random(12) === 0 ? ['"ward":"B"'] : [])
    .join(',')}}`
  const op = pick(['c', 'c', 'u', 'u', 'd', 'r', 't'])
  const before = op === 'u' || op === 'd' ? row : 'null'
  const after = op === 'd' || op === 't' ? 'null' : row
  const commit = random(10) === 0 ? 'null' : '\\"26484648\\"'
  const source =
    `{"version":"3.6.1.Final","connector":"postgresql","name":"postgres-source","ts_ms":${1_795_508_100_378 + offset},` +
    `"snapshot":"false","db":"hospital","sequence":"[${commit},\\"${26_484_776 + offset}\\"]","ts_us":1795508100378272,` +
    `"ts_ns":1795508100378272000,"schema":"public","table":"${table.name}","txId":${pick(['770', 'null', '4294967296'])},` +
    `"lsn":26484776,"xmin":null,"origin":null,"origin_lsn":null}`
  const value =
    `{"before":${before},"after":${after},"source":${source},"transaction":null,"op":"${op}","ts_ms":1795508100413,` +
    '"ts_us":1795508100413996,"ts_ns":1795508100413996974}'
  return {
    topic: changeTopic(table.name),
    partition: 0,
    offset,
    key:
      op === 't'
        ? null
        : Buffer.from(`{"${table.key[0]}":${pick(['1', '77', '9223372036854775807', '"x"'])}}`),
    value: Buffer.from(random(50) === 0 ? value.slice(0, -1) : value),
  }
}

function attempt<T>(decode: () => T): T | string {
  try {
    return decode()
  } catch (error) {
    return (error as Error).message
  }
}

test('a line is, to the letter, what the change record would be written as, or the same error', () => {
  let same = 0
  let errors = 0
  for (let offset = 0; offset < 20_000; offset++) {
    const each = record(offset)
    const slow = attempt(() => lineOf(decodeChange(each)!))
    const fast = attempt(() => decodeLine(each))
    assert.deepEqual(fast, slow, each.value!.toString())
    if (typeof slow === 'string') errors += 1
    else same += 1
  }
  assert.ok(same > 5_000 && errors > 5_000, `${same} changes, ${errors} errors`)
})

test('a tombstone is nothing', () => {
  assert.equal(decodeLine({ topic: 'x', partition: 0, offset: 0, key: null, value: null }), null)
})
