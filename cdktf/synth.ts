import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { manifest } from '@pipeline/functions/manifest.ts'
import type { FunctionEntry } from '@pipeline/functions/manifest-parts.ts'
import { App } from 'cdktf'
import type { Archive } from './archives/archive.ts'
import { repository } from './archives/bundle.ts'
import { functionArchive } from './archives/function-archive.ts'
import { buildFoundation } from './foundation.ts'
import { linkAccounts } from './link-accounts.ts'
import { type Archives, buildPipeline } from './pipeline.ts'
import type { Settings } from './settings.ts'
import { stage, TERRAFORM_VERSION } from './stage.ts'
import { vmArchive } from './vm/vm-archive.ts'

export const OUT = join(repository, 'cdktf.out')

/** Bundles everything of ours that runs in the cloud, below `out`. */
export async function buildArchives(
  out: string,
  entries: readonly FunctionEntry[] = manifest,
): Promise<Archives> {
  const functions = new Map<string, Archive>()
  for (const entry of entries) functions.set(entry.name, await functionArchive(out, entry))
  return { vm: await vmArchive(out), functions }
}

export interface Stacks {
  foundation: string
  pipeline: string
}

export function stackNames(settings: Settings): Stacks {
  return { foundation: `${settings.name}-foundation`, pipeline: `${settings.name}-pipeline` }
}

/**
 * Writes both stacks of an environment as JSON for terraform, and returns their names. The same source and settings
 * give the same bytes. `protect: false` is for the one case in which the data is to be deleted as well.
 */
export function synth(
  out: string,
  settings: Settings,
  archives: Archives,
  { protect = true, entries = manifest }: { protect?: boolean; entries?: readonly FunctionEntry[] } = {},
): Stacks {
  const names = stackNames(settings)
  for (const name of Object.values(names)) rmSync(join(out, 'stacks', name, 'cdk.tf.json'), { force: true })
  mkdirSync(out, { recursive: true })
  const app = new App({ outdir: out, skipValidation: true })
  buildFoundation(stage(app, names.foundation, settings, protect))
  const pipeline = stage(app, names.pipeline, settings, protect)
  buildPipeline(pipeline, entries, archives)
  linkAccounts(pipeline)
  app.synth()
  // In a file of its own: checkov gives up the JSON of a stack that has this setting in it.
  for (const name of Object.values(names)) {
    const version = `terraform {\n  required_version = "${TERRAFORM_VERSION}"\n}\n`
    writeFileSync(join(out, 'stacks', name, 'versions.tf'), version)
  }
  return names
}
