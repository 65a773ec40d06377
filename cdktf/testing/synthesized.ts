import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipelineNames } from '@pipeline/dataflow-templates/catalogue/pipelines.ts'
import { manifest } from '@pipeline/functions/manifest.ts'
import type { FunctionEntry } from '@pipeline/functions/manifest-parts.ts'
import type { Archives } from '../pipeline.ts'
import { parseSettings, type Settings } from '../settings.ts'
import { synth } from '../synth.ts'
import { pinnedNode } from '../vm/vm-archive.ts'

// biome-ignore lint/suspicious/noExplicitAny: JSON of a hundred shapes, each read in one place
export type Json = any
export type StackJson = { resource: Record<string, Record<string, Json>>; terraform: Json; provider: Json }

export const example = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', 'environments', 'example.json'), 'utf8'),
) as Record<string, unknown>

export function settingsWith(changes: Record<string, unknown> = {}): Settings {
  return parseSettings({ ...example, ...changes }, 'a test')
}

/** Archives that nobody packed, for tests of what is made of them. */
export function paperArchives(entries: readonly FunctionEntry[]): Archives {
  const archive = (name: string) => ({ hash: 'f'.repeat(16), path: `../../archives/${name}.zip`, bytes: 1 })
  return {
    vm: { ...archive('vm'), node: pinnedNode() },
    functions: new Map(entries.map(({ name }) => [name, archive(name)])),
  }
}

export interface Synthesized {
  foundation: StackJson
  pipeline: StackJson
  text: { foundation: string; pipeline: string }
}

/** Both stacks of an environment as terraform would read them. */
export function synthesize(
  settings: Settings,
  { entries = manifest, protect = true }: { entries?: readonly FunctionEntry[]; protect?: boolean } = {},
): Synthesized {
  const out = mkdtempSync(join(tmpdir(), 'synth-'))
  try {
    const names = synth(out, settings, paperArchives(entries), { entries, protect })
    const read = (name: string) => readFileSync(join(out, 'stacks', name, 'cdk.tf.json'), 'utf8')
    const text = { foundation: read(names.foundation), pipeline: read(names.pipeline) }
    return { text, foundation: JSON.parse(text.foundation), pipeline: JSON.parse(text.pipeline) }
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
}

export function all(stack: StackJson, type: string): Json[] {
  return Object.values(stack.resource[type] ?? {})
}

export function everything(stack: StackJson): { type: string; id: string; body: Json }[] {
  return Object.entries(stack.resource).flatMap(([type, bodies]) =>
    Object.entries(bodies).map(([id, body]) => ({ type, id, body })),
  )
}

/** The settings that change what is in the stacks, each kind once. */
export const choices: Record<string, Settings> = {
  demo: settingsWith(),
  standard: settingsWith({ size: 'standard' }),
  large: settingsWith({ size: 'large' }),
  'every Dataflow job': settingsWith({ dataflow: pipelineNames.map((template) => ({ template })) }),
  'own parts': settingsWith({
    name: 'second',
    database: { kind: 'own', host: '10.1.2.3' },
    clickhouse: { kind: 'own', url: 'https://clickhouse.example.com:8443', user: 'pipeline' },
    exports: { key: 'customer' },
    kafkaRetentionDays: 14,
    page: { domain: 'reports.hospital.example' },
    looker: {
      templates: { revenue_by_month_report: 'abc-123' },
      billingProject: 'another-project',
      biEngineGb: 2,
    },
    ci: null,
    budget: null,
  }),
}
