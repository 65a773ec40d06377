import { BatchBuilder } from '@pipeline/cdc/relay/batch.ts'
import { type BatchMessage, encodeBatch } from '@pipeline/cdc/relay/message.ts'
import { changeTopic, findTable } from '@pipeline/hospital/catalog.ts'
import { decodeEventLine } from '@pipeline/hospital/events/line.ts'
import { formatSequence } from '@pipeline/hospital/sequence.ts'

/** Changes of a message when the relay has enough of them. */
export const MESSAGE_CHANGES = 5_000

export interface Visit {
  visit_id: number
  patient_id: number
  doctor_id: number
  visit_date: string
  diagnosis: string
  total_cost: string
}

export const VISIT_COLUMNS = [
  'visit_id',
  'patient_id',
  'doctor_id',
  'visit_date',
  'diagnosis',
  'total_cost',
] as const

const DIAGNOSES = [
  'I10 Essential (primary) hypertension',
  'J45.909 Unspecified asthma, uncomplicated',
  'E11.9 Type 2 diabetes mellitus without complications',
]

/** The visit of a number: the same rows for ours and for the loop. */
export function visitOf(id: number, patient = 1, doctor = 1): Visit {
  return {
    visit_id: id,
    patient_id: patient,
    doctor_id: doctor,
    visit_date: `2026-01-${String(1 + (id % 28)).padStart(2, '0')}`,
    diagnosis: DIAGNOSES[id % DIAGNOSES.length]!,
    total_cost: `${id % 900}.${String(id % 100).padStart(2, '0')}`,
  }
}

/** Items of `count` numbers from `first` on, in messages as the relay cuts them. */
async function messages(
  count: number,
  lineOf: (offset: number) => Parameters<BatchBuilder['add']>[0],
): Promise<BatchMessage[]> {
  const limits = { maxChanges: MESSAGE_CHANGES, maxBytes: 4_000_000 }
  const sent: BatchMessage[] = []
  for (let offset = 0; offset < count; ) {
    const builder = new BatchBuilder(limits)
    while (offset < count && !builder.full) builder.add(lineOf(offset++))
    sent.push(await encodeBatch(builder.take()!))
  }
  return sent
}

/** Events that wish for visits, as the relay sends them to oltp-sink. */
export function eventMessages(visits: readonly Visit[]): Promise<BatchMessage[]> {
  const topic = findTable('visits')!.eventTopic!
  const timestamp = '1772352000000'
  return messages(visits.length, (offset) => {
    const visit = visits[offset]!
    const event = {
      eventId: `bench-${visit.visit_id}`,
      op: 'upsert',
      eventTime: '2026-03-01T08:00:00.000001Z',
      key: { visit_id: visit.visit_id },
      payload: visit,
    }
    const value = Buffer.from(JSON.stringify(event))
    return decodeEventLine({ topic, partition: 0, offset, key: null, value, timestamp })
  })
}

/** Creates of visits, as the relay sends them to the sinks. */
export function changeMessages(visits: readonly Visit[]): Promise<BatchMessage[]> {
  const table = 'visits'
  const topic = changeTopic(table)
  return messages(visits.length, (offset) => {
    const row = visits[offset]!
    const change = {
      table,
      op: 'c',
      key: { visit_id: row.visit_id },
      row,
      sequence: formatSequence(BigInt(offset + 1), BigInt(offset + 1), 0),
      txId: offset + 1,
      committedAt: '2026-03-01T08:00:00.000Z',
      capturedAt: '2026-03-01T08:00:00.100Z',
      topic,
      partition: 0,
      offset,
    }
    const { committedAt } = change
    return { table, topic, partition: 0, offset, committedAt, line: `${JSON.stringify(change)}\n` }
  })
}
