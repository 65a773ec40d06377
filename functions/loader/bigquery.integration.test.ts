import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach } from 'node:test'
import { type BigqueryEmulator, startBigquery } from '../testing/bqemulator.ts'
import { type FakeGcs, startFakeGcs } from '../testing/fake-gcs.ts'
import { type LoadingOf, newBigqueryLoading } from '../testing/loading.ts'
import { brokenCases } from './broken.cases.ts'
import { loadingCases } from './loading.cases.ts'

let gcs: FakeGcs
let emulator: BigqueryEmulator
let it: LoadingOf

before(async () => {
  gcs = await startFakeGcs()
  emulator = await startBigquery()
})
beforeEach(async () => {
  it = await newBigqueryLoading(await gcs.newBucket(), emulator)
})
afterEach(async () => {
  assert.deepEqual(await it.leftovers(), [])
  await it.remove()
})
after(async () => {
  await gcs.stop()
  await emulator?.stop()
})

loadingCases(() => it)
brokenCases(() => it)
