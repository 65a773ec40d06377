import { after, before } from 'node:test'
import { findTable } from '@pipeline/hospital/catalog.ts'
import { type BigqueryEmulator, startBigquery } from '../../testing/bqemulator.ts'
import { warehouseCases } from '../warehouse.cases.ts'
import { bigqueryWarehouse } from './warehouse.ts'

let emulator: BigqueryEmulator
before(async () => {
  emulator = await startBigquery()
})
after(() => emulator?.stop())

warehouseCases(() => {
  const { bigquery } = emulator
  const datasets = emulator.newDatasets()
  const tables = [findTable('visits')!]
  return {
    warehouse: bigqueryWarehouse({
      bigquery,
      datasets,
      tables,
      loadsPerDay: 9,
      timeoutMs: 30_000,
      pauseMs: 5,
    }),
    rows: async () => {
      const [rows] = await bigquery.query(`SELECT COUNT(*) AS n FROM ${datasets.raw}.visits_changes`)
      return rows[0].n
    },
  }
})
