import { catalog } from '@pipeline/hospital/catalog.ts'
import type { ChangeRecord, Row } from '@pipeline/hospital/change.ts'
import { formatSequence } from '@pipeline/hospital/sequence.ts'

const at = '2024-03-05T10:20:30.123Z'
const bornYearsAgo = (years: number): string => `${new Date().getUTCFullYear() - years}-01-01`

/** Rows as they were first written, by table. */
const written: Record<string, Row[]> = {
  doctors: [
    {
      doctor_id: 1,
      name: "Ada O'Neil",
      specialization: 'Cardiology',
      experience_years: 20,
      contact_info: null,
    },
    { doctor_id: 2, name: 'Bo Lind', specialization: 'Neurology', experience_years: 3, contact_info: null },
  ],
  patients: [
    ['2', bornYearsAgo(34)],
    ['3', bornYearsAgo(95)],
    ['4', null],
  ].map(([id, born]) => ({
    patient_id: Number(id),
    full_name: 'Not To Be Shown',
    date_of_birth: born!,
    gender: null,
    blood_type: null,
    contact_info: null,
    insurance_id: null,
  })),
  medicines: [
    { medicine_id: 1, name: 'Aspirin 100 mg', category: null, manufacturer: null, price: '0.10' },
    { medicine_id: 2, name: 'Bisoprolol 5 mg', category: null, manufacturer: null, price: '0.25' },
  ],
  visits: [
    visit(1, 2, 1, '2024-01-31', 'I10 Hypertension', '100.10'),
    visit(2, 3, 1, '2024-02-01', 'I10 Hypertension', '1.00'),
    visit(3, 4, 2, '2024-02-29', 'G43 Migraine', null),
    visit(4, 2, 2, '2024-03-01', null, '50.05'),
    visit(5, 2, 1, '2023-12-31', 'I10 Hypertension', '7000.00'),
    visit(6, 3, 1, '2024-02-02', 'I10 Hypertension', '9000.00'),
  ],
  prescriptions: [
    prescription(1, 1, 1, 1),
    prescription(2, 2, 1, 1),
    prescription(3, 2, 1, 2),
    prescription(4, 5, 1, 2),
  ],
  billing_payments: [
    bill(1, 1, '100.10', 'Paid'),
    bill(2, 2, '200.20', 'Pending'),
    bill(3, 4, '50.05', 'Unpaid'),
    bill(4, 5, '7000.00', 'Unpaid'),
  ],
}

function visit(
  id: number,
  patient: number,
  doctor: number,
  day: string,
  diagnosis: string | null,
  cost: string | null,
) {
  return {
    visit_id: id,
    patient_id: patient,
    doctor_id: doctor,
    visit_date: day,
    diagnosis,
    total_cost: cost,
  }
}

function prescription(id: number, visitId: number, doctor: number, medicine: number): Row {
  return {
    prescription_id: id,
    patient_id: 2,
    doctor_id: doctor,
    medicine_id: medicine,
    visit_id: visitId,
    prescribed_at: '2024-02-01T08:00:00.000000Z',
    dosage: null,
    duration: '1 week',
  }
}

function bill(id: number, visitId: number, amount: string, status: string): Row {
  return {
    billing_id: id,
    patient_id: 2,
    visit_id: visitId,
    billing_date: '2024-03-01',
    total_amount: amount,
    payment_status: status,
  }
}

/** Written rows; then visit 2 becomes dearer and visit 6 is deleted. By table, in order. */
export function knownChanges(): ChangeRecord[][] {
  return catalog.map(({ name, key }) => {
    const rows: { op: ChangeRecord['op']; row: Row }[] = written[name]!.map((row) => ({ op: 'c', row }))
    if (name === 'visits') {
      rows.push({ op: 'u', row: visit(2, 3, 1, '2024-02-01', 'I10 Hypertension', '200.20') })
      rows.push({ op: 'd', row: written.visits![5]! })
    }
    return rows.map(({ op, row }, offset) => ({
      table: name,
      op,
      key: Object.fromEntries(key.map((column) => [column, row[column]!])),
      row: op === 'd' ? null : row,
      sequence: formatSequence(BigInt(offset + 1), BigInt(offset + 1), 0),
      txId: 1,
      committedAt: at,
      capturedAt: at,
      topic: `postgres-source.public.${name}`,
      partition: 0,
      offset,
    }))
  })
}
