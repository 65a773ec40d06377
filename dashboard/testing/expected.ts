import type { Filters } from '../reports/filters.ts'
import type { Report } from '../reports/report.ts'
import { doctors, type KnownVisit } from './known-facts.ts'

const amount = (cents: number): string => (cents / 100).toFixed(2)
const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0)

/** Groups, largest first, ties by their first key. */
function ranked<T>(
  items: readonly T[],
  key: (item: T) => string,
  size: (items: T[]) => number,
  tie: (items: T[]) => string | number,
) {
  return [...Map.groupBy(items, key)]
    .map(([name, of]) => ({ name, of, size: size(of), tie: tie(of) }))
    .sort((a, b) => b.size - a.size || (a.tie < b.tie ? -1 : 1))
}

/** What the page must show of known visits under a choice: computed from the visits one by one. */
export function expectedReport(all: readonly KnownVisit[], filters: Filters): Report {
  const inDays = (day: string): boolean => (filters.from ?? '') <= day && day <= (filters.to ?? '9999')
  const ofDoctor = ({ doctor }: { doctor: KnownVisit['doctor'] }): boolean =>
    (filters.department ?? doctor.department) === doctor.department &&
    (filters.doctor ?? String(doctor.id)) === String(doctor.id)
  const visits = all.filter((visit) => ofDoctor(visit) && inDays(visit.day))
  const bills = all.filter(ofDoctor).flatMap((visit) => visit.bills.filter(({ day }) => inDays(day)))
  const cost = (of: readonly KnownVisit[]): number => sum(of.map((visit) => visit.cost ?? 0))
  const priced = (of: readonly KnownVisit[]): number => of.filter((visit) => visit.cost !== null).length
  // Half a cent goes up, computed on whole numbers.
  const mean = (of: readonly KnownVisit[]): string | null =>
    priced(of) === 0 ? null : amount(Math.floor((2 * cost(of) + priced(of)) / (2 * priced(of))))
  const oldest = [...Map.groupBy(visits, ({ patient }) => patient).values()].map((of) =>
    Math.max(...of.map(({ age }) => age ?? -1)),
  )
  const band = (age: number): string =>
    age < 0 ? 'Unknown' : age >= 90 ? '90 and above' : `${age - (age % 10)} to ${age - (age % 10) + 9}`
  const words = visits.flatMap(({ diagnosis }) => [
    ...new Set(
      (diagnosis ?? '')
        .split(' ')
        .slice(1)
        .join(' ')
        .toLowerCase()
        .split(/[^a-z]+/)
        .filter((word) => word.length > 3),
    ),
  ])
  return {
    figures: {
      visits: visits.length,
      patients: new Set(visits.map(({ patient }) => patient)).size,
      revenue: amount(cost(visits)),
      averageCost: mean(visits),
      billed: amount(sum(bills.map(({ cents }) => cents))),
      outstanding: amount(sum(bills.filter(({ status }) => status !== 'Paid').map(({ cents }) => cents))),
    },
    months: [...Map.groupBy(visits, ({ day }) => day.slice(0, 7))]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([month, of]) => ({ month, visits: of.length, revenue: amount(cost(of)), averageCost: mean(of) })),
    doctorsByRevenue: ranked(
      visits,
      ({ doctor }) => doctor.name,
      cost,
      ([first]) => first!.doctor.id,
    )
      .slice(0, 10)
      .map(({ name, size }) => ({ name, revenue: amount(size) })),
    doctorsByVisits: ranked(
      visits,
      ({ doctor }) => doctor.name,
      (of) => of.length,
      ([first]) => first!.doctor.id,
    )
      .slice(0, 10)
      .map(({ name, size }) => ({ name, visits: size })),
    diagnoses: ranked(
      visits,
      ({ diagnosis }) => diagnosis ?? 'Not known yet',
      (of) => of.length,
      ([first]) => first!.diagnosis ?? '~',
    )
      .slice(0, 15)
      .map(({ name, size }) => ({ name, visits: size })),
    words: ranked(
      words,
      (word) => word,
      (of) => of.length,
      ([word]) => word!,
    )
      .slice(0, 60)
      .map(({ name, size }) => ({ name, visits: size })),
    medicines: ranked(
      visits.flatMap(({ medicines }) => medicines),
      ({ name }) => name,
      (of) => of.length,
      ([first]) => first!.id,
    )
      .slice(0, 15)
      .map(({ name, size }) => ({ name, prescriptions: size })),
    payments: [...Map.groupBy(bills, ({ status }) => status)]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, of]) => ({ name, bills: of.length, amount: amount(sum(of.map(({ cents }) => cents))) })),
    ages: [...Map.groupBy(oldest, band)]
      .sort(([, [a]], [, [b]]) => a! - b!)
      .map(([name, of]) => ({ name, patients: of.length })),
    departments: ranked(
      visits,
      ({ doctor }) => doctor.department,
      (of) => of.length,
      ([first]) => first!.doctor.department,
    ).map(({ name, of, size }) => ({ name, visits: size, revenue: amount(cost(of)) })),
    specializations: ranked(
      doctors.filter((doctor) => ofDoctor({ doctor })),
      ({ department }) => department,
      (of) => of.length,
      ([first]) => first!.department,
    ).map(({ name, size }) => ({ name, doctors: size })),
  }
}
