import type { ReplayReport } from '@pipeline/cdc/replay/report.ts'
import { readTarget } from '@pipeline/cdc/replay/target.ts'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import type { Command } from 'commander'
import { plainTable } from '../table.ts'
import type { ReplayWhat } from './replay-in.ts'

export interface ReplayOptions {
  deadLetters?: boolean
  from?: string
  code?: string
  source?: string
  dryRun?: boolean
}

/** The options of a replay, the same on a laptop and on the VM. */
export function withReplayOptions(command: Command): Command {
  return command
    .description(
      'send again what lies in dead letters, in the lake or in Kafka; exit code 1 when something stays',
    )
    .option('--dead-letters', 'all dead letters that can be read now')
    .option(
      '--from <place>',
      'objects of the lake by prefix (changes/...), or topic:partition:offset[-offset] of Kafka',
    )
    .option('--code <code>', 'only dead letters of this code')
    .option('--source <name>', 'only dead letters of this component')
    .option('--dry-run', 'print what would be sent and send nothing')
}

/** What the options ask for. Throws REQUEST_INVALID. */
export function readReplay({ deadLetters, from, code, source }: ReplayOptions): ReplayWhat {
  const invalid = (reason: string) => new PipelineError('REQUEST_INVALID', { reason })
  if ((deadLetters === true) === (from !== undefined))
    throw invalid('say either --dead-letters or --from <lake prefix or topic:partition:offset[-offset]>')
  if (from !== undefined) {
    if (code !== undefined || source !== undefined)
      throw invalid('--code and --source go with --dead-letters')
    return { what: 'from', target: readTarget(from) }
  }
  if (code !== undefined && !/^[A-Z][A-Z0-9_]*$/.test(code)) throw invalid('a code is as in docs/errors.md')
  if (source !== undefined && !/^[A-Za-z0-9._-]+$/.test(source))
    throw invalid('a source is the name of a component')
  return { what: 'dead-letters', filter: { code, source } }
}

/** The report as a table: counts, codes and origins, never a value. */
export function formatReplay(report: ReplayReport, dryRun: boolean): string {
  const table = plainTable(['source', 'code', 'origin', dryRun ? 'would be sent' : 'sent', 'stay'])
  for (const { source, code, origin, sent, stays } of report.lines)
    table.push([source, code, origin, sent, stays])
  const sent = `${report.sent} ${dryRun ? 'would be sent' : 'sent'} in ${report.messages} messages, ${report.stays} stay`
  const reasons = report.reasons.map(({ reason, count }) => `${count} stay: ${reason}`)
  return [
    table.toString(),
    ...reasons,
    report.lines.length === 0 ? 'There is nothing to replay.' : sent,
  ].join('\n')
}
