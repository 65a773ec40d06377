import { FilterError, lex, type Token } from './filter-lexer.ts'

export type Attributes = Readonly<Record<string, string>>
export type Filter = (attributes: Attributes) => boolean

/** The longest filter that Pub/Sub accepts, in bytes. */
export const maxFilterBytes = 256

/**
 * Compiles a filter of Pub/Sub's language: `attributes:key`, `attributes.key = "v"`, `!=`,
 * `hasPrefix(attributes.key, "p")`, AND, OR, NOT, `-` and parentheses. AND and OR do not mix without them.
 */
export function compileFilter(source: string): Filter {
  if (Buffer.byteLength(source) > maxFilterBytes) {
    throw new FilterError(`Filter longer than ${maxFilterBytes} bytes`, maxFilterBytes)
  }
  const parser = new Parser(lex(source))
  const filter = parser.expression()
  parser.expectEnd()
  return filter
}

class Parser {
  readonly #tokens: Token[]
  #next = 0

  constructor(tokens: Token[]) {
    this.#tokens = tokens
  }

  expression(): Filter {
    const terms = [this.#term()]
    let operator: string | undefined
    while (this.#peekWord('AND') || this.#peekWord('OR')) {
      const token = this.#take()
      if (operator !== undefined && token.text !== operator) {
        throw new FilterError('AND and OR need parentheses to be combined', token.at)
      }
      operator = token.text
      terms.push(this.#term())
    }
    if (terms.length === 1) return terms[0]!
    return operator === 'AND'
      ? (attributes) => terms.every((term) => term(attributes))
      : (attributes) => terms.some((term) => term(attributes))
  }

  expectEnd(): void {
    const token = this.#take()
    if (token.kind !== 'end') throw new FilterError('Unexpected text', token.at)
  }

  #term(): Filter {
    if (this.#peekWord('NOT') || this.#peekSymbol('-')) {
      this.#take()
      const inner = this.#simple()
      return (attributes) => !inner(attributes)
    }
    return this.#simple()
  }

  #simple(): Filter {
    const token = this.#take()
    if (token.kind === 'symbol' && token.text === '(') {
      const inner = this.expression()
      this.#symbol(')')
      return inner
    }
    if (token.kind === 'word' && token.text === 'hasPrefix') return this.#hasPrefix()
    if (token.kind === 'word' && token.text === 'attributes') return this.#restriction()
    throw new FilterError('Expected attributes, hasPrefix or a parenthesis', token.at)
  }

  #hasPrefix(): Filter {
    this.#symbol('(')
    const start = this.#take()
    if (start.kind !== 'word' || start.text !== 'attributes') {
      throw new FilterError('hasPrefix takes attributes.key and a string', start.at)
    }
    this.#symbol('.')
    const key = this.#key()
    this.#symbol(',')
    const prefix = this.#string()
    this.#symbol(')')
    return (attributes) => attribute(attributes, key)?.startsWith(prefix) ?? false
  }

  #restriction(): Filter {
    const sign = this.#take()
    if (sign.kind === 'symbol' && sign.text === ':') {
      const key = this.#key()
      return (attributes) => Object.hasOwn(attributes, key)
    }
    if (sign.kind !== 'symbol' || sign.text !== '.') {
      throw new FilterError('Expected : or . after attributes', sign.at)
    }
    const key = this.#key()
    const operator = this.#take()
    if (operator.kind !== 'symbol' || (operator.text !== '=' && operator.text !== '!=')) {
      throw new FilterError('Expected = or !=', operator.at)
    }
    const value = this.#string()
    return operator.text === '='
      ? (attributes) => attribute(attributes, key) === value
      : (attributes) => attribute(attributes, key) !== value
  }

  #key(): string {
    const token = this.#take()
    const keyword = token.kind === 'word' && ['AND', 'OR', 'NOT'].includes(token.text)
    if ((token.kind !== 'word' && token.kind !== 'string') || keyword || token.text === '') {
      throw new FilterError('Expected the key of an attribute', token.at)
    }
    return token.text
  }

  #string(): string {
    const token = this.#take()
    if (token.kind !== 'string') throw new FilterError('Expected a string in double quotes', token.at)
    return token.text
  }

  #symbol(text: string): void {
    const token = this.#take()
    if (token.kind !== 'symbol' || token.text !== text) throw new FilterError(`Expected ${text}`, token.at)
  }

  #peekWord(text: string): boolean {
    const token = this.#tokens[this.#next]!
    return token.kind === 'word' && token.text === text
  }

  #peekSymbol(text: string): boolean {
    const token = this.#tokens[this.#next]!
    return token.kind === 'symbol' && token.text === text
  }

  #take(): Token {
    const token = this.#tokens[this.#next]!
    if (token.kind !== 'end') this.#next++
    return token
  }
}

function attribute(attributes: Attributes, key: string): string | undefined {
  return Object.hasOwn(attributes, key) ? attributes[key] : undefined
}
