import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { manifest } from '@pipeline/functions/manifest.ts'
import { namesOf } from './names.ts'
import { readEnvironment, type Settings } from './settings.ts'
import { stackNames, synth } from './synth.ts'
import { all, everything, example, paperArchives, type StackJson } from './testing/synthesized.ts'

/** Of the project, not of an environment: the same in each, and left alone when one goes. */
const SHARED = ['google_project_service', 'google_project_iam_audit_config']
let dir: string
let settings: Settings[]
let stacks: { foundation: StackJson; pipeline: StackJson }[]

before(() => {
  dir = mkdtempSync(join(tmpdir(), 'environments-'))
  settings = ['first', 'second'].map((name) => {
    const file = join(dir, `${name}.json`)
    writeFileSync(file, JSON.stringify({ ...example, name }))
    return readEnvironment(file)
  })
  stacks = settings.map((each) => {
    const names = synth(join(dir, 'out'), each, paperArchives(manifest))
    const read = (name: string) =>
      JSON.parse(readFileSync(join(dir, 'out', 'stacks', name, 'cdk.tf.json'), 'utf8')) as StackJson
    return { foundation: read(names.foundation), pipeline: read(names.pipeline) }
  })
})
after(() => rmSync(dir, { recursive: true, force: true }))

/** What a resource is told apart by in a project, or in all of Google where its name is global. */
function identity({ type, body }: { type: string; body: Record<string, unknown> }): string[] {
  if (SHARED.includes(type) || /_iam_member$/.test(type)) return []
  const id =
    body.account_id ??
    body.dataset_id ??
    body.secret_id ??
    body.repository_id ??
    body.bucket_id ??
    body.data_policy_id ??
    body.workload_identity_pool_id ??
    body.name_prefix ??
    body.name ??
    body.display_name
  // What has a parent of the environment’s own is told apart by it.
  return typeof id !== 'string' ||
    id.includes('${') ||
    typeof body.instance === 'string' ||
    'key_ring' in body ||
    'taxonomy' in body ||
    'table_id' in body ||
    'bucket' in body
    ? []
    : [`${type} ${id}`]
}

test('a second environment needs only another settings file: nothing of it has a name of the first', () => {
  for (const stack of ['foundation', 'pipeline'] as const) {
    const [first, second] = stacks.map((each) => everything(each[stack]).flatMap(identity))
    assert.ok(first!.length > 8)
    assert.equal(new Set(first).size, first!.length, 'a name is used twice')
    assert.deepEqual(
      first!.filter((name) => second!.includes(name)),
      [],
    )
  }
})

test('names that are global have the project in them, and states and secrets their environment', () => {
  for (const [index, each] of settings.entries()) {
    for (const { name } of all(stacks[index]!.pipeline, 'google_storage_bucket')) {
      assert.ok(name.startsWith(`${each.project}-${each.name}-`), name)
    }
  }
  const [first, second] = settings.map((each) => [
    namesOf(each).stateBucket,
    namesOf(each).zone,
    ...Object.values(stackNames(each)),
  ])
  assert.deepEqual(
    first!.filter((name) => second!.includes(name)),
    [],
  )
})

test('rights of the second environment are given to its own accounts, and on its own resources', () => {
  const text = JSON.stringify(stacks[1])
  assert.doesNotMatch(text, /"first[-_]|-first-|serviceAccount:first-/)
  const [, second] = stacks
  for (const { type, id, body } of everything(second!.pipeline).filter(({ type }) =>
    /_iam_member$/.test(type),
  )) {
    assert.doesNotMatch(JSON.stringify(body), /first/, `${type}.${id}`)
  }
})
