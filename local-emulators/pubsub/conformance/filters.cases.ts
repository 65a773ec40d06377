import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { status } from '@grpc/grpc-js'
import { type Bench, type Case, conforms, fails, sleep, texts } from './harness.ts'

const sent: Record<string, Record<string, string>> = {
  none: {},
  com: { domain: 'com' },
  org: { domain: 'org', lang: 'en' },
  tag: { 'iana.org/language_tag': 'en' },
}

const filters: Record<string, string[]> = {
  'attributes:domain': ['com', 'org'],
  'NOT attributes:domain': ['none', 'tag'],
  '-attributes:domain': ['none', 'tag'],
  'attributes.domain = "com"': ['com'],
  'attributes.domain != "com"': ['none', 'org', 'tag'],
  'hasPrefix(attributes.domain, "o")': ['org'],
  'attributes:"iana.org/language_tag"': ['tag'],
  'attributes:domain AND attributes.lang = "en"': ['org'],
  'attributes.domain = "com" OR attributes:"iana.org/language_tag"': ['com', 'tag'],
  '(attributes.domain = "com" OR attributes.domain = "org") AND NOT attributes:lang': ['com'],
}

const broken = [
  'attributes:a AND attributes:b OR attributes:c',
  'attributes.a = b',
  'attributes',
  'attributes:a AND',
  '(attributes:a',
  'hasSuffix(attributes.a, "x")',
  'data = "x"',
  `attributes.a = "${'x'.repeat(256)}"`,
]

/** Filters on attributes. */
export function filterCases(bench: () => Bench): void {
  const test = (name: string, run: (c: Case) => Promise<void>, ours?: string): void =>
    conforms(bench, name, run, ours)

  describe('filters', { concurrency: 8 }, () => {
    for (const [filter, expected] of Object.entries(filters)) {
      test(`${filter} lets ${expected.join(' and ')} through`, async (c) => {
        const { topic, subscription } = await c.pair({ filter })
        const messages = Object.entries(sent).map(([text, attributes]) => ({
          data: Buffer.from(text),
          attributes,
        }))
        await c.publish(topic, messages)
        assert.deepEqual(texts(await c.pull(subscription, expected.length)).sort(), expected)
        await sleep(100)
        assert.deepEqual(await c.pullNow(subscription), [])
      })
    }

    for (const filter of broken) {
      test(
        `${filter.slice(0, 50)} is INVALID_ARGUMENT`,
        async (c) => {
          const request = { name: c.name('subscriptions'), topic: await c.topic(), filter }
          await fails(status.INVALID_ARGUMENT, c.subscriber.createSubscription(request), /filter/i)
        },
        'it checks filters less strictly',
      )
    }

    test(
      'what does not match counts as acknowledged',
      async (c) => {
        const { topic, subscription } = await c.pair({ filter: 'attributes:wanted' })
        await c.publish(topic, ['a', 'b', 'c'])
        const { backlog, filtered, published } = await c.stats(subscription)
        assert.deepEqual({ backlog, filtered, published }, { backlog: 0, filtered: 3, published: 0 })
      },
      'statistics',
    )
  })
}
