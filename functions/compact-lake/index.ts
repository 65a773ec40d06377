import { tmpdir } from 'node:os'
import { http } from '@google-cloud/functions-framework'
import { catalog } from '@pipeline/hospital/catalog.ts'
import { bodyOf, postFunction, sendError } from '../http.ts'
import { gcsLake } from '../lake/gcs.ts'
import { settingsBucket } from '../lake/settings-bucket.ts'
import { createLog } from '../log.ts'
import { readSettings, settingNames } from '../settings.ts'
import { compactLake, readRequest, statusOf } from './compact.ts'

const name = 'compact-lake'
const settings = readSettings(settingNames[name], process.env)
const log = createLog(name, settings.LOG_LEVEL)
const deps = {
  lake: gcsLake(settingsBucket(settings)),
  log,
  tempRoot: tmpdir(),
  targetBytes: settings.COMPACT_TARGET_BYTES,
  pieceBytes: 32 * 1024 * 1024,
}
/** A run begins no group that the platform would cut off. */
const BUDGET_SHARE = 0.6
let last: Promise<unknown> = Promise.resolve()

/** POST with nothing, or `{"throughDay", "minAgeHours"}`: a CompactReport; 500 or 503 when something was left undone. */
http(
  name,
  postFunction(async (request, response) => {
    const now = Date.now()
    let limits: ReturnType<typeof readRequest>
    try {
      limits = readRequest(bodyOf(request)?.toString() ?? '', now, settings.COMPACT_MIN_AGE_HOURS)
    } catch (error) {
      sendError(response, 400, error)
      return
    }
    const deadline = now + settings.FUNCTION_TIMEOUT_SECONDS * 1000 * BUDGET_SHARE
    const mine = last.then(() =>
      compactLake(
        deps,
        catalog.map((table) => table.name),
        {
          ...limits,
          largestBytes: settings.COMPACT_LARGEST_BYTES,
          targetBytes: settings.COMPACT_TARGET_BYTES,
        },
        deadline,
      ),
    )
    last = mine.catch(() => undefined)
    const report = await mine
    response.status(statusOf(report)).json(report)
  }),
)
