import { catalog, findTable } from '@pipeline/hospital/catalog.ts'
import * as p from './parameters.ts'
import { columnsOf, selectOf } from './select.ts'
import { type Template, yaml } from './template.ts'

const tables = p.names
  .refine((names) => names.every((name) => findTable(name)), 'must name tables of the catalog')
  .prefault(catalog.map(({ name }) => name).join(','))

/** Pipelines that carry rows as they are, at volumes past the functions. */
export const movers: readonly Template[] = [
  yaml({
    name: 'changes-to-bigquery',
    streaming: true,
    description: "the relay's stream into the raw log of BigQuery, each change once",
    parameters: {
      subscription: p.subscription,
      lake: p.place,
      dataset: p.dataset,
      dead_letter_topic: p.topic,
      tables,
      keep_days: p.whole(8, 90).default(16),
      streams: p.whole(1, 200).default(2),
      loaded: p.offsetRanges.or(p.nothing).default({}),
    },
  }),
  yaml({
    name: 'changes-to-lake-parquet',
    streaming: true,
    description: "the relay's stream into Parquet of the lake, by table and day",
    parameters: {
      subscription: p.subscription,
      lake: p.place,
      dead_letter_topic: p.topic,
      tables,
      seconds: p.whole(10, 3600).default(300),
      changes: p.whole(100, 1_000_000).default(200_000),
      keep_days: p.whole(8, 90).default(16),
    },
  }),
  yaml({
    name: 'postgres-to-lake',
    streaming: false,
    description: 'one table of PostgreSQL as it is now into Parquet of the lake',
    parameters: {
      jdbc_url: p.jdbcUrl,
      username: p.text,
      connection_properties: p.text.nullable().default(null),
      table: p.text.refine((name) => findTable(name), 'must be a table of the catalog'),
      lake: p.place,
      day: p.day,
      fetch_size: p.whole(1, 1_000_000).default(50_000),
    },
    together: ({ connection_properties: given }) =>
      /password/i.test(String(given ?? ''))
        ? {
            parameter: 'connection_properties',
            fault: 'must not hold a password: jobs show their parameters; sign in by IAM',
          }
        : undefined,
    derived: ({ table }) => ({
      query: selectOf(findTable(String(table))!),
      columns: columnsOf(findTable(String(table))!),
    }),
  }),
]
