import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newClusterId } from './kafka.ts'

test("a cluster's id is 16 bytes and never looks like an option", () => {
  const ids = Array.from({ length: 2_000 }, newClusterId)
  assert.equal(new Set(ids).size, ids.length)
  for (const id of ids) assert.match(id, /^[A-Za-z0-9][A-Za-z0-9_-]{21}$/)
})
