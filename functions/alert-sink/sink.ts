import { createHash } from 'node:crypto'
import { alertName, readAlert } from '@pipeline/hospital/alerts.ts'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import type { PushMessage } from '../envelope.ts'
import type { Lake } from '../lake/port.ts'
import type { Log } from '../log.ts'

export interface AlertSinkDeps {
  lake: Lake
  log: Log
}

/** Stores each word of an alert once, and logs that there is one: what is logged names prescriptions, no patient. */
export function alertSink({ lake, log }: AlertSinkDeps): (message: PushMessage) => Promise<void> {
  return async ({ data, attributes }) => {
    const alert = readAlert(data, attributes)
    const name = alertName(alert)
    const outcome = await lake.create({ name, bytes: data, contentType: 'application/json' })
    if (outcome === 'exists') {
      const there = await lake.head(name)
      if (there?.md5 !== createHash('md5').update(data).digest('base64')) {
        throw new PipelineError('LAKE_CONFLICT', { object: name })
      }
    }
    log.info({ object: name, state: alert.state, severity: alert.severity, outcome }, 'alert is in the lake')
  }
}
