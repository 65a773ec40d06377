import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ReportDefinition } from './definition.ts'
import { reportDefinitions } from './definitions.ts'
import { STUDIO } from './product.ts'

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(heads), row(heads.map(() => '---')), ...rows.map(row)].join('\n')

function section({
  exposure,
  title,
  purpose,
  alias,
  mart,
  fields,
  controls,
  charts,
  biEngine,
}: ReportDefinition): string {
  return `## ${title}

${purpose}. Exposure \`${exposure}\`; data source alias \`${alias}\` on \`marts.${mart}\`${biEngine ? '; in BI Engine' : ''}.

Controls: ${controls.join('; ')}.

${table(
  ['field', 'type', 'aggregation', 'formula'],
  fields.map(({ name, type, aggregation, formula }) => [
    name,
    type,
    aggregation,
    formula ? `\`${formula}\`` : '',
  ]),
)}

${table(
  ['chart', 'kind', 'dimensions', 'metrics', 'sort', 'rows'],
  charts.map(({ title: name, kind, dimensions, metrics, sort, rows }) => [
    name,
    kind,
    dimensions.join(', '),
    metrics.join(', '),
    sort,
    rows === undefined ? '' : String(rows),
  ]),
)}
`
}

/** The page that says how to build each report's template again. */
export function definitionsPage(): string {
  return `# Reports in ${STUDIO.name}

Made from \`dashboard/looker/definitions.ts\` by \`node dashboard/looker/write-definitions.ts\`: do not edit.

\`npm run deploy\` prints one address a report, and the page of reports shows them. An address opens a new report over the marts of the environment. Without a template it begins blank with its data source; with one, it has all charts.

To build a template (minutes a report):

1. Open the report's address. Allow BigQuery when asked.
2. Set type and aggregation of each field as below; add the calculated fields (Add a field).
3. Add the controls, then the charts. Data source credentials: viewer's, so that BigQuery's rights hold.
4. Share the template with the reader groups (viewer). Its id stands in its address after \`/reporting/\`.
5. Put the id into \`looker.templates\` of the environment's settings under the exposure's name, and deploy.

Money is exact in BigQuery; show two decimals. Averages are sums divided by sums, never averages of averages.

${reportDefinitions.map(section).join('\n')}`
}

if (import.meta.main) {
  writeFileSync(join(import.meta.dirname, '..', '..', 'docs', 'looker-studio.md'), definitionsPage())
}
