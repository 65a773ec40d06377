import assert from 'node:assert/strict'
import test from 'node:test'
import { ageInYears, parseDay } from './calendar.ts'
import { fullName, mailbox, origins } from './names.ts'
import { newPatient } from './people.ts'
import { Random } from './random.ts'
import type { Sex } from './specialties.ts'

const today = parseDay('2025-03-01')
const random = new Random(11)
const patients = Array.from({ length: 20_000 }, (_, id) => newPatient(random, id + 1, today, false))

function share(count: number): number {
  return count / patients.length
}

function near(actual: number, expected: number, within: number): void {
  assert.ok(Math.abs(actual - expected) < within, `${actual} is not ${expected} ± ${within}`)
}

test('ages go from newborns to over 90 and nobody is unborn', () => {
  const ages = patients.flatMap(({ date_of_birth }) =>
    date_of_birth === null ? [] : [ageInYears(parseDay(date_of_birth), today)],
  )
  assert.ok(ages.every((age) => age >= 0 && age <= 103))
  near(share(ages.filter((age) => age < 18).length), 0.21, 0.03)
  near(share(ages.filter((age) => age > 65).length), 0.24, 0.03)
  near(share(ages.filter((age) => age >= 90).length), 0.02, 0.01)
  assert.ok(patients.some(({ date_of_birth }) => date_of_birth !== null && date_of_birth > '2025-02-01'))
})

test('blood types are as common as in life', () => {
  const typed = patients.filter(({ blood_type }) => blood_type !== null)
  const of = (type: string) => typed.filter(({ blood_type }) => blood_type === type).length / typed.length
  near(of('O+'), 0.374, 0.02)
  near(of('A+'), 0.357, 0.02)
  near(of('AB-'), 0.006, 0.004)
  assert.equal(new Set(typed.map(({ blood_type }) => blood_type)).size, 8)
})

test('what may be unknown is unknown at times', () => {
  const nulls = (name: keyof (typeof patients)[number]) =>
    share(patients.filter((row) => row[name] === null).length)
  near(nulls('blood_type'), 0.18, 0.02)
  near(nulls('insurance_id'), 0.08, 0.02)
  near(nulls('contact_info'), 0.06, 0.02)
  near(nulls('date_of_birth'), 0.008, 0.005)
  near(nulls('gender'), 0.011, 0.006)
  assert.equal(nulls('full_name'), 0)
})

test('a given name fits the gender', () => {
  const givenTo = (sex: Sex) => new Set(origins.items.flatMap((origin) => origin.given[sex]))
  const women = givenTo('Female')
  const men = givenTo('Male')
  for (const { full_name, gender } of patients) {
    if (gender !== 'Female' && gender !== 'Male') continue
    const names = [...(gender === 'Female' ? women : men)]
    assert.ok(
      names.some((given) => full_name.startsWith(`${given} `) || full_name.endsWith(given)),
      `${full_name} as ${gender}`,
    )
  }
})

test('names have apostrophes, diacritics, other scripts and forms by gender', () => {
  const names = patients.map(({ full_name }) => full_name)
  for (const pattern of [/'/, /[ãéñüłř]/, /\p{Script=Han}/u, /\p{Script=Arabic}/u, /\p{Script=Cyrillic}/u]) {
    assert.ok(names.filter((name) => pattern.test(name)).length > 50, `few names with ${pattern}`)
  }
  const russian = new Random(3)
  const women = Array.from({ length: 5000 }, () => fullName(russian, 'Female'))
  assert.ok(women.some((name) => name.endsWith('Иванова')))
  assert.ok(!women.some((name) => name.endsWith('Иванов')))
})

test('contacts belong to nobody', () => {
  for (const { contact_info } of patients) {
    if (contact_info !== null)
      assert.match(contact_info, /^[a-z.0-9-]+@example\.(com|org|net)$|^\+1-\d{3}-555-01\d\d$/)
  }
  assert.equal(mailbox("Siobhán O'Brien", 'x'), 'siobhan.obrien')
  assert.equal(mailbox('王秀英', 'patient.7'), 'patient.7')
})
