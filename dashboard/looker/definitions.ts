import type { Field, ReportDefinition } from './definition.ts'

const field = (name: string, type: Field['type'], aggregation: Field['aggregation'] = 'None'): Field => ({
  name,
  type,
  aggregation,
})
const calculated = (name: string, type: Field['type'], formula: string): Field => ({
  name,
  type,
  aggregation: 'Auto',
  formula,
})

const day = field('day', 'Date')
const month = field('month_start', 'Date')
const who = [field('doctor_name', 'Text'), field('specialization', 'Text')]
const AVERAGE = calculated('average_cost', 'Currency', 'SUM(revenue) / SUM(visits_with_cost)')
const CONTROLS = ['Date range (day)', 'Drop-down: specialization', 'Drop-down: doctor_name']

/** The reference's three reports, and those of its notebook. */
export const reportDefinitions: readonly ReportDefinition[] = [
  {
    exposure: 'diagnosis_distribution_report',
    title: 'Distribution of diagnoses',
    purpose: 'Which diagnoses are made, how often, where',
    alias: 'diagnoses',
    mart: 'diagnosis_distribution',
    fields: [day, month, ...who, field('diagnosis', 'Text'), field('visits', 'Number', 'Sum')],
    controls: CONTROLS,
    charts: [
      {
        title: 'Distribution of diagnoses',
        kind: 'Bar chart',
        dimensions: ['diagnosis'],
        metrics: ['visits'],
        sort: 'visits, descending',
        rows: 15,
      },
      {
        title: 'By department',
        kind: 'Table',
        dimensions: ['specialization', 'diagnosis'],
        metrics: ['visits'],
        sort: 'visits, descending',
      },
    ],
    biEngine: true,
  },
  {
    exposure: 'revenue_by_month_report',
    title: 'Total revenue by month',
    purpose: 'What visits cost, over time',
    alias: 'months',
    mart: 'revenue_by_month',
    fields: [
      month,
      ...who,
      field('visits', 'Number', 'Sum'),
      field('visits_with_cost', 'Number', 'Sum'),
      field('revenue', 'Currency', 'Sum'),
      AVERAGE,
    ],
    controls: ['Date range (month_start)', ...CONTROLS.slice(1)],
    charts: [
      { title: 'Total revenue', kind: 'Scorecard', dimensions: [], metrics: ['revenue'], sort: '' },
      {
        title: 'Total revenue by month',
        kind: 'Column chart',
        dimensions: ['month_start'],
        metrics: ['revenue'],
        sort: 'month_start, ascending',
      },
      {
        title: 'Visits and average cost',
        kind: 'Combo chart',
        dimensions: ['month_start'],
        metrics: ['visits', 'average_cost'],
        sort: 'month_start, ascending',
      },
    ],
    biEngine: true,
  },
  {
    exposure: 'revenue_by_doctor_report',
    title: 'Total revenue by doctor',
    purpose: 'What visits cost, by doctor and department',
    alias: 'doctors',
    mart: 'revenue_by_doctor',
    fields: [
      day,
      month,
      ...who,
      field('visits', 'Number', 'Sum'),
      field('visits_with_cost', 'Number', 'Sum'),
      field('revenue', 'Currency', 'Sum'),
      AVERAGE,
    ],
    controls: CONTROLS,
    charts: [
      {
        title: 'Total revenue by doctor',
        kind: 'Bar chart',
        dimensions: ['doctor_name'],
        metrics: ['revenue'],
        sort: 'revenue, descending',
        rows: 10,
      },
      {
        title: 'Top doctors by visits',
        kind: 'Bar chart',
        dimensions: ['doctor_name'],
        metrics: ['visits'],
        sort: 'visits, descending',
        rows: 10,
      },
      {
        title: 'By department',
        kind: 'Table',
        dimensions: ['specialization'],
        metrics: ['visits', 'revenue', 'average_cost'],
        sort: 'revenue, descending',
      },
    ],
    biEngine: true,
  },
  {
    exposure: 'most_prescribed_medicines',
    title: 'Most prescribed medicines',
    purpose: 'What is prescribed, how often and at what cost',
    alias: 'medicines',
    mart: 'top_medicines',
    fields: [
      day,
      month,
      ...who,
      field('medicine_name', 'Text'),
      field('category', 'Text'),
      field('prescriptions', 'Number', 'Sum'),
      field('estimated_cost', 'Currency', 'Sum'),
    ],
    controls: CONTROLS,
    charts: [
      {
        title: 'Most prescribed medicines',
        kind: 'Bar chart',
        dimensions: ['medicine_name'],
        metrics: ['prescriptions'],
        sort: 'prescriptions, descending',
        rows: 15,
      },
      {
        title: 'By category',
        kind: 'Table',
        dimensions: ['category', 'medicine_name'],
        metrics: ['prescriptions', 'estimated_cost'],
        sort: 'estimated_cost, descending',
      },
    ],
    biEngine: true,
  },
  {
    exposure: 'payment_status_report',
    title: 'Payment status',
    purpose: 'What is billed, paid and outstanding',
    alias: 'payments',
    mart: 'payment_status',
    fields: [
      day,
      month,
      ...who,
      field('payment_status', 'Text'),
      field('bills', 'Number', 'Sum'),
      field('amount', 'Currency', 'Sum'),
      field('outstanding_amount', 'Currency', 'Sum'),
      calculated('outstanding_share', 'Percent', 'SUM(outstanding_amount) / SUM(amount)'),
    ],
    controls: CONTROLS,
    charts: [
      {
        title: 'Outstanding',
        kind: 'Scorecard',
        dimensions: [],
        metrics: ['outstanding_amount', 'outstanding_share'],
        sort: '',
      },
      {
        title: 'Payment status',
        kind: 'Donut chart',
        dimensions: ['payment_status'],
        metrics: ['amount'],
        sort: 'amount, descending',
      },
    ],
    biEngine: true,
  },
  {
    exposure: 'patient_journey_table',
    title: 'Patients and their visits',
    purpose: 'Ages and the way of each patient, by code',
    alias: 'journey',
    mart: 'patient_journey',
    fields: [
      field('visit_date', 'Date'),
      ...who,
      field('patient_pseudonym', 'Text'),
      field('age_group', 'Text'),
      field('diagnosis', 'Text'),
      field('total_cost', 'Currency', 'Sum'),
      field('outstanding_balance', 'Currency', 'Sum'),
      calculated('patients', 'Number', 'COUNT_DISTINCT(patient_pseudonym)'),
    ],
    controls: ['Date range (visit_date)', 'Drop-down: specialization', 'Drop-down: doctor_name'],
    charts: [
      { title: 'Patients', kind: 'Scorecard', dimensions: [], metrics: ['patients'], sort: '' },
      {
        title: 'Patient ages',
        kind: 'Column chart',
        dimensions: ['age_group'],
        metrics: ['patients'],
        sort: 'patients, descending',
      },
      {
        title: 'Patient journey',
        kind: 'Table',
        dimensions: ['visit_date', 'patient_pseudonym', 'diagnosis'],
        metrics: ['total_cost', 'outstanding_balance'],
        sort: 'visit_date, descending',
      },
    ],
    biEngine: false,
  },
]
