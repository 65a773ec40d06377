import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { STUDIO } from '@pipeline/dashboard/looker/product.ts'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { estimate } from './cost.ts'
import { mayGo } from './kept.ts'
import { type Names, namesOf, secretsOf, VM_SECRETS } from './names.ts'
import { environmentLinks } from './page.ts'
import { checkReady } from './ready.ts'
import { fillSecrets } from './secrets.ts'
import { readEnvironment, type Settings } from './settings.ts'
import { asked, watched } from './shell.ts'
import { buildArchives, OUT, stackNames, synth } from './synth.ts'

const folderOf = (stack: string): string => join(OUT, 'stacks', stack)
const terraform = (stack: string, ...args: string[]): void =>
  watched('terraform', [`-chdir=${folderOf(stack)}`, ...args], { CHECKPOINT_DISABLE: '1' })

function printEstimate(settings: Settings): void {
  const { lines, total, assumes } = estimate(settings)
  for (const { what, dollars } of lines) console.log(`$${dollars.toFixed(2).padStart(8)} a month  ${what}`)
  console.log(`about $${total} a month for size ${settings.size}. It assumes:`)
  for (const each of assumes) console.log(`- ${each}`)
}

/** Writes the stacks of an environment and says what they cost; touches nothing. */
export async function synthCommand(file: string, options: { protect?: boolean } = {}): Promise<Settings> {
  const settings = readEnvironment(file)
  const archives = await buildArchives(OUT)
  const stacks = synth(OUT, settings, archives, options)
  for (const [name, { bytes }] of archives.functions) console.log(`${name}: ${(bytes / 1e6).toFixed(1)} MB`)
  printEstimate(settings)
  console.log(`written: ${folderOf(stacks.foundation)} and ${folderOf(stacks.pipeline)}`)
  return settings
}

/** The state lies in a bucket of its own, made once; terraform is told by a file beside the stack. */
function initialise(settings: Settings, names: Names): void {
  const bucket = `gs://${names.stateBucket}`
  const project = `--project=${settings.project}`
  if (asked('gcloud', ['storage', 'buckets', 'describe', bucket, project]) === undefined) {
    watched('gcloud', [
      ...['storage', 'buckets', 'create', bucket, project, `--location=${settings.region}`],
      ...['--uniform-bucket-level-access', '--public-access-prevention'],
    ])
    watched('gcloud', ['storage', 'buckets', 'update', bucket, project, '--versioning'])
  }
  for (const stack of Object.values(stackNames(settings))) {
    const backend = { terraform: { backend: { gcs: { bucket: names.stateBucket, prefix: stack } } } }
    writeFileSync(join(folderOf(stack), 'backend_override.tf.json'), JSON.stringify(backend))
    terraform(stack, 'init', '-input=false', '-reconfigure')
  }
}

/** Google makes the accounts of its services when they are first asked for; the key is given to them later. */
function makeAgents({ project, dataflow }: Settings): void {
  const services = [
    'pubsub',
    'sqladmin',
    'artifactregistry',
    'iap',
    ...(dataflow.length > 0 ? ['dataflow'] : []),
  ]
  for (const service of services) {
    watched('gcloud', [
      ...[
        'beta',
        'services',
        'identity',
        'create',
        `--service=${service}.googleapis.com`,
        `--project=${project}`,
      ],
    ])
  }
  watched('gcloud', ['storage', 'service-agent', `--project=${project}`])
  watched('bq', ['show', '--encryption_service_account', `--project_id=${project}`])
}

/** The administrator of Cloud SQL gets the password that Secret Manager has; the VM waits for it. */
async function setAdminPassword(settings: Settings, names: Names): Promise<void> {
  const { project, vmSecretVersion } = settings
  const token = asked('gcloud', ['auth', 'print-access-token'])
  const secret = `--secret=${names.secret('postgres-admin-password')}`
  const password = asked('gcloud', [
    ...['secrets', 'versions', 'access', String(vmSecretVersion), secret, `--project=${project}`],
  ])
  const users = `https://sqladmin.googleapis.com/v1/projects/${project}/instances/${names.of('hospital')}/users`
  const response = await fetch(`${users}?name=postgres`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'postgres', password }),
  })
  if (!response.ok)
    throw new PipelineError('DATABASE_UNAVAILABLE', { part: 'Cloud SQL', status: response.status })
}

/** From an empty project to a running pipeline, or to the newest state of one. */
export async function deployCommand(file: string, options: { yes?: boolean }): Promise<void> {
  const settings = readEnvironment(file)
  checkReady(settings)
  await synthCommand(file)
  const [names, stacks] = [namesOf(settings), stackNames(settings)]
  const approve = options.yes ? ['-auto-approve'] : []
  watched('gcloud', [
    ...['services', 'enable', 'serviceusage.googleapis.com', 'cloudresourcemanager.googleapis.com'],
    ...['storage.googleapis.com', 'iam.googleapis.com', `--project=${settings.project}`],
  ])
  initialise(settings, names)
  terraform(stacks.foundation, 'apply', '-input=false', ...approve)
  makeAgents(settings)
  fillSecrets(settings, [...secretsOf(settings), ...VM_SECRETS])
  terraform(stacks.pipeline, 'apply', '-input=false', ...approve)
  if (settings.database.kind === 'cloud-sql') await setAdminPassword(settings, names)
  for (const { name, url } of environmentLinks({ settings, names }))
    console.log(`${STUDIO.name}, ${name}:\n  ${url}`)
  if (settings.page)
    console.log(`Page: https://${settings.page.domain}; its address is in terraform's output page_address`)
  console.log(`deployed: https://console.cloud.google.com/monitoring/dashboards?project=${settings.project}`)
}

/** Takes an environment down. Its data stays unless `deleteData`; what stays is named. */
export async function destroyCommand(
  file: string,
  options: { yes?: boolean; deleteData?: boolean },
): Promise<void> {
  const settings = readEnvironment(file)
  checkReady(settings)
  await synthCommand(file, { protect: !options.deleteData })
  const stacks = stackNames(settings)
  initialise(settings, namesOf(settings))
  const approve = options.yes ? ['-auto-approve'] : []
  if (options.deleteData) {
    // Protection is an attribute of some resources: it has to be taken off before they can go.
    terraform(stacks.pipeline, 'apply', '-input=false', ...approve)
    terraform(stacks.pipeline, 'destroy', '-input=false', ...approve)
    console.log('gone. Key, secrets, APIs and the state bucket stay: see docs/operations.md')
    return
  }
  const stack = JSON.parse(readFileSync(join(folderOf(stacks.pipeline), 'cdk.tf.json'), 'utf8'))
  const targets = mayGo(stack).map((address) => `-target=${address}`)
  terraform(stacks.pipeline, 'destroy', '-input=false', ...targets, ...approve)
  console.log('taken down. Lake, warehouse, PostgreSQL, data disk, topics, key and secrets are still there')
}
