/** A text as GoogleSQL quotes it. */
export function literal(text: string): string {
  const escaped = text.replace(/[\\'\n\r]/g, (each) => ({ '\n': '\\n', '\r': '\\r' })[each] ?? `\\${each}`)
  return `'${escaped}'`
}

/** A name as GoogleSQL quotes it; a backtick can't stand in one. */
export function quoted(...path: string[]): string {
  return `\`${path.join('.').replaceAll('`', '')}\``
}

export const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0)
