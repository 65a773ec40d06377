declare module 'kafkajs/src/network/requestQueue/index.js' {
  /** What waits at a connection; of kafkajs' own, without types of theirs. */
  export default class RequestQueue {
    pending: unknown[]
    throttledUntil: number
    throttleCheckTimeoutId: NodeJS.Timeout | null
    checkPendingRequests(): void
    scheduleCheckPendingRequests(): void
  }
}
