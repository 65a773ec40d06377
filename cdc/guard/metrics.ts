import { Counter, Gauge } from 'prom-client'
import { processRegistry } from '../relay/metrics.ts'
import type { SlotState } from './slot-watch.ts'

/** The guard's counters, as Prometheus reads them. */
export function createGuardMetrics() {
  const registry = processRegistry()
  const registers = [registry]
  return {
    registry,
    slotExists: new Gauge({ name: 'capture_slot_exists', help: '1 while the slot is there', registers }),
    slotActive: new Gauge({
      name: 'capture_slot_active',
      help: '1 while Debezium reads the slot',
      registers,
    }),
    retained: new Gauge({
      name: 'capture_slot_retained_bytes',
      help: 'WAL that PostgreSQL keeps for the slot',
      registers,
    }),
    snapshots: new Counter({
      name: 'capture_snapshots_total',
      help: 'Snapshots of all tables that ended since the guard started',
      registers,
    }),
    rereads: new Counter({
      name: 'capture_table_rereads_total',
      help: 'Tables that were read again since the guard started',
      labelNames: ['table'],
      registers,
    }),
    restarts: new Counter({
      name: 'capture_connector_restarts_total',
      help: 'Restarts of failed connector tasks since the guard started',
      registers,
    }),
  }
}

export type GuardMetrics = ReturnType<typeof createGuardMetrics>

/** Shows the slot as it is; nothing while PostgreSQL does not tell, so that nobody takes an old look for a new one. */
export function showSlot(
  { slotExists, slotActive, retained }: GuardMetrics,
  slot: SlotState | undefined,
): void {
  if (!slot) {
    for (const each of [slotExists, slotActive, retained]) each.remove()
    return
  }
  slotExists.set(slot.exists ? 1 : 0)
  slotActive.set(slot.active ? 1 : 0)
  retained.set(slot.retainedBytes)
}
