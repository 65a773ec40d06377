/** Where the text after the string that opens at `at` goes on. */
function afterString(line: string, at: number): number {
  for (let from = at + 1; ; ) {
    const quote = line.indexOf('"', from)
    let slashes = 0
    while (line.charCodeAt(quote - 1 - slashes) === 92) slashes++
    if (slashes % 2 === 0) return quote + 1
    from = quote + 1
  }
}

function afterBrackets(line: string, at: number): number {
  const mark = /["{}[\]]/g
  mark.lastIndex = at
  let depth = 0
  for (let found = mark.exec(line); found !== null; found = mark.exec(line)) {
    const sign = found[0]
    if (sign === '"') mark.lastIndex = afterString(line, found.index)
    else if (sign === '{' || sign === '[') depth++
    else if (--depth === 0) return found.index + 1
  }
  throw new SyntaxError('not JSON')
}

/**
 * The text of each member of a JSON object, to the letter: numbers keep digits that JSON.parse would round away.
 * The line must be valid JSON already; of a name that comes twice the last counts, as with JSON.parse.
 */
export function memberTexts(line: string): Map<string, string> {
  const members = new Map<string, string>()
  const mark = /["}]/g
  const separator = /[^\s:]/g
  const scalarEnd = /[\s,}]/g
  let at = line.indexOf('{') + 1
  for (;;) {
    mark.lastIndex = at
    const open = mark.exec(line)
    if (open === null || open[0] === '}') return members
    const nameEnd = afterString(line, open.index)
    const name = JSON.parse(line.slice(open.index, nameEnd)) as string
    separator.lastIndex = nameEnd
    const start = separator.exec(line)!.index
    const first = line[start]
    if (first === '"') at = afterString(line, start)
    else if (first === '{' || first === '[') at = afterBrackets(line, start)
    else {
      scalarEnd.lastIndex = start
      at = scalarEnd.exec(line)!.index
    }
    members.set(name, line.slice(start, at))
  }
}

type Raw = { rawJSON: string }
const rawJson = (text: string): Raw => (JSON as unknown as { rawJSON(text: string): Raw }).rawJSON(text)

/**
 * The key as one text to cluster and join by, as `rowKey` in the hospital room makes it, but from the key's own JSON
 * text, so that an integer beyond 2^53 keeps every digit.
 */
export function rowKeyOfText(keyText: string, columns: readonly string[]): string {
  const key = JSON.parse(keyText, ((_name: string, value: unknown, context?: { source?: string }) => {
    const exact = typeof value !== 'number' || Number.isSafeInteger(value) || context?.source === undefined
    return exact ? value : rawJson(context.source!)
  }) as (name: string, value: unknown) => unknown) as Record<string, unknown>
  if (columns.length !== 1) return JSON.stringify(columns.map((name) => key[name]))
  const value = key[columns[0]!]
  return typeof value === 'object' && value !== null ? (value as Raw).rawJSON : String(value)
}
