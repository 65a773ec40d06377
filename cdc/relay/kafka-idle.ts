import RequestQueue from 'kafkajs/src/network/requestQueue/index.js'

const CHECK_MS = 10

/**
 * kafkajs 2.2.4 looks for requests that wait once a millisecond at each connection, for ever and also when there are
 * none, because it reckons the time of the next look from a throttle that never was. An idle client so takes some
 * percent of a processor. Here it looks only while something waits or the broker throttles.
 */
export function lookOnlyWhileSomethingWaits(): void {
  RequestQueue.prototype.scheduleCheckPendingRequests = function schedule(): void {
    const throttledMs = this.throttledUntil - Date.now()
    if (this.throttleCheckTimeoutId !== null || (throttledMs <= 0 && this.pending.length === 0)) return
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null
        this.checkPendingRequests()
      },
      throttledMs > 0 ? throttledMs : CHECK_MS,
    )
  }
}
