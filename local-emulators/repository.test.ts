import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from './paths.ts'

/** What each room may import of ours, as the design says. */
const mayImport: Record<string, readonly string[]> = {
  hospital: [],
  cdc: ['hospital'],
  // The launcher of Dataflow jobs, for launch-dataflow: decision 17.
  functions: ['hospital', 'dashboard', 'dataflow-templates'],
  dashboard: ['hospital'],
  'dataflow-templates': ['hospital'],
  'local-emulators': ['hospital', 'cdc', 'functions', 'dashboard', 'dataflow-templates', 'cdktf'],
  cdktf: ['hospital', 'functions', 'cdc', 'dashboard', 'dataflow-templates'],
  bench: ['hospital', 'cdc', 'functions', 'dashboard', 'local-emulators'],
}

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '')
const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const sources = files.filter((file) => /\.(ts|mjs|py|sql|sh)$/.test(file))

test('each room imports only the rooms that the design allows, and none by a path out of it', () => {
  for (const file of sources.filter((each) => each.endsWith('.ts'))) {
    const room = file.split('/')[0]!
    const allowed = mayImport[room] ?? []
    const text = read(file)
    for (const [, other] of text.matchAll(/from '@pipeline\/([a-z-]+)\//g)) {
      assert.ok(allowed.includes(other!), `${file} imports ${other}`)
    }
    for (const [, path] of text.matchAll(/from '(\.\.?\/[^']+)'/g)) {
      const target = join(file, '..', path!)
      assert.equal(target.split('/')[0], room, `${file} imports ${path}`)
    }
  }
})

test('a file is a few screens at most', () => {
  const long = sources
    .map((file) => ({ file, lines: read(file).split('\n').length }))
    .filter(({ lines }) => lines > 251)
  assert.deepEqual(long, [])
})

test('invariant 9: no secret, default password or path of a machine in the repository', () => {
  const suspicious = [
    /-----BEGIN [A-Z ]*PRIVATE KEY-----\n[A-Za-z0-9+/]{20}/,
    /AIza[0-9A-Za-z_-]{35}/,
    /postgres(ql)?:\/\/[^\s:/$]+:[^\s@/$]{3,}@(?!127\.0\.0\.1|localhost)/,
    /(^|[^.\w])\/(root|home\/\w+|Users\/\w+)\//m,
  ]
  for (const file of files.filter((each) => !/\.(lock|png)$|^package-lock\.json$/.test(each))) {
    const text = read(file)
    for (const pattern of suspicious) assert.doesNotMatch(text, pattern, file)
  }
})
