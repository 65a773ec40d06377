import type { ServerUnaryCall, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js'
import type { Broker } from './broker.ts'
import type { Chaos } from './chaos.ts'
import { service, type UnaryLogic, unary } from './grpc.ts'
import { limits } from './messages.ts'
import { page, parseProject } from './names.ts'
import type { Message } from './protos.ts'
import { pullNow, WaitingPull } from './pull.ts'
import { checkRange, invalid, invalidAckIds } from './status.ts'
import { type PullStream, StreamSession } from './streaming-pull.ts'
import { checkedPush } from './subscription-config.ts'
import { second, toMs } from './time.ts'
import { encodeReceived } from './wire.ts'

/** The methods of google.pubsub.v1.Subscriber. */
export const subscriberDefinition: ServiceDefinition = service('Subscriber', {
  CreateSubscription: ['Subscription', 'Subscription'],
  GetSubscription: ['GetSubscriptionRequest', 'Subscription'],
  UpdateSubscription: ['UpdateSubscriptionRequest', 'Subscription'],
  ListSubscriptions: ['ListSubscriptionsRequest', 'ListSubscriptionsResponse'],
  DeleteSubscription: ['DeleteSubscriptionRequest', 'Empty'],
  ModifyAckDeadline: ['ModifyAckDeadlineRequest', 'Empty'],
  Acknowledge: ['AcknowledgeRequest', 'Empty'],
  Pull: ['PullRequest', 'PullResponse'],
  StreamingPull: ['StreamingPullRequest', 'StreamingPullResponse', true],
  ModifyPushConfig: ['ModifyPushConfigRequest', 'Empty'],
  GetSnapshot: ['GetSnapshotRequest', 'Snapshot'],
  ListSnapshots: ['ListSnapshotsRequest', 'ListSnapshotsResponse'],
  CreateSnapshot: ['CreateSnapshotRequest', 'Snapshot'],
  UpdateSnapshot: ['UpdateSnapshotRequest', 'Snapshot'],
  DeleteSnapshot: ['DeleteSnapshotRequest', 'Empty'],
  Seek: ['SeekRequest', 'SeekResponse'],
})

/** A pull answers before its caller gives up, with this part of the time to spare, at most a second. */
const spare = 0.2

/** The Subscriber service on top of a broker; a pull waits for up to `pullWaitMs`. */
export function subscriberService(
  broker: Broker,
  chaos: Chaos,
  pullWaitMs: number,
): UntypedServiceImplementation {
  const handle = <Request>(logic: UnaryLogic<Request>) => unary(chaos, logic)
  return {
    CreateSubscription: handle((request: Message<'Subscription'>) =>
      broker.createSubscription(request).resource(),
    ),
    GetSubscription: handle((request: Message<'GetSubscriptionRequest'>) =>
      broker.subscription(request.subscription).resource(),
    ),
    UpdateSubscription: handle((request: Message<'UpdateSubscriptionRequest'>) => {
      if (!request.subscription) throw invalid('The subscription must be given.')
      return broker.updateSubscription(request.subscription, request.updateMask?.paths).resource()
    }),
    ListSubscriptions: handle((request: Message<'ListSubscriptionsRequest'>) => {
      const prefix = `projects/${parseProject(request.project)}/`
      const own = [...broker.subscriptions()].filter(({ name }) => name.startsWith(prefix))
      const { items, nextPageToken } = page(own, ({ name }) => name, request.pageSize, request.pageToken)
      return { subscriptions: items.map((item) => item.resource()), nextPageToken }
    }),
    DeleteSubscription: handle((request: Message<'DeleteSubscriptionRequest'>) => {
      broker.deleteSubscription(request.subscription)
      return {}
    }),
    ModifyAckDeadline: handle((request: Message<'ModifyAckDeadlineRequest'>) => {
      const subscription = broker.subscription(request.subscription)
      checkAckIds(request.ackIds)
      checkRange('ack_deadline_seconds', request.ackDeadlineSeconds, 0, 600)
      refuse(subscription.modifyDeadline(request.ackIds, request.ackDeadlineSeconds * second))
      return {}
    }),
    Acknowledge: handle((request: Message<'AcknowledgeRequest'>) => {
      const subscription = broker.subscription(request.subscription)
      checkAckIds(request.ackIds)
      refuse(subscription.acknowledge(request.ackIds))
      return {}
    }),
    Pull: handle((request: Message<'PullRequest'>, call) => pull(broker, chaos, pullWaitMs, request, call)),
    StreamingPull: (call: PullStream) =>
      new StreamSession(call, (name) => broker.subscription(name), chaos) && undefined,
    ModifyPushConfig: handle((request: Message<'ModifyPushConfigRequest'>) => {
      const { name } = broker.subscription(request.subscription)
      checkedPush(request.pushConfig)
      const pushConfig = request.pushConfig ?? {}
      broker.updateSubscription({ name, pushConfig }, ['push_config'])
      return {}
    }),
    GetSnapshot: handle((request: Message<'GetSnapshotRequest'>) =>
      broker.snapshots.get(request.snapshot).resource(),
    ),
    ListSnapshots: handle((request: Message<'ListSnapshotsRequest'>) => {
      const prefix = `projects/${parseProject(request.project)}/`
      const own = [...broker.snapshots.values()].filter(({ name }) => name.startsWith(prefix))
      const { items, nextPageToken } = page(own, ({ name }) => name, request.pageSize, request.pageToken)
      return { snapshots: items.map((item) => item.resource()), nextPageToken }
    }),
    CreateSnapshot: handle((request: Message<'CreateSnapshotRequest'>) =>
      broker.snapshots
        .create(request.name, broker.subscription(request.subscription), request.labels)
        .resource(),
    ),
    UpdateSnapshot: handle((request: Message<'UpdateSnapshotRequest'>) => {
      if (!request.snapshot) throw invalid('The snapshot must be given.')
      return broker.snapshots.update(request.snapshot, request.updateMask?.paths).resource()
    }),
    DeleteSnapshot: handle((request: Message<'DeleteSnapshotRequest'>) => {
      broker.snapshots.delete(request.snapshot)
      return {}
    }),
    Seek: handle((request: Message<'SeekRequest'>) => {
      const subscription = broker.subscription(request.subscription)
      const time = toMs(request.time)
      if (time !== undefined) broker.snapshots.seekToTime(subscription, time)
      else if (request.snapshot) broker.snapshots.seekToSnapshot(subscription, request.snapshot)
      else throw invalid('A seek needs a time or a snapshot.')
      return {}
    }),
  }
}

async function pull(
  broker: Broker,
  chaos: Chaos,
  pullWaitMs: number,
  request: Message<'PullRequest'>,
  call: ServerUnaryCall<Message<'PullRequest'>, object>,
): Promise<object> {
  const subscription = broker.subscription(request.subscription)
  checkRange('max_messages', request.maxMessages, 1, 2 ** 31 - 1)
  subscription.checkPullable()
  subscription.touch()
  const max = Math.min(request.maxMessages, limits.requestMessages)
  const ready = chaos.duplicate(pullNow(subscription, max, chaos.shuffler), max)
  if (ready.length > 0 || request.returnImmediately) return encodeReceived(ready, subscription.ackPrefix)
  const left = Math.max(0, Number(call.getDeadline()) - Date.now())
  const patience = left - Math.min(second, left * spare)
  const waiting = new WaitingPull(subscription, max, Math.min(pullWaitMs, patience))
  call.on('cancelled', () => waiting.cancel())
  return encodeReceived(await waiting.leases, subscription.ackPrefix)
}

function checkAckIds(ackIds: readonly string[]): void {
  if (ackIds.length === 0) throw invalid('No ack ids specified.')
  const bytes = ackIds.reduce((sum, id) => sum + id.length + 2, 0)
  if (bytes > limits.ackRequestBytes) {
    throw invalid(`Request payload size exceeds the limit: ${limits.ackRequestBytes} bytes.`)
  }
}

function refuse(voided: string[]): void {
  if (voided.length > 0) throw invalidAckIds(voided)
}
