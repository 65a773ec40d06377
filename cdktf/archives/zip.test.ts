import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Entry, sortEntries, zip } from './zip.ts'

const entry = (name: string, data: string, mode = 0o644): Entry => ({ name, data: Buffer.from(data), mode })

test('another program unpacks what was packed, names in UTF-8 and modes too', () => {
  const dir = mkdtempSync(join(tmpdir(), 'zip-'))
  try {
    const entries = [
      entry('b/ä.txt', 'x'.repeat(10_000)),
      entry('a.sh', '#!/bin/sh\n', 0o755),
      entry('empty', ''),
    ]
    writeFileSync(join(dir, 'a.zip'), zip(sortEntries(entries)))
    const script = `import sys, zipfile, json
z = zipfile.ZipFile(sys.argv[1])
assert z.testzip() is None
print(json.dumps([[i.filename, oct(i.external_attr >> 16), i.date_time[0]] for i in z.infolist()]))
z.extractall(sys.argv[2])`
    const listed = execFileSync('python3', ['-c', script, join(dir, 'a.zip'), dir], { encoding: 'utf8' })
    assert.deepEqual(JSON.parse(listed), [
      ['a.sh', '0o100755', 1980],
      ['b/ä.txt', '0o100644', 1980],
      ['empty', '0o100644', 1980],
    ])
    assert.equal(readFileSync(join(dir, 'b/ä.txt'), 'utf8'), 'x'.repeat(10_000))
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})

test('order of the entries does not change a byte; names that come twice or lead out are refused', () => {
  const [a, b] = [entry('a', '1'), entry('b', '2')]
  assert.deepEqual(zip(sortEntries([a, b])), zip(sortEntries([b, a])))
  assert.throws(() => sortEntries([a, a]), /twice/)
  for (const name of ['../a', '/a', 'a/../../b', ''])
    assert.throws(() => sortEntries([entry(name, '')]), /leads out/)
})
