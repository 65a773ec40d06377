import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js'
import type { Broker } from './broker.ts'
import type { Chaos } from './chaos.ts'
import { service, type UnaryLogic, unary } from './grpc.ts'
import { page, parseProject } from './names.ts'
import type { Message } from './protos.ts'
import { invalid } from './status.ts'

/** The methods of google.pubsub.v1.Publisher. */
export const publisherDefinition: ServiceDefinition = service('Publisher', {
  CreateTopic: ['Topic', 'Topic'],
  UpdateTopic: ['UpdateTopicRequest', 'Topic'],
  Publish: ['PublishRequest', 'PublishResponse'],
  GetTopic: ['GetTopicRequest', 'Topic'],
  ListTopics: ['ListTopicsRequest', 'ListTopicsResponse'],
  ListTopicSubscriptions: ['ListTopicSubscriptionsRequest', 'ListTopicSubscriptionsResponse'],
  ListTopicSnapshots: ['ListTopicSnapshotsRequest', 'ListTopicSnapshotsResponse'],
  DeleteTopic: ['DeleteTopicRequest', 'Empty'],
  DetachSubscription: ['DetachSubscriptionRequest', 'DetachSubscriptionResponse'],
})

/** The Publisher service on top of a broker. */
export function publisherService(broker: Broker, chaos: Chaos): UntypedServiceImplementation {
  const handle = <Request>(logic: UnaryLogic<Request>) => unary(chaos, logic)
  return {
    CreateTopic: handle((request: Message<'Topic'>) => broker.createTopic(request).resource),
    UpdateTopic: handle((request: Message<'UpdateTopicRequest'>) => {
      if (!request.topic) throw invalid('The topic must be given.')
      return broker.updateTopic(request.topic, request.updateMask?.paths).resource
    }),
    Publish: handle((request: Message<'PublishRequest'>) => ({
      messageIds: broker.publish(request.topic, request.messages),
    })),
    GetTopic: handle((request: Message<'GetTopicRequest'>) => broker.topic(request.topic).resource),
    ListTopics: handle((request: Message<'ListTopicsRequest'>) => {
      const prefix = `projects/${parseProject(request.project)}/`
      const own = [...broker.topics()].filter((topic) => topic.name.startsWith(prefix))
      const { items, nextPageToken } = page(own, ({ name }) => name, request.pageSize, request.pageToken)
      return { topics: items.map((topic) => topic.resource), nextPageToken }
    }),
    ListTopicSubscriptions: handle((request: Message<'ListTopicSubscriptionsRequest'>) => {
      const { subscriptions } = broker.topic(request.topic)
      const { items, nextPageToken } = page(
        subscriptions,
        ({ name }) => name,
        request.pageSize,
        request.pageToken,
      )
      return { subscriptions: items.map(({ name }) => name), nextPageToken }
    }),
    ListTopicSnapshots: handle((request: Message<'ListTopicSnapshotsRequest'>) => {
      const { snapshots } = broker.topic(request.topic)
      const { items, nextPageToken } = page(
        snapshots,
        ({ name }) => name,
        request.pageSize,
        request.pageToken,
      )
      return { snapshots: items.map(({ name }) => name), nextPageToken }
    }),
    DeleteTopic: handle((request: Message<'DeleteTopicRequest'>) => {
      broker.deleteTopic(request.topic)
      return {}
    }),
    DetachSubscription: handle((request: Message<'DetachSubscriptionRequest'>) => {
      broker.detach(request.subscription)
      return {}
    }),
  }
}
