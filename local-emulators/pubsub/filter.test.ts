import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compileFilter } from './filter.ts'
import { FilterError } from './filter-lexer.ts'

const message = { domain: 'com', 'a-b': '1', 'x/y': 'en', quote: 'say "hi"\n', みんな: 'é', '': 'never' }

const results: [string, boolean][] = [
  ['attributes:domain', true],
  ['attributes:missing', false],
  ['attributes:"x/y"', true],
  ['attributes:a-b', true],
  ['attributes:"\\u307F\\u3093\\u306A"', true],
  ['attributes:toString', false],
  ['attributes:__proto__', false],
  ['attributes.constructor != "x"', true],
  ['attributes.domain="com"', true],
  ['attributes.domain = "COM"', false],
  ['attributes.domain != "com"', false],
  ['attributes.missing != "com"', true],
  ['attributes.missing = ""', false],
  ['attributes.quote = "say \\"hi\\"\\n"', true],
  ['attributes."みんな" = "\\xe9"', true],
  ['attributes."みんな" = "\\351"', true],
  ['hasPrefix(attributes.domain, "co")', true],
  ['hasPrefix(attributes.domain, "com.")', false],
  ['hasPrefix(attributes.missing, "")', false],
  ['NOT attributes:missing', true],
  ['-attributes:domain', false],
  ['NOT (attributes:missing OR attributes:domain)', false],
  ['attributes:domain AND NOT attributes:missing', true],
  ['attributes:missing OR -attributes:missing', true],
  ['NOT attributes:missing AND attributes:missing', false],
  ['(attributes:missing AND attributes:domain) OR attributes:a-b', true],
  ['attributes:missing AND (attributes:domain OR attributes:a-b)', false],
  ['attributes:domain AND attributes:a-b AND attributes:missing', false],
  ['  attributes  :  domain  ', true],
]

const broken: [string, RegExp][] = [
  ['attributes:a AND attributes:b OR attributes:c', /parentheses/],
  ['attributes:a OR attributes:b AND attributes:c', /parentheses/],
  ['attributes:a attributes:b', /Unexpected text/],
  ['attributes:a and attributes:b', /Unexpected text/],
  ['attributes.a = b', /string/],
  ["attributes.a = 'b'", /Unexpected character/],
  ['attributes.a > "b"', /Unexpected character/],
  ['attributes.a : "b"', /Expected = or !=/],
  ['attributes.a = "b', /without an end/],
  ['attributes.a = "\\q"', /escape/],
  ['attributes.a = "\\U00110000"', /character/],
  ['attributes:AND', /key/],
  ['attributes:""', /key/],
  ['labels:a', /Expected attributes/],
  ['hasPrefix(a, "b")', /hasPrefix/],
  ['hasPrefix(attributes.a)', /Expected ,/],
  ['(attributes:a', /Expected \)/],
  ['attributes:a)', /Unexpected text/],
  ['NOT NOT attributes:a', /Expected attributes/],
  ['NOT', /Expected attributes/],
  [' ', /Expected attributes/],
  [`attributes:${'x'.repeat(246)}`, /256 bytes/],
]

describe('filter', () => {
  for (const [filter, expected] of results) {
    it(`${filter} is ${expected}`, () => assert.equal(compileFilter(filter)(message), expected))
  }
  for (const [filter, text] of broken) {
    it(`${filter.slice(0, 60)} is refused`, () => {
      assert.throws(
        () => compileFilter(filter),
        (error) => error instanceof FilterError && text.test(error.message),
      )
    })
  }
  it('a filter of 256 bytes is accepted, counted in bytes', () => {
    assert.equal(compileFilter(`attributes:${'x'.repeat(245)}`)({}), false)
    assert.throws(() => compileFilter(`attributes:"${'é'.repeat(122)}"`), FilterError)
  })
})
