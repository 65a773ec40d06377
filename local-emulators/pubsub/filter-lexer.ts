export type TokenKind = 'word' | 'string' | 'symbol' | 'end'

export interface Token {
  kind: TokenKind
  text: string
  at: number
}

/** A filter that does not follow the language; `at` is the place, counted from 0. */
export class FilterError extends Error {
  readonly at: number

  constructor(message: string, at: number) {
    super(`${message} at position ${at}`)
    this.name = 'FilterError'
    this.at = at
  }
}

const symbol = /(?:!=|[().,:=-])/y
const word = /[A-Za-z0-9_][A-Za-z0-9_-]*/y
const space = /\s+/y
const escapes =
  /\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|[xX]([0-9A-Fa-f]{2})|([0-3][0-7]{2})|([abfnrtv\\'"`?]))/y
const controls: Record<string, string> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}

/** Splits a filter into tokens, the last of them of kind `end`. */
export function lex(source: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    return pattern.exec(source)
  }
  while (at < source.length) {
    const blank = match(space)
    if (blank) {
      at += blank[0].length
      continue
    }
    if (source[at] === '"') {
      const { text, end } = readString(source, at)
      tokens.push({ kind: 'string', text, at })
      at = end
      continue
    }
    const found = match(word)
    const sign = found ? null : match(symbol)
    const text = found?.[0] ?? sign?.[0]
    if (text === undefined) throw new FilterError('Unexpected character', at)
    tokens.push({ kind: found ? 'word' : 'symbol', text, at })
    at += text.length
  }
  tokens.push({ kind: 'end', text: '', at })
  return tokens
}

function readString(source: string, start: number): { text: string; end: number } {
  let text = ''
  let at = start + 1
  while (at < source.length) {
    const char = source[at]!
    if (char === '"') return { text, end: at + 1 }
    if (char !== '\\') {
      text += char
      at++
      continue
    }
    escapes.lastIndex = at
    const found = escapes.exec(source)
    if (!found) throw new FilterError('Unknown escape sequence', at)
    const [all, short, long, hex, octal, control] = found
    const code = short ?? long ?? hex
    if (code !== undefined && Number.parseInt(code, 16) > 0x10ffff) {
      throw new FilterError('No such character', at)
    }
    if (code !== undefined) text += String.fromCodePoint(Number.parseInt(code, 16))
    else if (octal !== undefined) text += String.fromCodePoint(Number.parseInt(octal, 8))
    else text += controls[control!] ?? control
    at += all.length
  }
  throw new FilterError('String without an end', start)
}
