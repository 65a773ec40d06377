import { PipelineError } from '@pipeline/hospital/errors.ts'
import { googleTemplates } from './google.ts'
import { pipelines } from './pipelines.ts'
import type { Template } from './template.ts'

/** Every template that can be launched, each once. */
export const templates: readonly Template[] = [...pipelines, ...googleTemplates]

/** Throws JOB_INVALID, with the names that there are. */
export function templateNamed(name: string): Template {
  const found = templates.find((template) => template.name === name)
  if (!found) {
    const known = templates.map((template) => template.name).join(', ')
    throw new PipelineError('JOB_INVALID', { template: 'is none of ours', known })
  }
  return found
}

/** A name as a message may show it: what a person typed could be anything. */
const shown = (name: string): string => (/^[A-Za-z][A-Za-z0-9_]{0,60}$/.test(name) ? name : '?')

/**
 * Checks parameters, all text, before anything is launched, and gives them as the template wants them, defaults
 * filled in. Throws JOB_INVALID that names each wrong parameter and what is wrong, and no value.
 */
export function checkParameters(
  template: Template,
  given: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const faults: string[] = []
  const values: Record<string, unknown> = {}
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(template.parameters, name)) faults.push(`${shown(name)} is no parameter of it`)
  }
  for (const [name, schema] of Object.entries(template.parameters)) {
    const value = given[name]
    const result = schema.safeParse(value)
    if (result.success) values[name] = result.data
    else faults.push(`${name} ${value === undefined ? 'is missing' : result.error.issues[0]!.message}`)
  }
  if (faults.length === 0) {
    const together = template.together?.(values)
    if (together) faults.push(`${together.parameter} ${together.fault}`)
  }
  if (faults.length > 0)
    throw new PipelineError('JOB_INVALID', { template: template.name, parameters: faults.join('; ') })
  return { ...values, ...template.derived?.(values) }
}
