import type { Warehouse } from './port.ts'

/**
 * A warehouse whose code is loaded at its first use: a cloud function that writes to BigQuery then neither loads
 * DuckDB nor has its 70 MB in the archive.
 */
export function lazily(open: () => Promise<Warehouse>): Warehouse {
  let opened: Promise<Warehouse> | undefined
  const warehouse = (): Promise<Warehouse> => {
    opened ??= open()
    return opened
  }
  return {
    together: async (work) => (await warehouse()).together(work),
    planned: async (table) => (await warehouse()).planned(table),
    unknown: async (table, page) => (await warehouse()).unknown(table, page),
    plan: async (table, objects) => (await warehouse()).plan(table, objects),
    markBroken: async (plan, object, code) => (await warehouse()).markBroken(plan, object, code),
    release: async (plan, object) => (await warehouse()).release(plan, object),
    retry: async (table, objects) => (await warehouse()).retry(table, objects),
    loaded: async (table, range) => (await warehouse()).loaded(table, range),
    markLoaded: async (plan, object) => (await warehouse()).markLoaded(plan, object),
    apply: async (plan, staged) => (await warehouse()).apply(plan, staged),
  }
}
