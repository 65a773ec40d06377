import { after, before, describe } from 'node:test'
import { deadLetterCases } from './dead-letters.cases.ts'
import { exactlyOnceCases } from './exactly-once.cases.ts'
import { filterCases } from './filters.cases.ts'
import { Bench } from './harness.ts'
import { orderingCases } from './ordering.cases.ts'
import { publishCases } from './publish.cases.ts'
import { pullCases } from './pull.cases.ts'
import { pushCases } from './push.cases.ts'
import { pushPaceCases } from './push-pace.cases.ts'
import { retryCases } from './retry.cases.ts'
import { seekCases } from './seek.cases.ts'
import { streamingCases } from './streaming.cases.ts'
import { streamingErrorCases } from './streaming-errors.cases.ts'
import { subscriptionCases } from './subscriptions.cases.ts'
import { topicCases } from './topics.cases.ts'

describe('Pub/Sub conformance', { concurrency: true }, () => {
  let bench: Bench | undefined
  const current = (): Bench => bench!

  before(async () => {
    bench = await Bench.start()
  })
  after(async () => {
    await bench?.stop()
  })

  for (const cases of [
    topicCases,
    publishCases,
    subscriptionCases,
    pullCases,
    streamingCases,
    streamingErrorCases,
    exactlyOnceCases,
    filterCases,
    retryCases,
    deadLetterCases,
    orderingCases,
    seekCases,
    pushCases,
    pushPaceCases,
  ]) {
    cases(current)
  }
})
