import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { withClient } from '@pipeline/cdc/database.ts'
import { root } from '../paths.ts'
import { isAlive, type StackFile } from '../stack-file.ts'
import type { StatusReport } from './status.ts'

let dir: string
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hospital-up-'))
})
after(async () => {
  cli('down')
  await rm(dir, { recursive: true, force: true })
})

function cli(...args: string[]): { code: number | null; out: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'local-emulators', 'cli.ts'), ...args],
    { env: { ...process.env, HOSPITAL_STATE_DIR: dir }, encoding: 'utf8' },
  )
  return { code: status, out: stdout + stderr }
}

function stackFile(): StackFile {
  return JSON.parse(readFileSync(join(dir, 'stack.json'), 'utf8')) as StackFile
}

/** Processes that have the state folder on their command line or in their environment. */
function left(): string[] {
  return globSync('/proc/[0-9]*/cmdline').flatMap((file) => {
    try {
      const command = readFileSync(file, 'utf8').replaceAll('\0', ' ')
      return command.includes(dir) ? [command.slice(0, 100)] : []
    } catch {
      return []
    }
  })
}

test('up starts all and says where it is, a second up is refused, down leaves nothing but the data', async () => {
  assert.equal(cli('status').code, 1)
  const up = cli('up', '--detach', '--no-timers')
  assert.equal(up.code, 0, up.out)
  const stack = stackFile()
  assert.equal(stack.state, 'ready')
  assert.doesNotMatch(up.out, new RegExp(new URL(stack.postgresUrl).password), 'no password on the terminal')
  const status = cli('status', '--json')
  const report = JSON.parse(status.out) as StatusReport
  assert.deepEqual([status.code, report.state], [0, 'running'])
  assert.ok(report.processes.length >= 10 && report.processes.every(({ restarts }) => restarts === 0))
  const second = cli('up', '--detach')
  assert.equal(second.code, 1)
  assert.match(second.out, /running already/)

  await withClient(stack.postgresUrl, (client) =>
    client.query(`INSERT INTO doctors (name, specialization) VALUES ('kept', 'Urology')`),
  )
  assert.equal(cli('down').code, 0)
  assert.equal(existsSync(join(dir, 'stack.json')), false)
  assert.deepEqual(
    report.processes.filter(({ pid }) => isAlive(pid!)),
    [],
  )
  assert.deepEqual(left(), [])
})

test('state survives a restart, at the same addresses; killed, the supervisor takes its parts with it', async () => {
  const up = cli('up', '--detach', '--no-timers')
  assert.equal(up.code, 0, up.out)
  const stack = stackFile()
  const { rows } = await withClient(stack.postgresUrl, (client) => client.query('SELECT name FROM doctors'))
  assert.deepEqual(rows, [{ name: 'kept' }])
  const report = JSON.parse(cli('status', '--json').out) as StatusReport
  process.kill(stack.supervisorPid, 'SIGKILL')
  for (let waited = 0; waited < 200 && report.processes.some(({ pid }) => isAlive(pid!)); waited++) {
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const alive = report.processes.filter(({ pid }) => isAlive(pid!)).map(({ name }) => name)
  if (process.platform === 'linux') assert.deepEqual(alive, [])
  assert.equal(cli('down').code, 0)
  assert.deepEqual(left(), [])
})
