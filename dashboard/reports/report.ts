import { chartQueries, choiceQueries } from './charts.ts'
import type { Filters } from './filters.ts'
import type { ReportStore } from './store.ts'
import { average, total } from './values.ts'

const ageBand = (from: number): string =>
  from < 0 ? 'Unknown' : from >= 90 ? '90 and above' : `${from} to ${from + 9}`

/** All numbers of the page of charts under one choice. Money is text, exact to the cent. */
export async function readReport(store: ReportStore, filters: Filters) {
  const [
    figures,
    patients,
    months,
    byRevenue,
    byVisits,
    diagnoses,
    words,
    medicines,
    payments,
    ages,
    departments,
    specializations,
  ] = await Promise.all([
    store.rows(chartQueries.figures(filters)),
    store.rows(chartQueries.patients(filters)),
    store.rows(chartQueries.months(filters)),
    store.rows(chartQueries.doctors(filters, 'revenue')),
    store.rows(chartQueries.doctors(filters, 'visits')),
    store.rows(chartQueries.diagnoses(filters)),
    store.rows(chartQueries.words(filters)),
    store.rows(chartQueries.medicines(filters)),
    store.rows(chartQueries.payments(filters)),
    store.rows(chartQueries.ages(filters)),
    store.rows(chartQueries.departments(filters)),
    store.rows(chartQueries.specializations(filters)),
  ])
  const { visits = 0, visits_with_cost: priced = 0, revenue = null } = figures[0] ?? {}
  return {
    figures: {
      visits,
      patients: patients[0]?.patients ?? 0,
      revenue: total([revenue]),
      averageCost: average(revenue, priced),
      billed: total(payments.map(({ amount }) => amount)),
      outstanding: total(payments.map((each) => each.outstanding)),
    },
    months: months.map(({ month, visits, visits_with_cost, revenue }) => ({
      month: (month ?? '').slice(0, 7),
      visits,
      revenue: total([revenue]),
      averageCost: average(revenue, visits_with_cost),
    })),
    doctorsByRevenue: byRevenue.map(({ doctor, revenue }) => ({
      name: doctor ?? 'Unknown',
      revenue: total([revenue]),
    })),
    doctorsByVisits: byVisits.map(({ doctor, visits }) => ({ name: doctor ?? 'Unknown', visits })),
    diagnoses: diagnoses.map(({ diagnosis, visits }) => ({ name: diagnosis ?? 'Not known yet', visits })),
    words: words.map(({ word, visits }) => ({ name: word ?? '', visits })),
    medicines: medicines.map(({ medicine, prescriptions }) => ({
      name: medicine ?? 'Unknown',
      prescriptions,
    })),
    payments: payments.map(({ status, bills, amount }) => ({
      name: status ?? 'Unknown',
      bills,
      amount: total([amount]),
    })),
    ages: ages.map(({ age_from, patients }) => ({ name: ageBand(Number(age_from)), patients })),
    departments: departments.map(({ department, visits, revenue }) => ({
      name: department ?? 'Unknown',
      visits,
      revenue: total([revenue]),
    })),
    specializations: specializations.map(({ department, doctors }) => ({
      name: department ?? 'Unknown',
      doctors,
    })),
  }
}

export type Report = Awaited<ReturnType<typeof readReport>>

/** Departments and doctors to choose from, and the days that there are. */
export async function readChoices(store: ReportStore) {
  const [doctors, days] = await Promise.all([
    store.rows(choiceQueries.doctors),
    store.rows(choiceQueries.days),
  ])
  return {
    doctors: doctors.map((each) => ({
      id: each.doctor_id ?? '',
      name: each.doctor ?? 'Unknown',
      department: each.department ?? 'Unknown',
    })),
    departments: [...new Set(doctors.map(({ department }) => department ?? 'Unknown'))].sort(),
    firstDay: days[0]?.first ?? null,
    lastDay: days[0]?.last ?? null,
  }
}

export type Choices = Awaited<ReturnType<typeof readChoices>>
