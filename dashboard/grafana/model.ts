import { type Board, DATA_SOURCES, type Panel, type Query, type Variable } from './panels.ts'

/** The schema of dashboards that this JSON is of. */
const SCHEMA_VERSION = 41
const CLICKHOUSE_PLUGIN = '4.10.2'
const COLUMNS = 24

function target(query: Query, index: number, panel: Panel): object {
  const refId = String.fromCharCode('A'.charCodeAt(0) + index)
  if (query.store === 'prometheus') {
    return {
      refId,
      datasource: DATA_SOURCES.prometheus,
      editorMode: 'code',
      expr: query.expr,
      legendFormat: query.legend,
      instant: query.instant === true,
      range: query.instant !== true,
    }
  }
  const series = panel.type === 'timeseries'
  return {
    refId,
    datasource: DATA_SOURCES.clickhouse,
    editorType: 'sql',
    pluginVersion: CLICKHOUSE_PLUGIN,
    queryType: series ? 'timeseries' : 'table',
    // The plugin's own numbers: 0 is a series, 1 a table.
    format: series ? 0 : 1,
    rawSql: query.sql,
  }
}

/** Each panel type's own options, all that Grafana's schema asks for. */
function options({ type, horizontal }: Panel): object {
  const legend = { displayMode: 'list', placement: 'bottom', showLegend: true, calcs: [] }
  const reduceOptions = { calcs: ['lastNotNull'], fields: '', values: false }
  switch (type) {
    case 'stat':
      return {
        colorMode: 'value',
        graphMode: 'none',
        justifyMode: 'auto',
        textMode: 'auto',
        orientation: 'auto',
        wideLayout: true,
        showPercentChange: false,
        percentChangeColorMode: 'standard',
        reduceOptions,
      }
    case 'timeseries':
      return { legend, tooltip: { mode: 'multi', sort: 'desc' } }
    case 'barchart':
      return {
        orientation: horizontal ? 'horizontal' : 'vertical',
        xTickLabelRotation: 0,
        xTickLabelMaxLength: 0,
        barWidth: 0.9,
        groupWidth: 0.7,
        fullHighlight: false,
        showValue: 'auto',
        stacking: 'none',
        legend: { ...legend, showLegend: false },
        tooltip: { mode: 'single', sort: 'none' },
      }
    case 'piechart':
      // Every row is a slice, named by the text beside its number.
      return {
        pieType: 'donut',
        orientation: 'auto',
        displayLabels: [],
        legend: { ...legend, placement: 'right', values: ['value', 'percent'], displayMode: 'table' },
        reduceOptions: { ...reduceOptions, values: true },
        tooltip: { mode: 'single', sort: 'none' },
      }
    case 'table':
      return { showHeader: true, cellHeight: 'sm', frameIndex: 0 }
  }
}

function fields({ type, unit, thresholds }: Panel): object {
  const steps = thresholds
    ? [
        { color: 'green', value: null },
        ...(thresholds.yellow < thresholds.red ? [{ color: 'yellow', value: thresholds.yellow }] : []),
        { color: 'red', value: thresholds.red },
      ]
    : [{ color: 'blue', value: null }]
  const color = type === 'stat' ? { mode: 'thresholds' } : { mode: 'palette-classic' }
  return { defaults: { unit, color, thresholds: { mode: 'absolute', steps } }, overrides: [] }
}

/** Panels from left to right, a new row where one is full. */
function place(panels: readonly Panel[]): object[] {
  let [x, y, tallest] = [0, 0, 0]
  return panels.map((panel, index) => {
    if (x + panel.width > COLUMNS) {
      y += tallest
      x = 0
      tallest = 0
    }
    const gridPos = { x, y, w: panel.width, h: panel.height }
    x += panel.width
    tallest = Math.max(tallest, panel.height)
    return {
      id: index + 1,
      type: panel.type,
      title: panel.title,
      description: panel.description,
      datasource: panel.queries.every(({ store }) => store === 'prometheus')
        ? DATA_SOURCES.prometheus
        : DATA_SOURCES.clickhouse,
      gridPos,
      fieldConfig: fields(panel),
      options: options(panel),
      targets: panel.queries.map((query, at) => target(query, at, panel)),
    }
  })
}

function variable({ name, label, sql }: Variable): object {
  return {
    type: 'query',
    name,
    label,
    datasource: DATA_SOURCES.clickhouse,
    query: sql,
    // When the time range changes, too.
    refresh: 2,
    sort: 0,
    multi: true,
    includeAll: true,
    current: { selected: true, text: ['All'], value: ['$__all'] },
    options: [],
    regex: '',
    hide: 0,
    skipUrlSync: false,
  }
}

/** A board as the JSON that Grafana's provisioning reads. */
export function boardJson(board: Board): object {
  return {
    uid: board.uid,
    title: board.title,
    description: board.description,
    tags: board.tags,
    schemaVersion: SCHEMA_VERSION,
    version: 1,
    editable: false,
    graphTooltip: 1,
    fiscalYearStartMonth: 0,
    timezone: 'utc',
    time: { from: board.from, to: 'now' },
    timepicker: { refresh_intervals: ['5s', '10s', '30s', '1m', '5m'] },
    refresh: board.refresh,
    annotations: { list: [] },
    links: [],
    templating: { list: board.variables.map(variable) },
    panels: place(board.panels),
  }
}
