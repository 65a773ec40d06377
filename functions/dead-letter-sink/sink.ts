import { deadLetterObject, readDeadLetter } from '@pipeline/hospital/dead-letter.ts'
import type { PushMessage } from '../envelope.ts'
import type { Lake } from '../lake/port.ts'
import type { Log } from '../log.ts'

export interface DeadLetterSinkDeps {
  lake: Lake
  log: Log
  now?: () => Date
}

/** Stores whatever arrives, once. Throws only what a later attempt can mend. */
export function deadLetterSink({ lake, log, now = () => new Date() }: DeadLetterSinkDeps) {
  return async (message: PushMessage): Promise<void> => {
    const letter = readDeadLetter(message, now().toISOString())
    const { name, body } = deadLetterObject(letter)
    const outcome = await lake.create({ name, bytes: Buffer.from(body), contentType: 'application/json' })
    log.warn({ object: name, bytes: message.data.length, outcome }, 'dead letter is in the lake')
  }
}
