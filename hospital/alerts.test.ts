import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Alert, alertName, countStanding, parseAlertName, readAlert } from './alerts.ts'
import { PipelineError } from './errors.ts'

const version = (order: number, count = 1) =>
  `000000000000000${order}/000000000000000${order}/0000/000${count}`
const alert: Alert = {
  alertId: '12-15-ferrous sulfate-levothyroxine',
  state: 'raised',
  severity: 'moderate',
  version: version(7),
  at: '2026-03-02T08:00:05.000Z',
}
const message = (changes: object = {}, attributes: object = {}) =>
  [
    Buffer.from(JSON.stringify({ ...alert, patientId: 4, ...changes })),
    { kind: 'interaction', ...alert, ...attributes },
  ] as const

test('a word of an alert and its name in the lake say the same', () => {
  const read = readAlert(...message())
  assert.deepEqual(read, alert)
  const { at: _, ...rest } = alert
  assert.deepEqual(parseAlertName(alertName(read)), { ...rest, day: '20260302' })
  assert.notEqual(alertName(read), alertName({ ...read, version: version(7, 2) }))
})

test('invariant 5: what is no word of an alert is refused, by field and without its value', () => {
  const cases = [
    message({ alertId: '../../x' }),
    message({ severity: 'secret' }, { severity: 'secret' }),
    message({ version: '7' }),
    message({}, { state: 'retracted' }),
    message({}, { kind: 'session' }),
    [Buffer.from('secret'), { kind: 'interaction' }] as const,
  ]
  for (const [data, attributes] of cases) {
    assert.throws(
      () => readAlert(data, attributes),
      (error: unknown) =>
        error instanceof PipelineError &&
        error.code === 'MESSAGE_NOT_OURS' &&
        !/secret|\.\./.test(error.message),
    )
  }
  assert.equal(parseAlertName('alerts/interaction/date=20260302/x.json'), undefined)
})

test('of each alert the newest word counts, whatever the order', () => {
  const words = [
    { ...alert, version: version(9), state: 'retracted' as const },
    { ...alert, version: version(8) },
    { ...alert, alertId: '1-2-a-b', severity: 'major' as const },
    { ...alert, alertId: '3-4-a-b', version: version(5), state: 'retracted' as const },
    { ...alert, alertId: '3-4-a-b', version: version(5, 2) },
  ]
  assert.deepEqual(countStanding(words), { moderate: 1, major: 1, contraindicated: 0 })
  assert.deepEqual(countStanding(words.toReversed()), { moderate: 1, major: 1, contraindicated: 0 })
})
