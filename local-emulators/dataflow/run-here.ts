import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PubSub } from '@google-cloud/pubsub'
import { pipelineText } from '@pipeline/dataflow-templates/build.ts'
import { checkParameters, templateNamed } from '@pipeline/dataflow-templates/catalogue/check.ts'
import { tablesOf } from '@pipeline/dataflow-templates/catalogue/tables.ts'
import { TOPICS } from '@pipeline/functions/manifest-parts.ts'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { root, tools } from '../paths.ts'
import type { StackFile } from '../stack-file.ts'

const ALREADY_EXISTS = 6

/** Makes the subscription that a pipeline reads, unless it is there; from then on it misses nothing. */
export async function subscribe(
  stack: StackFile,
  template: string,
  parameters: Record<string, string>,
): Promise<string> {
  const pubsub = new PubSub({ projectId: stack.projectId, apiEndpoint: stack.pubsubHost, emulatorMode: true })
  const name = `dataflow-${template}`
  const tables = tablesOf(templateNamed(template), parameters)
  try {
    await pubsub.topic(TOPICS.changes).createSubscription(name, {
      ackDeadlineSeconds: 600,
      ...(tables ? { filter: tables.map((table) => `attributes.table = "${table}"`).join(' OR ') } : {}),
    })
  } catch (error) {
    if ((error as { code?: number }).code !== ALREADY_EXISTS) throw error
  } finally {
    await pubsub.close()
  }
  return `projects/${stack.projectId}/subscriptions/${name}`
}

/** Parameters of one of our pipelines as the local stack has them; those that were given win. */
export function localParameters(stack: StackFile, template: string, given: Record<string, string>) {
  const topic = (name: string) => `projects/${stack.projectId}/topics/${name}`
  const all: Record<string, string> = {
    lake: `gs://${stack.gcsBucket}`,
    alerts_topic: topic(TOPICS.alerts),
    insights_topic: topic(TOPICS.insights),
    dead_letter_topic: topic(TOPICS.deadLetters),
    ...given,
  }
  const known = templateNamed(template).parameters
  return Object.fromEntries(Object.entries(all).filter(([name]) => name in known || name in given))
}

export interface PipelineRun {
  /** Resolves when it has ended by itself; rejects with JOB_FAILED's cause in its log otherwise. */
  done: Promise<void>
  stop(): Promise<void>
}

/** Starts a pipeline on Beam's own runner, on the emulators of a stack; its output goes to `log` or to this terminal. */
export async function startHere(
  stack: Pick<StackFile, 'projectId' | 'pubsubHost' | 'gcsEndpoint'>,
  template: string,
  parameters: Record<string, string>,
  log: number | 'inherit' = 'inherit',
): Promise<PipelineRun> {
  const values = checkParameters(templateNamed(template), parameters)
  const folder = await mkdtemp(join(tmpdir(), 'dataflow-'))
  const file = join(folder, `${template}.yaml`)
  await writeFile(file, pipelineText(template))
  const streaming = parameters.subscription !== undefined
  const args = [
    join(root, 'dataflow-templates', 'testing', 'run_here.py'),
    `--yaml_pipeline_file=${file}`,
    `--jinja_variables=${JSON.stringify(values)}`,
    // By its name: what Beam takes by default downloads another one first.
    `--runner=apache_beam.runners.${streaming ? 'direct.direct_runner.BundleBasedDirectRunner' : 'portability.fn_api_runner.FnApiRunner'}`,
    `--project=${stack.projectId}`,
  ]
  const child = spawn(join(tools.beamVenv, 'bin', 'python'), args, {
    env: {
      ...process.env,
      PUBSUB_EMULATOR_HOST: stack.pubsubHost,
      STORAGE_EMULATOR_HOST: stack.gcsEndpoint,
      GOOGLE_CLOUD_PROJECT: stack.projectId,
      NO_GCE_CHECK: 'true',
    },
    stdio: ['ignore', log, log],
  })
  let stopped = false
  const done = new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      const failed = code !== 0 && !stopped
      rm(folder, { recursive: true, force: true }).then(
        () =>
          failed ? reject(new PipelineError('JOB_FAILED', { template, exit: code ?? signal })) : resolve(),
        reject,
      )
    })
  })
  return {
    done,
    async stop() {
      stopped = true
      child.kill('SIGKILL')
      await done
    },
  }
}

/** Runs a pipeline of ours until it ends or is interrupted. A stream's subscription is made first. */
export async function runHere(
  stack: StackFile,
  template: string,
  given: Record<string, string>,
): Promise<void> {
  const parameters = localParameters(stack, template, given)
  if (parameters.history === undefined) {
    parameters.subscription ??= await subscribe(stack, template, parameters)
  }
  const run = await startHere(stack, template, parameters)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void run.stop())
  await run.done
}
