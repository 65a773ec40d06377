import type { google } from '@google-cloud/pubsub/build/protos/protos.js'
import protos from '@google-cloud/pubsub/build/protos/protos.js'

/** The message classes that Google generated for the official client. */
export const v1 = protos.google.pubsub.v1
/** `google.protobuf.Empty`. */
export const Empty = protos.google.protobuf.Empty

export type Topic = google.pubsub.v1.ITopic
export type Subscription = google.pubsub.v1.ISubscription
export type Snapshot = google.pubsub.v1.ISnapshot
export type PubsubMessage = google.pubsub.v1.IPubsubMessage
export type PushConfig = google.pubsub.v1.IPushConfig
export type StreamingPullRequest = google.pubsub.v1.IStreamingPullRequest
export type Duration = google.protobuf.IDuration
export type Timestamp = google.protobuf.ITimestamp

/** What decoding a message of that name gives. */
export type Message<Name extends keyof typeof v1> = (typeof v1)[Name] extends abstract new (
  ...args: never
) => infer Decoded
  ? Decoded
  : never
