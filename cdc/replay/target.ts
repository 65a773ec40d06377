import { PipelineError } from '@pipeline/hospital/errors.ts'

/** What `--from` names. */
export type Target =
  | { kind: 'lake'; prefix: string }
  | { kind: 'kafka'; topic: string; partition: number; first: number; last: number }

const KAFKA = /^([A-Za-z0-9._-]{1,249}):(0|[1-9]\d{0,9}):(0|[1-9]\d{0,15})(?:-(0|[1-9]\d{0,15}))?$/

/** Reads `changes/<table>/…` or `topic:partition:offset[-offset]`. Throws REQUEST_INVALID. */
export function readTarget(text: string): Target {
  if (text.startsWith('changes/')) return { kind: 'lake', prefix: text }
  const match = KAFKA.exec(text)
  if (!match) {
    throw new PipelineError('REQUEST_INVALID', {
      from: text,
      expected:
        'changes/<table>/… in the lake, or topic:partition:offset or topic:partition:first-last in Kafka',
    })
  }
  const [, topic, partition, from, to = from] = match
  const [first, last] = [Number(from), Number(to)]
  if (last < first)
    throw new PipelineError('REQUEST_INVALID', { from: text, reason: 'the last offset is below the first' })
  return { kind: 'kafka', topic: topic!, partition: Number(partition), first, last }
}
