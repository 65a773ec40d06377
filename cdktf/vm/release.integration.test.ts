import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ARCHIVES } from '../archives/archive.ts'
import { type VmArchive, vmArchive } from './vm-archive.ts'

let out: string
let archive: VmArchive
const at = (file: string): string => join(out, 'release', file)

before(async () => {
  out = mkdtempSync(join(tmpdir(), 'release-'))
  archive = await vmArchive(out)
  const file = join(out, ARCHIVES, `vm-${archive.hash}.zip`)
  execFileSync('python3', ['-m', 'zipfile', '-e', file, join(out, 'release')])
})
after(() => rmSync(out, { recursive: true, force: true }))

/** Runs a program of the release with nothing around it but this environment. */
function run(program: string, args: string[], env: Record<string, string> = {}) {
  return spawnSync(process.execPath, [at(program), ...args], {
    cwd: join(out, 'release'),
    encoding: 'utf8',
    env: { PATH: '', METADATA_SERVER_DETECTION: 'none', ...env },
    timeout: 20_000,
  })
}

for (const [program, missing] of [
  ['relay.mjs', 'GOOGLE_CLOUD_PROJECT'],
  ['guard.mjs', 'DATABASE_URL'],
  ['prepare.mjs', 'DATABASE_ADMIN_URL'],
] as const) {
  test(`${program} starts from the release alone, and says which settings it lacks`, () => {
    const { status, stdout, stderr } = run(program, [])
    assert.equal(status, 1)
    assert.match(stdout + stderr, /SETTING_INVALID/)
    assert.ok((stdout + stderr).includes(missing), stdout + stderr)
  })
}

test('hospital-replay has the options of npm run replay, and the settings that the start-up script gives it', () => {
  const help = run('replay.mjs', ['--help'])
  assert.equal(help.status, 0, help.stderr)
  for (const option of ['--dead-letters', '--from', '--code', '--source', '--dry-run']) {
    assert.ok(help.stdout.includes(option), option)
  }
  const script = readFileSync(join(import.meta.dirname, '..', '..', 'cdc', 'vm', 'settings.sh'), 'utf8')
  const given = /replay\.env" 600 root:root replay <<END\n([\s\S]*?)END\n/.exec(script)![1]!
  const sasl = /sasl="([^"]+)"/.exec(script)![1]!
  const names = [...given.replace('$sasl', sasl).matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name!)
  const { status, stderr } = run('replay.mjs', ['--dead-letters'])
  assert.equal(status, 1)
  const asked = [...stderr.matchAll(/\b([A-Z_]{6,}): /g)].map(([, name]) => name!)
  assert.deepEqual(asked.sort(), names.sort())
  assert.equal(run('replay.mjs', ['--from', 'nowhere']).status, 1)
})

test('DuckDB comes with the release: a replay reads compacted objects', () => {
  const script = "console.log(typeof require('@duckdb/node-api').DuckDBInstance.create)"
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], {
    cwd: join(out, 'release'),
    encoding: 'utf8',
  })
  assert.equal(stdout.trim(), 'function', stderr)
})

function answering(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((_request, response) => response.end('ok'))
    server.once('error', reject).listen(port, '127.0.0.1', () => resolve(server))
  })
}

test('the health check answers 503 with what is down', async (t) => {
  const free = await answering(0)
  const { port } = free.address() as AddressInfo
  free.close()
  await once(free, 'close')
  const child = spawn(process.execPath, [at('health.mjs')], {
    env: { PATH: '', HEALTH_PORT: String(port) },
    stdio: 'ignore',
  })
  t.after(() => child.kill())
  for (let attempt = 0; ; attempt++) {
    const response = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined)
    if (response === undefined && attempt < 250) {
      await sleep(20)
      continue
    }
    assert.ok(response)
    assert.equal(response.status, 503)
    const { failing } = (await response.json()) as { failing: string[] }
    assert.ok(failing.includes('redpanda'), String(failing))
    return
  }
})
