/** What a viewer of a board has chosen. */
export interface Choice {
  from: string
  to: string
  variables: Record<string, readonly string[]>
}

/**
 * A panel's SQL as Grafana sends it: variables as quoted lists, then the macros of the ClickHouse plugin that our boards
 * use. Throws on any other macro, so that none is left out of the tests.
 */
export function expand(sql: string, { from, to, variables }: Choice): string {
  const text = sql
    .replace(/\$\{(\w+):singlequote\}/g, (_, name: string) => {
      const values = variables[name]
      if (!values) throw new Error(`the board has no variable ${name}`)
      return values.map((value) => `'${value.replaceAll("'", "\\'")}'`).join(',')
    })
    .replace(
      /\$__dateFilter\(([^)]+)\)/g,
      (_, column: string) =>
        `${column} >= toDate('${from.slice(0, 10)}') AND ${column} <= toDate('${to.slice(0, 10)}')`,
    )
    .replace(/\$__timeFilter\(([^)]+)\)/g, (_, column: string) => {
      const seconds = (iso: string): number => Math.floor(Date.parse(iso) / 1000)
      return `${column} >= toDateTime(${seconds(from)}) AND ${column} <= toDateTime(${seconds(to)})`
    })
  const left = /\$__\w+|\$\{/.exec(text)
  if (left) throw new Error(`${left[0]} is not known here`)
  return text
}
