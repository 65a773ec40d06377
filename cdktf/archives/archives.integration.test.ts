import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { manifest } from '@pipeline/functions/manifest.ts'
import type { FunctionEntry } from '@pipeline/functions/manifest-parts.ts'
import { App } from 'cdktf'
import { environmentOf } from '../environment.ts'
import { stage } from '../stage.ts'
import { settingsWith } from '../testing/synthesized.ts'
import { ARCHIVES, type Archive } from './archive.ts'
import { repository } from './bundle.ts'
import { functionArchive } from './function-archive.ts'

const tag = 'projects/p/locations/eu/taxonomies/1/policyTags/1'
const tags = { patient: tag, 'patient-with-others': tag, staff: tag }
const secrets: Record<string, string> = {
  'postgres-reader-url': 'postgresql://reader@127.0.0.1:1/none',
  'postgres-writer-url': 'postgresql://writer@127.0.0.1:1/none',
  'clickhouse-password': 'of-a-test',
  'kafka-reader-password': 'of-a-test',
  'pseudonym-key': 'of-a-test'.repeat(4),
}
const SMALL = 5 * 1024 * 1024
let out: string
const archives = new Map<string, Archive>()

before(async () => {
  out = mkdtempSync(join(tmpdir(), 'archives-'))
  for (const entry of manifest) archives.set(entry.name, await functionArchive(out, entry))
})
after(() => rmSync(out, { recursive: true, force: true }))

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

/** The environment that the stack gives the function in the cloud, with addresses that lead nowhere. */
function environment(name: string): Record<string, string> {
  const { variables, secrets: wanted } = environmentOf(
    stage(new App({ outdir: join(out, 'app') }), name, settingsWith(), true),
    manifest.find((each) => each.name === name)!,
    tags,
  )
  return { ...variables, ...Object.fromEntries(wanted.map((each) => [each.name, secrets[each.secret]!])) }
}

async function answers(child: ChildProcess, url: string): Promise<number> {
  while (child.exitCode === null) {
    const response = await fetch(url).catch(() => undefined)
    if (response) return response.status
    await sleep(20)
  }
  throw new Error(`it ended with ${child.exitCode}`)
}

/** What Cloud Functions runs: Node from the archive alone, Python with the packages of its requirements, which the build installs. */
function server({ runtime, entryPoint }: FunctionEntry, port: number): [command: string, args: string[]] {
  if (runtime.startsWith('nodejs')) return [process.execPath, ['node_modules/.bin/functions-framework']]
  const args = [
    '-m',
    'functions_framework',
    '--source',
    'main.py',
    '--target',
    entryPoint,
    '--host',
    '127.0.0.1',
  ]
  return [join(repository, '.venv', 'bin', 'python'), [...args, '--port', String(port)]]
}

for (const entry of manifest) {
  const { name } = entry
  test(`${name} starts from its archive alone and answers`, { timeout: 60_000 }, async (t) => {
    const { hash, bytes } = archives.get(name)!
    const folder = join(out, 'unpacked', name)
    mkdirSync(folder, { recursive: true })
    execFileSync('python3', ['-m', 'zipfile', '-e', join(out, ARCHIVES, `${name}-${hash}.zip`), folder])
    const port = await freePort()
    const started = performance.now()
    const [command, args] = server(entry, port)
    const child = spawn(command, args, {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: '',
        ...environment(name),
        FUNCTION_TARGET: entry.entryPoint,
        PORT: String(port),
        METADATA_SERVER_DETECTION: 'none',
      },
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
    try {
      const status = await answers(child, `http://127.0.0.1:${port}/`).catch((error) => {
        throw new Error(`${error}: ${output.slice(0, 2000)}`)
      })
      const ms = Math.round(performance.now() - started)
      t.diagnostic(`${name}: ${(bytes / 1024 / 1024).toFixed(1)} MB, first answer after ${ms} ms`)
      assert.equal(status, 200)
      const refused = await fetch(`http://127.0.0.1:${port}/`, { method: 'DELETE' })
      assert.equal(refused.status, 405)
    } finally {
      child.kill()
    }
  })
}

const carriesDuckdb = (name: string): boolean =>
  existsSync(join(out, 'unpacked', name, 'node_modules', '@duckdb'))

test('archives are small but where DuckDB is inside: what reads or writes Parquet has it, and no sink', () => {
  const large = manifest.filter(({ name }) => archives.get(name)!.bytes > SMALL).map(({ name }) => name)
  for (const name of large) assert.ok(carriesDuckdb(name), name)
  for (const name of ['reconcile', 'load-facts', 'compact-lake', 'batch-export']) {
    assert.ok(carriesDuckdb(name), name)
  }
  for (const { name } of manifest) if (name.endsWith('-sink')) assert.ok(!carriesDuckdb(name), name)
})

test('the same source has the same hash and the same bytes, wherever it is packed', async () => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'archives-again-'))
  try {
    const entry = manifest.find(({ name }) => name === 'dead-letter-sink')!
    const again = await functionArchive(elsewhere, entry)
    assert.deepEqual(again, archives.get(entry.name))
    const sum = (folder: string) =>
      execFileSync('cksum', [join(folder, ARCHIVES, `${entry.name}-${again.hash}.zip`)], { encoding: 'utf8' })
        .split(' ')
        .slice(0, 2)
    assert.deepEqual(sum(elsewhere), sum(out))
  } finally {
    rmSync(elsewhere, { recursive: true, force: true })
  }
})
