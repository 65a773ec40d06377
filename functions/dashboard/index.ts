import { join } from 'node:path'
import { http } from '@google-cloud/functions-framework'
import { getRequestListener } from '@hono/node-server'
import { httpFollower } from '@pipeline/dashboard/follow/http.ts'
import { httpHealth } from '@pipeline/dashboard/health/http.ts'
import { martsHealth } from '@pipeline/dashboard/health/marts.ts'
import { shared } from '@pipeline/dashboard/health/source.ts'
import { readLinks } from '@pipeline/dashboard/looker/links.ts'
import { bigqueryReports } from '@pipeline/dashboard/reports/bigquery.ts'
import type { ReportStore } from '@pipeline/dashboard/reports/store.ts'
import { createApp } from '@pipeline/dashboard/server/app.ts'
import { readAssets } from '@pipeline/dashboard/server/assets.ts'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { createLog } from '../log.ts'
import { serveMetrics, watchRequest } from '../metrics.ts'
import { readSettings, settingNames } from '../settings.ts'
import { bigqueryClient } from '../warehouse/bigquery/client.ts'
import { bigqueryOptions } from '../warehouse/compose.ts'

const name = 'dashboard'
/** Viewers ask every two seconds; the pipeline is looked at once a second at most. */
const LOOK_EVERY_MS = 1_000
const settings = readSettings(settingNames[name], process.env)
const log = createLog(name, settings.LOG_LEVEL)

async function openReports(): Promise<ReportStore> {
  if (settings.WAREHOUSE === 'bigquery') {
    const options = bigqueryOptions(settings)
    return bigqueryReports({
      bigquery: bigqueryClient(options),
      dataset: settings.BIGQUERY_MARTS_DATASET,
      location: options.location,
    })
  }
  const path = settings.DUCKDB_PUBLISHED_PATH
  if (path === undefined)
    throw new PipelineError('SETTING_INVALID', {
      settings: 'DUCKDB_PUBLISHED_PATH is missing, WAREHOUSE=duckdb needs it',
    })
  // Native code that the cloud does not need.
  const { duckdbReports } = await import('@pipeline/dashboard/reports/duckdb.ts')
  return duckdbReports({ path })
}

async function compose() {
  const store = await openReports()
  const url = settings.PIPELINE_URL
  return createApp({
    store,
    health: shared(url === undefined ? martsHealth(store) : httpHealth(`${url}/observation`), LOOK_EVERY_MS),
    follower: url === undefined ? undefined : httpFollower(`${url}/follow`),
    assets: await readAssets(settings.PAGE_ASSETS ?? join(import.meta.dirname, 'assets')),
    links: { looker: readLinks(settings.LOOKER_LINKS) },
    log,
  })
}

// A wrong setting ends the start.
const app = await compose()
const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false })

http(name, async (request, response) => {
  if (await serveMetrics(request, response)) return
  watchRequest(response)
  await listener(request, response)
})
