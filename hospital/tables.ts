import type { Column, ColumnType, Identifies, Table } from './catalog.ts'

interface Options {
  nullable?: true
  identifies?: Identifies
  references?: string
  oneOf?: readonly string[]
}

function column(name: string, type: ColumnType, description: string, options: Options = {}): Column {
  const { nullable = false, ...rest } = options
  return { name, type, nullable, description, ...rest }
}

const bigint: ColumnType = { kind: 'bigint' }
const integer: ColumnType = { kind: 'integer' }
const text: ColumnType = { kind: 'text' }
const date: ColumnType = { kind: 'date' }
const timestamp: ColumnType = { kind: 'timestamp' }
const money: ColumnType = { kind: 'numeric', precision: 10, scale: 2 }

const patientReference = { references: 'patients', identifies: 'patient-with-others' } as const

export const tables: readonly Table[] = [
  {
    name: 'doctors',
    kind: 'dimension',
    key: ['doctor_id'],
    partitions: 1,
    description: 'One row a doctor',
    columns: [
      column('doctor_id', bigint, 'Primary key'),
      column('name', text, 'Full name', { identifies: 'staff' }),
      column('specialization', text, 'Specialty, also the department'),
      column('experience_years', integer, 'Whole years of practice', { nullable: true }),
      column('contact_info', text, 'E-mail or telephone', { nullable: true, identifies: 'staff' }),
    ],
  },
  {
    name: 'patients',
    kind: 'dimension',
    key: ['patient_id'],
    partitions: 1,
    description: 'One row a patient',
    columns: [
      column('patient_id', bigint, 'Primary key', { identifies: 'patient-with-others' }),
      column('full_name', text, 'Full name', { identifies: 'patient' }),
      column('date_of_birth', date, 'Date of birth', { nullable: true, identifies: 'patient-with-others' }),
      column('gender', text, 'Female, Male or Other', { nullable: true, identifies: 'patient-with-others' }),
      column('blood_type', text, 'ABO group and rhesus factor', {
        nullable: true,
        identifies: 'patient-with-others',
      }),
      column('contact_info', text, 'E-mail or telephone', { nullable: true, identifies: 'patient' }),
      column('insurance_id', text, 'Number of the insurance policy', {
        nullable: true,
        identifies: 'patient',
      }),
    ],
  },
  {
    name: 'medicines',
    kind: 'dimension',
    key: ['medicine_id'],
    partitions: 1,
    description: 'One row a medicine of the formulary',
    columns: [
      column('medicine_id', bigint, 'Primary key'),
      column('name', text, 'Generic name and strength'),
      column('category', text, 'Class of medicine', { nullable: true }),
      column('manufacturer', text, 'Manufacturer', { nullable: true }),
      column('price', money, 'Price of one day of treatment'),
    ],
  },
  {
    name: 'visits',
    kind: 'fact',
    key: ['visit_id'],
    partitions: 1,
    eventTopic: 'topic_visits',
    description: 'One row a visit of a patient to a doctor',
    columns: [
      column('visit_id', bigint, 'Primary key'),
      column('patient_id', bigint, 'The patient', patientReference),
      column('doctor_id', bigint, 'The doctor', { references: 'doctors' }),
      column('visit_date', date, 'Day of the visit'),
      column('diagnosis', text, 'ICD-10 code and its name', { nullable: true }),
      column('total_cost', money, 'Cost of the visit; null until it is known', { nullable: true }),
    ],
  },
  {
    name: 'prescriptions',
    kind: 'fact',
    key: ['prescription_id'],
    partitions: 1,
    eventTopic: 'topic_prescriptions',
    description: 'One row a medicine prescribed at a visit',
    columns: [
      column('prescription_id', bigint, 'Primary key'),
      column('patient_id', bigint, 'The patient', patientReference),
      column('doctor_id', bigint, 'The doctor', { references: 'doctors' }),
      column('medicine_id', bigint, 'The medicine', { references: 'medicines' }),
      column('visit_id', bigint, 'The visit at which it was prescribed', { references: 'visits' }),
      column('prescribed_at', timestamp, 'When it was prescribed'),
      column('dosage', text, 'How much and how often', { nullable: true }),
      column('duration', text, 'How long: a number of days, weeks or months', { nullable: true }),
    ],
  },
  {
    name: 'billing_payments',
    kind: 'fact',
    key: ['billing_id'],
    partitions: 1,
    eventTopic: 'topic_billing',
    description: 'One row a bill for a visit',
    columns: [
      column('billing_id', bigint, 'Primary key'),
      column('patient_id', bigint, 'The patient', patientReference),
      column('visit_id', bigint, 'The visit', { references: 'visits' }),
      column('billing_date', date, 'Day of the bill'),
      column('total_amount', money, 'Amount billed'),
      column('payment_status', text, 'Pending, Paid or Unpaid', { oneOf: ['Pending', 'Paid', 'Unpaid'] }),
    ],
  },
]
