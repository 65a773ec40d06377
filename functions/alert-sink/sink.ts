import { alertName, readAlert } from '@pipeline/hospital/alerts.ts'
import type { PushMessage } from '../envelope.ts'
import { createOnce } from '../lake/create-once.ts'
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
    const outcome = await createOnce(lake, { name, bytes: data, contentType: 'application/json' })
    log.info({ object: name, state: alert.state, severity: alert.severity, outcome }, 'alert is in the lake')
  }
}
