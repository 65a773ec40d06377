import type { Backoff } from './backoff.ts'
import { applyMask, type MaskRules } from './field-mask.ts'
import { compileFilter, type Filter } from './filter.ts'
import { FilterError } from './filter-lexer.ts'
import { checkLabels, parseName } from './names.ts'
import { type PushConfig, type Subscription, v1 } from './protos.ts'
import { checkRange, invalid, unimplemented } from './status.ts'
import { day, fromMs, minute, second, toMs } from './time.ts'
import { checkRetention } from './topic-config.ts'

/** A subscription's settings, both as a client sees them and ready for use. */
export interface SubscriptionConfig {
  readonly resource: Subscription
  readonly ackDeadlineMs: number
  readonly retentionMs: number
  readonly retainAcked: boolean
  readonly ordering: boolean
  readonly exactlyOnce: boolean
  readonly filter: Filter | undefined
  readonly backoff: Backoff | undefined
  readonly deadLetter: { topic: string; attempts: number } | undefined
  /** How long it may lie unused; undefined for ever. */
  readonly ttlMs: number | undefined
  readonly push: PushConfig | undefined
}

const rules: MaskRules = {
  request: 'UpdateSubscriptionRequest',
  resource: 'Subscription',
  known: v1.Subscription.prototype,
  mutable: new Set([
    'pushConfig',
    'bigqueryConfig',
    'cloudStorageConfig',
    'bigtableConfig',
    'ackDeadlineSeconds',
    'retainAckedMessages',
    'messageRetentionDuration',
    'labels',
    'expirationPolicy',
    'deadLetterPolicy',
    'retryPolicy',
    'enableExactlyOnceDelivery',
    'messageTransforms',
  ]),
}

/** A subscription as the server keeps it, from what a client sent; refuses what Pub/Sub would. */
export function checkedSubscription(sent: Subscription): SubscriptionConfig {
  refuseUnsupported(sent)
  checkLabels(sent.labels)
  const seconds = sent.ackDeadlineSeconds || 10
  checkRange('ack_deadline_seconds', seconds, 10, 600)
  const retention = toMs(sent.messageRetentionDuration) ?? 7 * day
  checkRetention(retention)
  const ttl = sent.expirationPolicy ? toMs(sent.expirationPolicy.ttl) : 31 * day
  if (ttl !== undefined) checkRange('expiration_policy.ttl', ttl / 1000, day / 1000, Number.MAX_SAFE_INTEGER)
  const backoff = checkedBackoff(sent)
  const deadLetter = checkedDeadLetter(sent)
  const push = checkedPush(sent.pushConfig)
  if (push && sent.enableExactlyOnceDelivery) {
    throw invalid('Exactly-once delivery is not supported for push subscriptions.')
  }
  const resource: Subscription = {
    name: sent.name!,
    topic: sent.topic!,
    pushConfig: push ?? {},
    ackDeadlineSeconds: seconds,
    retainAckedMessages: sent.retainAckedMessages ?? false,
    messageRetentionDuration: fromMs(retention),
    labels: { ...sent.labels },
    enableMessageOrdering: sent.enableMessageOrdering ?? false,
    expirationPolicy: ttl === undefined ? {} : { ttl: fromMs(ttl) },
    filter: sent.filter ?? '',
    deadLetterPolicy: deadLetter
      ? { deadLetterTopic: deadLetter.topic, maxDeliveryAttempts: deadLetter.attempts }
      : null,
    retryPolicy: backoff
      ? { minimumBackoff: fromMs(backoff.minimumMs), maximumBackoff: fromMs(backoff.maximumMs) }
      : null,
    enableExactlyOnceDelivery: sent.enableExactlyOnceDelivery ?? false,
    state: v1.Subscription.State.ACTIVE,
  }
  return {
    resource,
    ackDeadlineMs: seconds * second,
    retentionMs: retention,
    retainAcked: resource.retainAckedMessages === true,
    ordering: resource.enableMessageOrdering === true,
    exactlyOnce: resource.enableExactlyOnceDelivery === true,
    filter: checkedFilter(resource.filter!),
    backoff,
    deadLetter,
    ttlMs: ttl,
    push,
  }
}

/** The settings after an update. */
export function updatedSubscription(
  current: SubscriptionConfig,
  patch: Subscription,
  paths: readonly string[] | null | undefined,
): SubscriptionConfig {
  return checkedSubscription(applyMask(rules, current.resource, patch, paths))
}

/** A push configuration with an endpoint, or undefined for pull. */
export function checkedPush(push: PushConfig | null | undefined): PushConfig | undefined {
  if (!push?.pushEndpoint) {
    if (push?.oidcToken || push?.noWrapper) throw invalid('A push configuration needs a push endpoint.')
    return undefined
  }
  const url = URL.canParse(push.pushEndpoint) ? new URL(push.pushEndpoint) : undefined
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw invalid('Invalid push endpoint given: it must be an http or https URL.')
  }
  if (push.oidcToken && !push.oidcToken.serviceAccountEmail) {
    throw invalid('The OIDC token of a push configuration needs a service account email.')
  }
  return {
    pushEndpoint: push.pushEndpoint,
    attributes: { 'x-goog-version': 'v1', ...push.attributes },
    ...(push.oidcToken && { oidcToken: { ...push.oidcToken } }),
    ...(push.noWrapper
      ? { noWrapper: { ...push.noWrapper } }
      : push.pubsubWrapper && { pubsubWrapper: { ...push.pubsubWrapper } }),
  }
}

function refuseUnsupported(sent: Subscription): void {
  if (sent.bigqueryConfig) throw unimplemented('bigquery_config')
  if (sent.cloudStorageConfig) throw unimplemented('cloud_storage_config')
  if (sent.bigtableConfig) throw unimplemented('bigtable_config')
  if (sent.messageTransforms?.length) throw unimplemented('message_transforms')
}

function checkedBackoff({ retryPolicy }: Subscription): Backoff | undefined {
  if (!retryPolicy) return undefined
  const minimumMs = toMs(retryPolicy.minimumBackoff) ?? 10 * second
  const maximumMs = toMs(retryPolicy.maximumBackoff) ?? 10 * minute
  checkRange('retry_policy.minimum_backoff', minimumMs / 1000, 0, 600)
  checkRange('retry_policy.maximum_backoff', maximumMs / 1000, 0, 600)
  if (minimumMs > maximumMs) throw invalid('The minimum backoff must not be longer than the maximum backoff.')
  return { minimumMs, maximumMs }
}

function checkedDeadLetter({ deadLetterPolicy }: Subscription): SubscriptionConfig['deadLetter'] {
  if (!deadLetterPolicy) return undefined
  const attempts = deadLetterPolicy.maxDeliveryAttempts || 5
  checkRange('dead_letter_policy.max_delivery_attempts', attempts, 5, 100)
  const topic = deadLetterPolicy.deadLetterTopic ?? ''
  parseName('topics', topic)
  return { topic, attempts }
}

function checkedFilter(source: string): Filter | undefined {
  if (source === '') return undefined
  try {
    return compileFilter(source)
  } catch (error) {
    if (!(error instanceof FilterError)) throw error
    throw invalid(`Invalid filter: ${error.message}.`)
  }
}
