import type { BigqueryDataset } from '@cdktf/provider-google/lib/bigquery-dataset/index.js'
import { BigqueryDatasetAccessA } from '@cdktf/provider-google/lib/bigquery-dataset-access/index.js'
import { BigqueryTable } from '@cdktf/provider-google/lib/bigquery-table/index.js'
import { DATASETS } from '@pipeline/functions/manifest-parts.ts'
import { trailSql, trailViews } from '@pipeline/functions/warehouse/bigquery/trail.ts'
import type { Stage } from './stage.ts'

/**
 * Views over the raw dataset without its rows. They read it by themselves, whoever reads them. The dataset is let in as
 * a whole: google_bigquery_dataset_iam_member writes the same list, and kept single views in it only later (hashicorp's
 * provider, issue 11218; magic-modules 11352 and 14208).
 */
export function buildTrail(
  { stack, settings, names, labels }: Stage,
  datasets: ReadonlyMap<string, BigqueryDataset>,
  logs: ReadonlyMap<string, BigqueryTable>,
): void {
  const [raw, trail] = [datasets.get(DATASETS.raw)!, datasets.get(DATASETS.trail)!]
  for (const view of trailViews) {
    new BigqueryTable(stack, `trail-${view.name}`, {
      datasetId: trail.datasetId,
      tableId: view.name,
      description: view.description,
      labels: { layer: DATASETS.trail, ...labels },
      deletionProtection: false,
      view: {
        query: trailSql(view, settings.project, names.dataset(DATASETS.raw)),
        useLegacySql: false,
      },
      dependsOn: [logs.get(view.of)!],
    })
  }
  new BigqueryDatasetAccessA(stack, 'trail-reads-raw', {
    datasetId: raw.datasetId,
    dataset: {
      dataset: { projectId: settings.project, datasetId: trail.datasetId },
      targetTypes: ['VIEWS'],
    },
  })
}
