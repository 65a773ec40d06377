import type { HttpFunction } from '@google-cloud/functions-framework'
import { deadLetterAttributes } from '@pipeline/hospital/dead-letter.ts'
import { disposition, PipelineError, safeError } from '@pipeline/hospital/errors.ts'
import { decodeEnvelope, type PushMessage } from './envelope.ts'
import { bodyOf, postFunction, sendError } from './http.ts'
import type { Log } from './log.ts'
import { deadLettered } from './metrics.ts'
import type { Publisher } from './publisher.ts'

export interface PushDeps {
  /** The function's name: the source of its dead letters. */
  name: string
  handle: (message: PushMessage) => Promise<void>
  /** Where messages go that never can be taken; null: such messages are tried again, and Pub/Sub keeps them. */
  deadLetters: Publisher | null
  log: Log
  now?: () => Date
}

async function giveUp(deps: PushDeps, message: PushMessage, error: unknown): Promise<boolean> {
  const { name, deadLetters, log, now = () => new Date() } = deps
  if (deadLetters === null) return false
  const { code, message: reason } = safeError(error)
  const note = {
    code,
    reason,
    source: name,
    at: now().toISOString(),
    messageId: message.messageId,
    ...(message.publishTime === undefined ? {} : { originAt: message.publishTime }),
    ...(message.subscription === undefined ? {} : { subscription: message.subscription }),
  }
  try {
    await deadLetters.publish({
      data: message.data,
      attributes: deadLetterAttributes(note, message.attributes),
    })
    deadLettered.inc({ code })
    log.warn({ messageId: message.messageId, code, reason }, 'message went to dead letters')
    return true
  } catch (failure) {
    log.error({ messageId: message.messageId, error: safeError(failure) }, 'dead letter was not taken')
    return false
  }
}

/**
 * An HTTP function behind a push subscription. 204: the message is stored, here or with the dead letters.
 * 503 or 500: it is not, and Pub/Sub sends it again. 400: the body is no push at all. 405: not a POST.
 */
export function pushFunction(deps: PushDeps): HttpFunction {
  return postFunction(async (request, response) => {
    const decoded = decodeEnvelope(bodyOf(request))
    if ('wrong' in decoded) {
      deps.log.warn({ wrong: decoded.wrong }, 'request is not a Pub/Sub push')
      sendError(
        response,
        400,
        new PipelineError('REQUEST_INVALID', { expected: 'Pub/Sub push', wrong: decoded.wrong }),
      )
      return
    }
    const { message } = decoded
    try {
      await deps.handle(message)
      response.status(204).end()
    } catch (error) {
      if (disposition(error) === 'dead-letter' && (await giveUp(deps, message, error))) {
        response.status(204).end()
        return
      }
      const { messageId, deliveryAttempt } = message
      const expected = error instanceof PipelineError && error.code === 'EVENT_WAITING'
      const line = { messageId, deliveryAttempt, error: safeError(error) }
      deps.log[expected ? 'info' : 'error'](line, 'message will come again')
      sendError(response, error instanceof PipelineError && error.retry === 'backoff' ? 503 : 500, error)
    }
  })
}
