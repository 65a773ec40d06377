import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refcheck, terraformThere } from './testing/refcheck.ts'
import { choices, everything, synthesize } from './testing/synthesized.ts'

const skip = terraformThere() ? false : 'terraform is not on the PATH: references are not checked'

for (const [name, settings] of Object.entries(choices)) {
  const { foundation, pipeline } = synthesize(settings)

  test(`${name}: every reference resolves, without cycles and stray templates`, { skip }, () => {
    assert.deepEqual(refcheck(foundation), [])
    assert.deepEqual(refcheck(pipeline), [])
  })

  test(`${name}: no resource waits for the same one twice`, () => {
    for (const { type, id, body } of everything(pipeline)) {
      const waits: string[] = body.depends_on ?? []
      assert.equal(new Set(waits).size, waits.length, `${type}.${id}`)
    }
  })
}

test('the check finds a reference to nothing, a cycle and a template of a script', { skip }, () => {
  const stack = (resource: object) => ({ resource, terraform: {}, provider: {} }) as never
  const missing = stack({ google_a: { x: { y: '$' + '{google_b.gone.id}' } } })
  assert.match(refcheck(missing).join(), /undeclared resource/)
  const cycle = stack({
    google_a: { x: { y: '$' + '{google_a.z.id}' }, z: { y: '$' + '{google_a.x.id}' } },
  })
  assert.match(refcheck(cycle).join(), /[Cc]ycle/)
  assert.notDeepEqual(refcheck(stack({ google_a: { x: { script: 'echo $' + '{HOME}' } } })), [])
  assert.deepEqual(refcheck(stack({ google_a: { x: { script: 'echo $$' + '{HOME}' } } })), [])
})
