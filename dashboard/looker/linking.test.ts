import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { reportDefinitions } from './definitions.ts'
import { buildLink, parseLink, type ReportLink } from './linking.ts'
import { readLinks, studioLinks } from './links.ts'
import { STUDIO } from './product.ts'

const link: ReportLink = {
  templateId: '16565de7-3f5d-4a3f-87e9-5ff407dc0324',
  mode: 'view',
  reportName: 'Revenue & more: Ärzte?',
  sources: [
    {
      alias: 'revenue',
      name: 'revenue_by_doctor',
      project: 'my-hospital-project',
      dataset: 'demo_marts',
      table: 'revenue_by_doctor',
      billingProject: 'my-billing-project',
      refreshFields: false,
    },
    {
      alias: 'ds1',
      name: 'Journey = +1',
      project: 'my-hospital-project',
      dataset: 'demo_marts',
      table: 'patient_journey',
      billingProject: 'my-hospital-project',
      refreshFields: true,
    },
  ],
}
const refused = (error: unknown): boolean =>
  error instanceof PipelineError && error.code === 'SETTING_INVALID'

test('an address has the documented parameters and no others', () => {
  const url = new URL(buildLink(link))
  assert.equal(`${url.origin}${url.pathname}`, `https://${STUDIO.host}/reporting/create`)
  assert.deepEqual(Object.fromEntries(url.searchParams), {
    'c.reportId': '16565de7-3f5d-4a3f-87e9-5ff407dc0324',
    'c.mode': 'view',
    'r.reportName': 'Revenue & more: Ärzte?',
    'ds.revenue.connector': 'bigQuery',
    'ds.revenue.datasourceName': 'revenue_by_doctor',
    'ds.revenue.type': 'TABLE',
    'ds.revenue.projectId': 'my-hospital-project',
    'ds.revenue.datasetId': 'demo_marts',
    'ds.revenue.tableId': 'revenue_by_doctor',
    'ds.revenue.billingProjectId': 'my-billing-project',
    'ds.revenue.refreshFields': 'false',
    'ds.ds1.connector': 'bigQuery',
    'ds.ds1.datasourceName': 'Journey = +1',
    'ds.ds1.type': 'TABLE',
    'ds.ds1.projectId': 'my-hospital-project',
    'ds.ds1.datasetId': 'demo_marts',
    'ds.ds1.tableId': 'patient_journey',
    'ds.ds1.billingProjectId': 'my-hospital-project',
    'ds.ds1.refreshFields': 'true',
  })
})

test('an address is read back as it was built', () => {
  assert.deepEqual(parseLink(buildLink(link)), link)
  const { templateId: _, ...blank } = link
  assert.deepEqual(parseLink(buildLink({ ...blank, mode: 'edit' })), { ...blank, mode: 'edit' })
})

test('what is no link of ours is refused, and so is what could not be one', () => {
  const good = buildLink(link)
  for (const bad of [
    'nonsense',
    good.replace(STUDIO.host, 'example.com'),
    good.replace('/reporting/create', '/reporting'),
    `${good}&x=1`,
    `${good}&c.mode=view`,
    good.replace('connector=bigQuery', 'connector=googleSheets'),
    good.replace('refreshFields=false', 'refreshFields=maybe'),
  ]) {
    assert.throws(() => parseLink(bad), refused, bad)
  }
  const [source] = link.sources
  assert.throws(() => buildLink({ ...link, sources: [source!, source!] }), refused, 'an alias twice')
  assert.throws(() => buildLink({ ...link, sources: [{ ...source!, project: 'No Project' }] }), refused)
  assert.throws(() => buildLink({ ...link, sources: [] }), refused)
})

test('a stack has one link a report, with its template where there is one', () => {
  const target = {
    project: 'my-hospital-project',
    billingProject: 'my-hospital-project',
    dataset: 'demo_marts',
    templates: { revenue_by_month_report: 'abc-123' },
  }
  const links = studioLinks(target).map(({ name, url }) => ({ name, link: parseLink(url) }))
  assert.deepEqual(
    links.map(({ name }) => name),
    reportDefinitions.map(({ title }) => title),
  )
  for (const [at, { exposure, mart, alias }] of reportDefinitions.entries()) {
    const { templateId, mode, sources } = links[at]!.link
    assert.equal(templateId, exposure === 'revenue_by_month_report' ? 'abc-123' : undefined)
    assert.equal(mode, templateId === undefined ? 'edit' : 'view')
    assert.deepEqual(
      sources.map((each) => [each.alias, each.dataset, each.table]),
      [[alias, 'demo_marts', mart]],
    )
  }
  assert.throws(() => studioLinks({ ...target, templates: { revenues: 'x' } }), refused)
  assert.deepEqual(readLinks(JSON.stringify(studioLinks(target))), studioLinks(target))
  for (const bad of ['', '{}', '[{"name":"x","url":"javascript:alert(1)"}]'])
    assert.throws(() => readLinks(bad), refused, bad)
})
