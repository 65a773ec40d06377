import { type Day, formatDay } from './calendar.ts'
import { type Diagnosis, diagnosisText } from './diagnoses.ts'
import type { Drug } from './formulary.ts'
import { formatCents } from './money.ts'
import type { SqlRow } from './operation.ts'
import type { Specialty } from './specialties.ts'

export type DoctorRow = {
  doctor_id: number
  name: string
  specialization: string
  experience_years: number | null
  contact_info: string | null
}

export type PatientRow = {
  patient_id: number
  full_name: string
  date_of_birth: string | null
  gender: string | null
  blood_type: string | null
  contact_info: string | null
  insurance_id: string | null
}

export type MedicineRow = {
  medicine_id: number
  name: string
  category: string | null
  manufacturer: string | null
  price: string
}

export interface Doctor {
  row: DoctorRow
  specialty: Specialty
}

export interface Patient {
  row: PatientRow
  birth: Day | null
  /** What brings the patient back, and to whom. */
  condition: { diagnosis: Diagnosis; doctor: Doctor } | null
}

export interface Medicine {
  row: MedicineRow
  drug: Drug
}

export interface Prescription {
  id: number
  medicine: Medicine
  prescribedAt: string
  dosage: string | null
  duration: string | null
}

export type PaymentStatus = 'Pending' | 'Paid' | 'Unpaid'

export interface Bill {
  id: number
  date: string
  cents: number
  status: PaymentStatus
}

export interface Visit {
  id: number
  patient: Patient
  doctor: Doctor
  day: Day
  /** What the patient has, whether or not it is known yet. */
  diagnosis: Diagnosis
  diagnosed: boolean
  cents: number | null
  prescriptions: Prescription[]
  bills: Bill[]
  cancelled: boolean
}

export function visitRow(visit: Visit): SqlRow {
  return {
    visit_id: visit.id,
    patient_id: visit.patient.row.patient_id,
    doctor_id: visit.doctor.row.doctor_id,
    visit_date: formatDay(visit.day),
    diagnosis: visit.diagnosed ? diagnosisText(visit.diagnosis) : null,
    total_cost: visit.cents === null ? null : formatCents(visit.cents),
  }
}

export function prescriptionRow(visit: Visit, prescription: Prescription): SqlRow {
  return {
    prescription_id: prescription.id,
    patient_id: visit.patient.row.patient_id,
    doctor_id: visit.doctor.row.doctor_id,
    medicine_id: prescription.medicine.row.medicine_id,
    visit_id: visit.id,
    prescribed_at: prescription.prescribedAt,
    dosage: prescription.dosage,
    duration: prescription.duration,
  }
}

export function billRow(visit: Visit, bill: Bill): SqlRow {
  return {
    billing_id: bill.id,
    patient_id: visit.patient.row.patient_id,
    visit_id: visit.id,
    billing_date: bill.date,
    total_amount: formatCents(bill.cents),
    payment_status: bill.status,
  }
}
