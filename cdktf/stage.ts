import { GoogleProvider } from '@cdktf/provider-google/lib/provider/index.js'
import { LocalBackend, TerraformStack } from 'cdktf'
import type { Construct } from 'constructs'
import { type Names, namesOf } from './names.ts'
import type { Settings } from './settings.ts'
import { type Size, sizes } from './sizes.ts'

/** What every part of a stack is built from. */
export interface Stage {
  stack: TerraformStack
  settings: Settings
  names: Names
  size: Size
  labels: Record<string, string>
  /** False only while an environment is deleted together with its data. */
  protect: boolean
}

export const TERRAFORM_VERSION = '>= 1.11.0, < 2.0.0'

/** A stack with its provider, and with paths of no machine in it: the state's place is `deploy`'s to say. */
export function stage(scope: Construct, id: string, settings: Settings, protect: boolean): Stage {
  const stack = new TerraformStack(scope, id)
  const detached = detachedStage(settings)
  new LocalBackend(stack, { path: 'terraform.tfstate' })
  new GoogleProvider(stack, 'google', {
    project: settings.project,
    region: settings.region,
    zone: settings.zone,
    // Budgets and some other APIs want to know which project a person's request counts for.
    userProjectOverride: true,
    billingProject: settings.project,
    defaultLabels: detached.labels,
  })
  return { ...detached, stack, size: sizes[settings.size], protect }
}

/** The names of an environment without a stack, for whoever only speaks with it. */
export function detachedStage(settings: Settings): Pick<Stage, 'settings' | 'names' | 'labels'> {
  return { settings, names: namesOf(settings), labels: { pipeline: 'hospital', environment: settings.name } }
}
