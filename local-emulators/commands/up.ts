import { spawn } from 'node:child_process'
import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { root, statePaths } from '../paths.ts'
import { readSettings } from '../settings.ts'
import { install } from '../setup/install.ts'
import { findStackFile, isAlive, type StackFile } from '../stack-file.ts'
import { Stack } from '../supervisor/stack.ts'
import { printStep } from './steps.ts'

interface Options {
  detach?: boolean
  timers: boolean
}

/** Where to look once the stack runs; addresses without passwords. */
function describe(stack: StackFile): string {
  const database = new URL(stack.postgresUrl)
  return [
    `Reports         ${stack.dashboardUrl}`,
    `PostgreSQL      ${database.host}${database.pathname} (whole URL in ${join(stack.stateDir, 'stack.json')})`,
    `Kafka           ${stack.kafkaBrokers}`,
    `Kafka Connect   ${stack.connectUrl}/connectors/${stack.connectorName}/status`,
    `Pub/Sub         PUBSUB_EMULATOR_HOST=${stack.pubsubHost}`,
    `Cloud Storage   ${stack.gcsEndpoint}/storage/v1/b/${stack.gcsBucket}/o`,
    `ClickHouse      ${stack.clickhouseUrl}`,
    `Warehouse       ${stack.warehouseFile}`,
    `Relay metrics   ${stack.relayMetricsUrl}/metrics`,
    'Next            npm run produce -- --rate 200 --seconds 60; npm run load; npm run dbt; npm run reconcile',
    'Stop            npm run down',
  ]
    .map((line) => `  ${line}`)
    .join('\n')
}

/** Refuses to start where a stack runs already. */
async function refuseSecond(): Promise<void> {
  const stack = await findStackFile(statePaths())
  if (stack && stack.supervisorPid !== process.pid && isAlive(stack.supervisorPid)) {
    throw new PipelineError('SETTING_INVALID', {
      stack: 'running already',
      stop: '`npm run down`, or set HOSPITAL_STATE_DIR to run a second one',
    })
  }
}

/** Starts the stack and keeps it up until SIGINT or SIGTERM. */
export async function up(options: Options): Promise<void> {
  await refuseSecond()
  await install()
  if (options.detach) return detach(options)
  const paths = statePaths()
  const stack = new Stack(paths, readSettings())
  let stopRequested = (): void => {}
  const stopped = new Promise<void>((resolve) => {
    stopRequested = resolve
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopRequested())
  console.log('Starting')
  const started = stack.start(printStep)
  try {
    const ready = await Promise.race([started, stopped.then(() => undefined)])
    if (ready) {
      if (options.timers) stack.startTimers()
      console.log(`Ready\n${describe(ready)}`)
      await stopped
    }
  } finally {
    console.log('Stopping')
    await started.catch(() => {})
    await stack.stop(printStep)
  }
}

async function detach(options: Options): Promise<void> {
  const paths = statePaths()
  await mkdir(paths.logs, { recursive: true, mode: 0o700 })
  await rm(paths.stackFile, { force: true })
  const log = await open(join(paths.logs, 'supervisor.log'), 'a', 0o600)
  const args = [join(root, 'local-emulators', 'cli.ts'), 'up', ...(options.timers ? [] : ['--no-timers'])]
  const child = spawn(process.execPath, [...process.execArgv, ...args], {
    cwd: root,
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  })
  await log.close()
  let ended = false
  child.once('exit', () => {
    ended = true
  })
  process.stdout.write('Starting in the background')
  for (;;) {
    const stack = await findStackFile(paths)
    if (stack?.state === 'ready' && stack.supervisorPid === child.pid) {
      console.log(`\nReady\n${describe(stack)}`)
      child.unref()
      return
    }
    if (ended) {
      throw new PipelineError('SETTING_INVALID', {
        stack: 'did not start',
        log: join(paths.logs, 'supervisor.log'),
      })
    }
    process.stdout.write('.')
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}
