import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Json, StackJson } from './synthesized.ts'

export function terraformThere(): boolean {
  return spawnSync('terraform', ['version']).status === 0
}

const RESOURCE = /(?<![\w.-])(google_[a-z0-9_]+)\.([A-Za-z_][\w-]*)\./g

function renamed(value: Json): Json {
  if (typeof value === 'string') {
    return value.replace(/\$?\$\{[^}]*\}/g, (template) =>
      template.startsWith('$$')
        ? template
        : template.replace(RESOURCE, (_all, type, id) => `terraform_data.${type}__${id}.output.`),
    )
  }
  if (Array.isArray(value)) return value.map(renamed)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, renamed(each)]))
}

/**
 * What terraform itself says of a stack's references, templates and cycles, with no provider: every resource becomes
 * one of terraform's own that takes anything.
 */
export function refcheck(stack: StackJson): string[] {
  const resources: Json = {}
  for (const [type, bodies] of Object.entries(stack.resource)) {
    for (const [id, { '//': _, lifecycle, provider, depends_on: before, ...body }] of Object.entries(
      bodies,
    )) {
      resources[`${type}__${id}`] = {
        input: renamed(body),
        ...(before
          ? { depends_on: before.map((each: string) => `terraform_data.${each.replace('.', '__')}`) }
          : {}),
      }
    }
  }
  const dir = mkdtempSync(join(tmpdir(), 'refcheck-'))
  try {
    writeFileSync(
      join(dir, 'main.tf.json'),
      JSON.stringify({ resource: { terraform_data: resources } }, null, 1),
    )
    const run = (...args: string[]): string =>
      spawnSync('terraform', args, {
        cwd: dir,
        encoding: 'utf8',
        maxBuffer: 64 * 1024 * 1024,
        env: { ...process.env, CHECKPOINT_DISABLE: '1' },
      }).stdout
    // What is wrong already here is told once more, as JSON, by the next.
    run('init', '-backend=false', '-input=false', '-no-color')
    const answer = run('validate', '-json')
    const { diagnostics } = JSON.parse(answer) as { diagnostics: { summary: string; detail: string }[] }
    return diagnostics.map(({ summary, detail }) => `${summary}: ${detail}`)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
