import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { manifest } from '@pipeline/functions/manifest.ts'
import { safeError } from '@pipeline/hospital/errors.ts'
import { answerRecorder } from '../health/answers.ts'
import { statePaths } from '../paths.ts'
import { Scheduler } from '../supervisor/scheduler.ts'
import { serveStackControl } from '../supervisor/stack-control.ts'
import { type ComposeStack, describeCompose, PORTS } from './describe.ts'
import { functionContainer, guardContainer, relayContainer } from './environment.ts'
import { prepareConnector, prepareStores } from './prepare.ts'
import { makeSecrets } from './secrets.ts'

/** What a container runs: `node local-emulators/compose/main.ts <part>`, where a part is one of these or a function. */
const SECRETS = '/run/hospital'

async function schedule(described: ComposeStack): Promise<void> {
  const { stack } = described
  const paths = statePaths(stack.stateDir)
  await mkdir(dirname(paths.warehouse), { recursive: true })
  const scheduler = new Scheduler(manifest, stack.functions, answerRecorder(stack))
  const server = await serveStackControl({
    port: PORTS.control,
    host: '0.0.0.0',
    stack,
    runsFile: paths.runsFile,
    state: () => ({ processes: [], schedules: scheduler.state() }),
    parts: () => undefined,
    clickhouse: described,
  })
  process.once('SIGTERM', () => {
    scheduler.stop()
    server.close()
    server.closeAllConnections()
  })
}

/** Runs an entry point of another room in this process, with its environment. */
async function run(environment: Record<string, string>, entry: () => Promise<unknown>): Promise<void> {
  Object.assign(process.env, environment)
  await entry()
}

async function main(part: string): Promise<void> {
  if (part === 'secrets') return makeSecrets(SECRETS)
  const described = await describeCompose(join(SECRETS, 'pipeline'))
  switch (part) {
    case 'prepare':
      return prepareStores(described)
    case 'connector':
      return prepareConnector(described)
    case 'scheduler':
      return schedule(described)
    case 'relay':
      return run(relayContainer(described), () => import('@pipeline/cdc/relay/main.ts'))
    case 'guard':
      return run(guardContainer(described), () => import('@pipeline/cdc/guard/main.ts'))
  }
  const environment = functionContainer(part, described)
  if (!environment) throw new TypeError(`no container runs ${part}`)
  await run(environment, async () => (await import('@pipeline/functions/serve.ts')).serve())
}

main(process.argv[2] ?? '').catch((error: unknown) => {
  process.stderr.write(`${JSON.stringify({ severity: 'ERROR', ...safeError(error) })}\n`)
  process.exitCode = 1
})
