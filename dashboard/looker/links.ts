import { PipelineError } from '@pipeline/hospital/errors.ts'
import { z } from 'zod'
import { reportDefinitions } from './definitions.ts'
import { buildLink } from './linking.ts'

/** What the links need of a deployed stack. */
export interface StudioTarget {
  project: string
  /** Whose BigQuery jobs the queries of viewers are. */
  billingProject: string
  /** The dataset of marts. */
  dataset: string
  /** Template by the exposure's name, where there is one. */
  templates: Readonly<Record<string, string>>
}

export interface NamedLink {
  name: string
  url: string
}

const linksSchema = z
  .array(z.strictObject({ name: z.string().min(1), url: z.url({ protocol: /^https$/ }) }))
  .max(50)

/** Links that a setting holds as JSON. Throws SETTING_INVALID. */
export function readLinks(json: string): NamedLink[] {
  try {
    return linksSchema.parse(JSON.parse(json))
  } catch (error) {
    throw new PipelineError(
      'SETTING_INVALID',
      { setting: 'LOOKER_LINKS', why: 'is no list of names and https addresses' },
      error,
    )
  }
}

/** One link a report. Throws SETTING_INVALID on a target that can't be, or a template of no report. */
export function studioLinks({ project, billingProject, dataset, templates }: StudioTarget): NamedLink[] {
  const known = reportDefinitions.map(({ exposure }) => exposure)
  const unknown = Object.keys(templates).filter((name) => !known.includes(name))
  if (unknown.length > 0)
    throw new PipelineError('SETTING_INVALID', {
      templates: `${unknown.join(', ')} are no reports`,
      known: known.join(', '),
    })
  return reportDefinitions.map(({ exposure, title, alias, mart }) => {
    const templateId = templates[exposure]
    return {
      name: title,
      url: buildLink({
        ...(templateId === undefined ? {} : { templateId }),
        mode: templateId === undefined ? 'edit' : 'view',
        reportName: title,
        sources: [
          {
            alias,
            name: mart,
            project,
            dataset,
            table: mart,
            billingProject,
            refreshFields: templateId === undefined,
          },
        ],
      }),
    }
  })
}
