import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runSuites } from './testing/beam.ts'

const suites = [
  ['interaction-alerts', 'suites.test_interaction_alerts'],
  ['the others', 'suites.test_activity_sessions', 'suites.test_operations', 'suites.test_movers'],
] as const

test('pipelines on a TestStream, and a mutant of each rule', { concurrency: 2 }, async (t) => {
  await Promise.all(
    suites.map(([title, ...modules]) =>
      t.test(title, async () => {
        const output = await runSuites(modules)
        assert.match(output, /\nRan [1-9]\d* tests? in .*\n\nOK\n/)
        assert.ok(output.includes('fails without: '), 'no mutant ran')
      }),
    ),
  )
})
