import assert from 'node:assert/strict'
import test from 'node:test'
import { ageBand, ageInYears, formatDay, parseDay } from './calendar.ts'
import { Clock } from './clock.ts'
import { countingIds } from './ids.ts'
import { formatCents, parseCents, splitCents } from './money.ts'
import { Random, weighted } from './random.ts'
import { Schedule } from './schedule.ts'
import { readTable } from './text-table.ts'

test('money is exact to the cent', () => {
  assert.equal(formatCents(5), '0.05')
  assert.equal(formatCents(1_234_567_890), '12345678.90')
  assert.equal(parseCents('12345678.90'), 1_234_567_890)
  assert.equal(parseCents('7.5'), 750)
  assert.throws(() => parseCents('1e3'), RangeError)
  assert.throws(() => formatCents(0.5), RangeError)
})

test('parts of an amount sum to it', () => {
  const random = new Random(1)
  for (let i = 0; i < 1000; i++) {
    const cents = random.int(2, 2_000_000)
    const parts = splitCents(cents, [random.int(1, 99), random.int(1, 99)])
    assert.equal(parts[0]! + parts[1]!, cents)
  }
})

test('an age is exact on the day before, of and after a birthday', () => {
  const birth = parseDay('1980-06-15')
  assert.deepEqual(
    ['2025-06-14', '2025-06-15', '2025-06-16'].map((day) => ageInYears(birth, parseDay(day))),
    [44, 45, 45],
  )
  const leap = parseDay('2004-02-29')
  assert.deepEqual(
    ['2025-02-28', '2025-03-01', '2024-02-29'].map((day) => ageInYears(leap, parseDay(day))),
    [20, 21, 20],
  )
  assert.equal(ageBand(birth, birth + 28), -1)
  assert.equal(ageBand(birth, birth + 29), 0)
})

test('a day is read strictly', () => {
  assert.equal(formatDay(parseDay('2024-02-29')), '2024-02-29')
  for (const text of ['2025-02-29', '2025-2-1', 'yesterday', '2025-13-01']) {
    assert.throws(() => parseDay(text), RangeError)
  }
})

test('a weighted draw follows the weights', () => {
  const random = new Random(5)
  const coins = weighted(['heavy', 'light', 'never'], (name) => ({ heavy: 3, light: 1 })[name] ?? 0)
  const seen = { heavy: 0, light: 0, never: 0 }
  for (let i = 0; i < 10_000; i++) seen[random.draw(coins) as keyof typeof seen] += 1
  assert.equal(seen.never, 0)
  assert.ok(Math.abs(seen.heavy / 10_000 - 0.75) < 0.02)
})

test('the schedule runs the earliest first, and of one day in the order they came', () => {
  const schedule = new Schedule()
  const random = new Random(9)
  const days = Array.from({ length: 500 }, () => random.int(0, 40))
  const ran: [number, number][] = []
  days.forEach((day, order) => {
    schedule.add(day, () => ran.push([day, order]))
  })
  while (schedule.size > 0) schedule.runNext()
  const sorted = days.map((day, order): [number, number] => [day, order])
  sorted.sort((a, b) => a[0] - b[0] || a[1] - b[1])
  assert.deepEqual(ran, sorted)
})

test('the clock spreads visits over the days and stays on the last one', () => {
  const monday = parseDay('2025-03-03')
  const clock = new Clock(monday, 10, monday + 27)
  const visits = new Map<number, number>()
  for (let step = 0; step < 27; step++) {
    while (clock.takeVisit()) visits.set(clock.day, (visits.get(clock.day) ?? 0) + 1)
    clock.nextDay()
  }
  const total = [...visits.values()].reduce((sum, count) => sum + count, 0)
  assert.ok(Math.abs(total - 280) < 12, `${total} visits in four weeks of 70`)
  assert.ok(visits.get(monday)! > visits.get(monday + 5)! * 2, 'fewer at a weekend')
  clock.nextDay()
  clock.nextDay()
  assert.equal(clock.day, monday + 27)
  assert.equal(clock.after(5), monday + 27)
})

test('ids count by table', () => {
  const ids = countingIds()
  assert.deepEqual([ids.next('a'), ids.next('a'), ids.next('b')], [1, 2, 1])
})

test('a table of another width is refused', () => {
  assert.throws(() => readTable('a | b\nc', 2), /1 cells instead of 2/)
})
