import { PipelineError } from '@pipeline/hospital/errors.ts'
import { z } from 'zod'
import { STUDIO } from './product.ts'

const project = z.string().regex(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/)
const name = z.string().min(1).max(200)

/** A table of BigQuery under the alias that the template gives its data source. */
const source = z.strictObject({
  alias: z.string().regex(/^[A-Za-z0-9_]{1,50}$/),
  /** What the data source is called in the new report. */
  name,
  project,
  dataset: z.string().regex(/^[A-Za-z0-9_]{1,1024}$/),
  table: z.string().regex(/^[A-Za-z0-9_]{1,1024}$/),
  /** Whose BigQuery jobs the queries are. */
  billingProject: project,
  /** Read the fields of the table anew in place of those of the template. */
  refreshFields: z.boolean(),
})
export const linkSchema = z
  .strictObject({
    /** The template; without one the report begins blank, with its data sources. */
    templateId: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,100}$/)
      .optional(),
    pageId: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,100}$/)
      .optional(),
    mode: z.enum(['view', 'edit']),
    reportName: name,
    sources: z.array(source).min(1).max(20),
  })
  .refine(({ sources }) => new Set(sources.map(({ alias }) => alias)).size === sources.length, {
    path: ['sources'],
    error: 'an alias stands twice',
  })

export type ReportLink = z.infer<typeof linkSchema>

const PATH = '/reporting/create'

function checked(value: unknown): ReportLink {
  const result = linkSchema.safeParse(value)
  if (result.success) return result.data
  const wrong = result.error.issues.map(({ path, message }) => `${path.join('.') || 'link'}: ${message}`)
  throw new PipelineError('SETTING_INVALID', { settings: wrong.join('; ') })
}

/** The address of the Linking API that opens a report over given tables. Throws SETTING_INVALID. */
export function buildLink(given: ReportLink): string {
  const { templateId, pageId, mode, reportName, sources } = checked(given)
  const parameters: [string, string][] = [
    ...(templateId === undefined ? [] : [['c.reportId', templateId] as [string, string]]),
    ...(pageId === undefined ? [] : [['c.pageId', pageId] as [string, string]]),
    ['c.mode', mode],
    ['r.reportName', reportName],
    ...sources.flatMap((each): [string, string][] => [
      [`ds.${each.alias}.connector`, 'bigQuery'],
      [`ds.${each.alias}.datasourceName`, each.name],
      [`ds.${each.alias}.type`, 'TABLE'],
      [`ds.${each.alias}.projectId`, each.project],
      [`ds.${each.alias}.datasetId`, each.dataset],
      [`ds.${each.alias}.tableId`, each.table],
      [`ds.${each.alias}.billingProjectId`, each.billingProject],
      [`ds.${each.alias}.refreshFields`, String(each.refreshFields)],
    ]),
  ]
  const query = parameters.map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`)
  return `https://${STUDIO.host}${PATH}?${query.join('&')}`
}

/** Reads an address back. Throws SETTING_INVALID for one that `buildLink` would not make. */
export function parseLink(address: string): ReportLink {
  const wrong = (why: string): PipelineError => new PipelineError('SETTING_INVALID', { link: why })
  if (!URL.canParse(address)) throw wrong('is no address')
  const url = new URL(address)
  if (url.protocol !== 'https:' || url.host !== STUDIO.host || url.pathname !== PATH)
    throw wrong(`does not lead to ${STUDIO.name}`)
  const rest = new Map<string, string>()
  for (const [key, value] of url.searchParams) {
    if (rest.has(key)) throw wrong(`has ${key} twice`)
    rest.set(key, value)
  }
  const take = (key: string): string | undefined => {
    const value = rest.get(key)
    rest.delete(key)
    return value
  }
  const aliases = [...new Set([...rest.keys()].flatMap((key) => /^ds\.([^.]+)\./.exec(key)?.[1] ?? []))]
  const [templateId, pageId] = [take('c.reportId'), take('c.pageId')]
  const link = {
    ...(templateId === undefined ? {} : { templateId }),
    ...(pageId === undefined ? {} : { pageId }),
    mode: take('c.mode'),
    reportName: take('r.reportName'),
    sources: aliases.map((alias) => {
      const [connector, type] = [take(`ds.${alias}.connector`), take(`ds.${alias}.type`)]
      if (connector !== 'bigQuery' || type !== 'TABLE') throw wrong(`${alias} is no table of BigQuery`)
      const refresh = take(`ds.${alias}.refreshFields`)
      return {
        alias,
        name: take(`ds.${alias}.datasourceName`),
        project: take(`ds.${alias}.projectId`),
        dataset: take(`ds.${alias}.datasetId`),
        table: take(`ds.${alias}.tableId`),
        billingProject: take(`ds.${alias}.billingProjectId`),
        refreshFields: refresh === 'true' ? true : refresh === 'false' ? false : refresh,
      }
    }),
  }
  if (rest.size > 0) throw wrong(`has ${[...rest.keys()].join(', ')}, which are not known`)
  return checked(link)
}
