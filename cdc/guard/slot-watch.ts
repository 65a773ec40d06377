import type pg from 'pg'

export const SLOT = 'hospital_changes'

export interface SlotState {
  exists: boolean
  active: boolean
  /** `lost`: PostgreSQL has removed WAL that the slot still needed. */
  walStatus: 'reserved' | 'extended' | 'unreserved' | 'lost' | null
  /** WAL that PostgreSQL keeps for the slot, bytes. */
  retainedBytes: number
  restartLsn: string | null
  confirmedLsn: string | null
}

export async function slotState(client: pg.ClientBase): Promise<SlotState> {
  const { rows } = await client.query<SlotState & { retainedBytes: string }>(
    `SELECT true AS exists, active, wal_status AS "walStatus", restart_lsn::text AS "restartLsn",
       coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn), 0)::text AS "retainedBytes",
       confirmed_flush_lsn::text AS "confirmedLsn"
     FROM pg_replication_slots WHERE slot_name = $1`,
    [SLOT],
  )
  const found = rows[0]
  if (found) return { ...found, retainedBytes: Number(found.retainedBytes) }
  return {
    exists: false,
    active: false,
    walStatus: null,
    retainedBytes: 0,
    restartLsn: null,
    confirmedLsn: null,
  }
}

/** A slot whose WAL is gone never works again; without it Debezium makes a new one and takes a new snapshot. */
export async function dropLostSlot(client: pg.ClientBase): Promise<boolean> {
  const { rowCount } = await client.query(
    `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots
     WHERE slot_name = $1 AND wal_status = 'lost' AND NOT active`,
    [SLOT],
  )
  return (rowCount ?? 0) > 0
}
