import assert from 'node:assert/strict'
import { test } from 'node:test'
import { waited } from './group.ts'

test('how long a load’s oldest batch waited; nothing where there is none, and never less than nothing', () => {
  const at = (storedAt: string) => ({ storedAt })
  const now = Date.parse('2026-01-01T00:10:00Z')
  assert.equal(waited([at('2026-01-01T00:09:00.000Z'), at('2026-01-01T00:00:00.000Z')], now), 600)
  assert.equal(waited([], now), undefined)
  assert.equal(waited([at('2026-01-01T00:11:00.000Z')], now), 0)
})
