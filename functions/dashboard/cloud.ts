import type { Follower } from '@pipeline/dashboard/follow/steps.ts'
import { trailFollower } from '@pipeline/dashboard/follow/trail.ts'
import { martsObservation } from '@pipeline/dashboard/health/marts.ts'
import { type Ask, metricsObservation } from '@pipeline/dashboard/health/monitoring.ts'
import { observedHealth } from '@pipeline/dashboard/health/observed.ts'
import { projectQueryUrl, promql } from '@pipeline/dashboard/health/promql.ts'
import { type HealthSource, shared } from '@pipeline/dashboard/health/source.ts'
import type { ErrorLog } from '@pipeline/dashboard/log.ts'
import { bigqueryReports } from '@pipeline/dashboard/reports/bigquery.ts'
import type { ReportStore } from '@pipeline/dashboard/reports/store.ts'
import { GoogleAuth } from 'google-auth-library'
import { manifest } from '../manifest.ts'
import type { readSettings, settingNames } from '../settings.ts'
import { bigqueryClient } from '../warehouse/bigquery/client.ts'
import { bigqueryOptions } from '../warehouse/compose.ts'

type Settings = ReturnType<typeof readSettings<(typeof settingNames.dashboard)[number]>>

/** The VM tells every 30 seconds, Pub/Sub every minute. */
const METRICS_EVERY_MS = 30_000
const MARTS_EVERY_MS = 10_000
/**
 * BigQuery holds this against whole columns of the days that are looked at. What it reads and bills is less: the log is
 * clustered by key.
 */
const FOLLOW_BYTES = 20 * 1024 ** 3

/** Marts and the views over the raw log in BigQuery. */
export function bigqueryStores(settings: Settings): { store: ReportStore; follower: Follower } {
  const options = bigqueryOptions(settings)
  const shown = { bigquery: bigqueryClient(options), location: options.location }
  const store = bigqueryReports({ ...shown, dataset: settings.BIGQUERY_MARTS_DATASET })
  const trail = bigqueryReports({
    ...shown,
    dataset: settings.BIGQUERY_TRAIL_DATASET,
    maximumBytesBilled: FOLLOW_BYTES,
  })
  return { store, follower: trailFollower({ trail, marts: store }) }
}

/** Asks Cloud Monitoring as the account that runs the function. */
function askGoogle(project: string): Ask {
  const auth = new GoogleAuth({ scopes: ['https://www.googleapis.com/auth/monitoring.read'] })
  const url = projectQueryUrl(project)
  return promql({ url, headers: () => auth.getRequestHeaders(url) })
}

/** Health of the marts, and of the hops where an environment is monitored. */
export function cloudHealth(
  store: ReportStore,
  settings: Pick<Settings, 'MONITORED_ENVIRONMENT' | 'GOOGLE_CLOUD_PROJECT'>,
  log: ErrorLog,
  ask?: Ask,
): HealthSource {
  const marts = shared(martsObservation(store, log), MARTS_EVERY_MS)
  const environment = settings.MONITORED_ENVIRONMENT
  if (environment === undefined) return observedHealth([marts])
  const subscriptions = manifest.flatMap(({ trigger }) =>
    trigger.kind === 'push' ? [trigger.subscription] : [],
  )
  const monitoring = ask ?? askGoogle(settings.GOOGLE_CLOUD_PROJECT)
  const metrics = metricsObservation(monitoring, { environment, subscriptions }, log)
  return observedHealth([marts, shared(metrics, METRICS_EVERY_MS)])
}
