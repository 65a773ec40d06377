import type { ErrorEntry } from './error-catalog.ts'

/** Codes of the page of reports. */
export const pageErrors = {
  REPORTS_MISSING: {
    what: 'there are no reports yet',
    retry: 'backoff',
    todo: 'load and build the marts: locally npm run load and npm run dbt, in the cloud the loaders and run-dbt',
  },
  REPORTS_UNAVAILABLE: {
    what: 'the reports can not be read now',
    retry: 'backoff',
    todo: 'look at the warehouse (locally the published DuckDB file, in the cloud BigQuery) and at the rights of the page',
  },
  MONITORING_UNAVAILABLE: {
    what: 'Cloud Monitoring does not tell how the hops are',
    retry: 'backoff',
    todo: 'by the status: 401 or 403: give the page roles/monitoring.viewer on the project; 400: report it, a query of ours is wrong; anything else: wait, the page asks again by itself',
  },
  FOLLOW_UNAVAILABLE: {
    what: 'a change can not be followed now',
    retry: 'backoff',
    todo: 'try again; if it stays, look at the named part',
  },
} as const satisfies Record<string, ErrorEntry>
