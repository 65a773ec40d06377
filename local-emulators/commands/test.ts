import { globSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root, statePaths } from '../paths.ts'
import { readSettings } from '../settings.ts'
import { install } from '../setup/install.ts'
import { Stack } from '../supervisor/stack.ts'
import { runInherited } from './run-inherited.ts'
import { printStep } from './steps.ts'

const ROOMS = [
  'hospital',
  'cdc',
  'functions',
  'dashboard',
  'local-emulators',
  'cdktf',
  'dataflow-templates',
  'bench',
  'docs',
]
/** GoogleSQL and sqlfluff are needed by these alone. */
const SQL_TEST = /dbt-check|lint-sql/
/** Needs the schema of docker-compose.yml. */
const COMPOSE_TEST = join('compose', 'config.test.ts')
const STACK_TESTS = join('local-emulators', 'stack-tests')
/** Tests that run pipelines are named after Beam; only they need it. */
const BEAM_TEST = /beam[a-z-]*\.integration\.test\.ts$/
/** Brings a whole stack of its own, and wants the machine for itself. */
const CHAOS_TEST = join('local-emulators', 'chaos', 'chaos.integration.test.ts')

function find(pattern: string): string[] {
  return ROOMS.flatMap((room) =>
    globSync(join(room, pattern), { cwd: root, exclude: ['**/node_modules/**'] }),
  ).sort(new Intl.Collator('en', { numeric: true }).compare)
}

function node(
  files: readonly string[],
  concurrency: number,
  env: Record<string, string> = {},
): Promise<number> {
  const flags = ['--disable-warning=ExperimentalWarning', '--disable-warning=TimeoutNegativeWarning']
  return runInherited(
    process.execPath,
    [...flags, '--test', '--test-reporter=spec', `--test-concurrency=${concurrency}`, ...files],
    env,
  )
}

/**
 * `npm test`: first all tests that bring their own parts, then those of the whole stack, one after the other on one
 * stack that is started once, and chaos at the end on another one.
 */
export async function test(only: string[]): Promise<void> {
  const files = only.length > 0 ? only : find('**/*.test.ts')
  await install({
    checks: files.some((file) => file.includes('cdktf') || file.endsWith(COMPOSE_TEST)),
    beam: files.some((file) => BEAM_TEST.test(file)),
    sql: files.some((file) => SQL_TEST.test(file)),
  })
  const onStack = files.filter((file) => file.includes(STACK_TESTS))
  const chaos = files.filter((file) => file.endsWith(CHAOS_TEST))
  const alone = files.filter((file) => !onStack.includes(file) && !chaos.includes(file))
  const codes: number[] = []
  if (alone.length > 0) codes.push(await node(alone, 2))
  if (onStack.length > 0) {
    const dir = await mkdtemp(join(tmpdir(), 'hospital-stack-'))
    const stack = new Stack(statePaths(dir), { ...readSettings(), HOSPITAL_DATABASE_URL: undefined })
    try {
      console.log('Starting one stack for the tests of the whole')
      await stack.start(printStep)
      codes.push(await node(onStack, 1, { HOSPITAL_STATE_DIR: dir }))
    } finally {
      await stack.stop(printStep)
      if (codes.every((code) => code === 0)) await rm(dir, { recursive: true, force: true })
      else console.log(`Logs of the stack: ${join(dir, 'logs')}`)
    }
  }
  if (chaos.length > 0) codes.push(await node(chaos, 1))
  if (codes.length === 0 || codes.some((code) => code !== 0)) process.exitCode = 1
}
