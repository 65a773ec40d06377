import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TOPICS } from '@pipeline/functions/manifest-parts.ts'
import { topicOf } from './topic-of.ts'

test('what a function or a pipeline gave up goes back to the topic that it came from', () => {
  assert.equal(topicOf('lake-sink'), TOPICS.changes)
  assert.equal(topicOf('oltp-sink'), TOPICS.events)
  assert.equal(topicOf('alert-sink'), TOPICS.alerts)
  assert.equal(topicOf('interaction-alerts'), TOPICS.changes)
  assert.equal(topicOf('load-facts'), undefined)
  assert.equal(topicOf('somebody'), undefined)
})
