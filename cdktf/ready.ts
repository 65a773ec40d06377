import { PipelineError } from '@pipeline/hospital/errors.ts'
import type { Settings } from './settings.ts'
import { asked } from './shell.ts'

type Ask = typeof asked

/** What this machine and the project lack for a deployment, each with what to do; empty when all is there. */
export function missing({ project, projectNumber }: Settings, ask: Ask = asked): string[] {
  const wrong: string[] = []
  const version = ask('terraform', ['version', '-json'])
  const found = version && (JSON.parse(version) as { terraform_version: string }).terraform_version
  const [major, minor] = (found ?? '').split('.').map(Number)
  if (!found) wrong.push('terraform is not on the PATH: install 1.11 or newer')
  else if (major !== 1 || minor! < 11) wrong.push(`terraform ${found} is too old: install 1.11 or newer`)
  if (ask('openssl', ['version']) === undefined) wrong.push('openssl is not on the PATH: install it')
  if (ask('gcloud', ['version']) === undefined)
    return [...wrong, 'gcloud is not on the PATH: install the Google Cloud CLI']
  if (!ask('gcloud', ['auth', 'print-access-token']))
    return [...wrong, 'gcloud has no account: run gcloud auth login']
  if (!ask('gcloud', ['auth', 'application-default', 'print-access-token'])) {
    wrong.push('terraform has no account: run gcloud auth application-default login')
  }
  const number = ask('gcloud', ['projects', 'describe', project, '--format=value(projectNumber)'])
  if (number === undefined)
    wrong.push(`project ${project} is not there or not yours: gcloud projects create ${project}`)
  else if (number !== projectNumber)
    wrong.push(`projectNumber of ${project} is ${number}, not ${projectNumber}`)
  if (
    number !== undefined &&
    ask('gcloud', ['billing', 'projects', 'describe', project, '--format=value(billingEnabled)']) !== 'True'
  ) {
    wrong.push(
      `project ${project} has no billing account: gcloud billing projects link ${project} --billing-account=…`,
    )
  }
  return wrong
}

/** Throws SETTING_INVALID that lists all that is missing, before anything is touched. */
export function checkReady(settings: Settings, ask: Ask = asked): void {
  const wrong = missing(settings, ask)
  if (wrong.length > 0)
    throw new PipelineError('SETTING_INVALID', { missing: wrong.map((each) => `\n  ${each}`).join('') })
}
