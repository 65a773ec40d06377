import type { BigQuery } from '@google-cloud/bigquery'
import { catalog, type Table } from '@pipeline/hospital/catalog.ts'
import type { Warehouse } from '../port.ts'
import { type Applying, applyLoad } from './apply.ts'
import { LoadBudget } from './budget.ts'
import { type Datasets, ensureWarehouse } from './ensure.ts'
import { type JobOptions, Jobs } from './jobs.ts'
import { Ledger } from './ledger.ts'
import type { PolicyTags } from './schema.ts'

export interface BigqueryWarehouseOptions extends JobOptions {
  bigquery: BigQuery
  datasets: Datasets
  policyTags?: PolicyTags
  /** Load jobs of a table in 24 hours. */
  loadsPerDay: number
  tables?: readonly Table[]
  at?: Applying['at']
}

/**
 * The warehouse in BigQuery: see docs/decisions/0012. What is missing of its datasets and tables is made at the first
 * call. Throws, beside the port's errors, WAREHOUSE_QUOTA_SPENT, WAREHOUSE_REFUSED and WAREHOUSE_SCHEMA_CONFLICT.
 */
export function bigqueryWarehouse(options: BigqueryWarehouseOptions): Warehouse {
  const { bigquery, datasets, policyTags = {}, tables = catalog } = options
  const jobs = new Jobs(bigquery, options)
  const ledger = new Ledger(jobs, datasets)
  const on: Applying = {
    jobs,
    ledger,
    datasets,
    budget: new LoadBudget(jobs, datasets, options.loadsPerDay),
    at: options.at,
  }
  let made: Promise<void> | undefined
  const ready = async () => {
    made ??= ensureWarehouse(bigquery, datasets, tables, policyTags).catch((error: unknown) => {
      made = undefined
      throw error
    })
    await made
  }
  const after =
    <A extends unknown[], R>(work: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      await ready()
      return work(...args)
    }
  const warehouse: Warehouse = {
    together: after((work) => work(warehouse)) as Warehouse['together'],
    planned: after((table) => ledger.planned(table)),
    unknown: after((table, page) => ledger.unknown(table, page)),
    plan: after((table, objects) => ledger.plan(table, objects)),
    markBroken: after((plan, object, code) => ledger.markBroken(plan, object, code)),
    release: after((plan, object) => ledger.release(plan, object)),
    retry: after((table, objects) => ledger.retry(table, objects)),
    loaded: after((table, range) => ledger.loaded(table, range)),
    markLoaded: after((plan, object) => ledger.markLoaded(plan, object)),
    apply: after((plan, staged) => applyLoad(on, plan, staged)),
  }
  return warehouse
}
