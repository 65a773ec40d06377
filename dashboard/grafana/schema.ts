import type {
  DataQuery,
  FieldConfig,
  Dashboard as GrafanaDashboard,
  Panel as GrafanaPanel,
} from '@grafana/schema'
import type * as barchart from '@grafana/schema/dist/types/raw/composable/barchart/panelcfg/x/BarChartPanelCfg_types.gen.d.ts'
import type * as piechart from '@grafana/schema/dist/types/raw/composable/piechart/panelcfg/x/PieChartPanelCfg_types.gen.d.ts'
import type * as stat from '@grafana/schema/dist/types/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen.d.ts'
import type * as table from '@grafana/schema/dist/types/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen.d.ts'
import type * as timeseries from '@grafana/schema/dist/types/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen.d.ts'

/** A type as JSON has it: in place of an enum its values. */
type Json<T> = T extends string
  ? `${T}`
  : T extends number
    ? `${T}` extends `${infer N extends number}`
      ? N
      : never
    : { [K in keyof T]: Json<T[K]> }

/** Grafana leaves open what belongs to a panel's type; its own schema of that type closes it. */
type PanelOf<Type extends string, Options, Custom> = Omit<
  GrafanaPanel,
  'type' | 'options' | 'fieldConfig' | 'targets'
> & {
  type: Type
  options: Options
  fieldConfig: { defaults: Omit<FieldConfig, 'custom'> & { custom?: Custom }; overrides: never[] }
  /** A data source's own fields are not in Grafana's schema. */
  targets: (DataQuery & Record<string, unknown>)[]
}

type Panel =
  | PanelOf<'stat', stat.Options, never>
  | PanelOf<'timeseries', timeseries.Options, timeseries.FieldConfig>
  | PanelOf<'barchart', barchart.Options, barchart.FieldConfig>
  | PanelOf<'piechart', piechart.Options, piechart.FieldConfig>
  | PanelOf<'table', table.Options, table.FieldConfig>

/** A board's file by Grafana's own schema; schema.test.ts compiles the files against it. */
export type Dashboard = Json<Omit<GrafanaDashboard, 'panels'> & { panels: Panel[] }>
