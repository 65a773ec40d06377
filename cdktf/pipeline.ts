import { DATASETS, type FunctionEntry } from '@pipeline/functions/manifest-parts.ts'
import { accessOf, grant, grantSecret, logUsers, type Resources } from './access.ts'
import type { Archive } from './archives/archive.ts'
import { buildCi } from './ci.ts'
import { buildDatabase } from './database.ts'
import { buildDataflow } from './dataflow.ts'
import { letServicesEncrypt } from './encryption.ts'
import { environmentOf } from './environment.ts'
import { buildFunction } from './functions.ts'
import { buildAccounts, buildImages, letPubsubSign } from './identity.ts'
import { buildAlerts } from './interaction-alerts.ts'
import { buildBuckets } from './lake.ts'
import { buildPush, buildTopics, letPubsubForward } from './messaging.ts'
import { buildNetwork } from './network.ts'
import { buildPage, buildReportMemory } from './page.ts'
import { buildPrivacy } from './privacy.ts'
import { buildSchedule } from './scheduler.ts'
import type { Stage } from './stage.ts'
import { buildTrail } from './trail.ts'
import { grantVm } from './vm/rights.ts'
import { buildVm } from './vm/vm.ts'
import type { VmArchive } from './vm/vm-archive.ts'
import { waitFor } from './wait-for.ts'
import { buildDatasets, buildTables } from './warehouse.ts'
import { buildWatching } from './watching/watching.ts'

export interface Archives {
  vm: VmArchive
  functions: ReadonlyMap<string, Archive>
}

/** Everything but the foundation, from the manifest and the catalog. */
export function buildPipeline(stage: Stage, entries: readonly FunctionEntry[], archives: Archives): void {
  const { names } = stage
  const encrypting = letServicesEncrypt(stage)
  const accounts = buildAccounts(stage, entries)
  const buckets = buildBuckets(stage)
  const topics = buildTopics(stage)
  const datasets = buildDatasets(stage)
  for (const each of [buckets.lake, buckets.code, buckets.temp, ...topics.values(), ...datasets.values()]) {
    waitFor(each, encrypting)
  }
  const { users, readers } = logUsers(entries, DATASETS.raw)
  const followers = logUsers(entries, DATASETS.trail).readers
  const tags = buildPrivacy(stage, readers, followers)
  buildTrail(stage, datasets, buildTables(stage, datasets, tags, [...users, ...followers]))
  buildReportMemory(stage)
  const resources: Resources = { buckets, topics, datasets }
  const network = buildNetwork(stage)
  buildDatabase(stage, network, encrypting)
  const images = buildImages(stage, buckets)
  waitFor(images.repository, encrypting)
  letPubsubSign(stage, accounts.get('push')!)
  letPubsubForward(stage, entries, topics)
  buildVm(stage, network, {
    archive: archives.vm,
    code: buckets.code,
    dependsOn: [...grantVm(stage, resources), ...encrypting],
  })
  buildDataflow(stage, resources)
  buildAlerts(stage, resources)
  const functions = entries.map((entry) => {
    const rights = accessOf(stage, entry).map((access) => grant(stage, entry.name, access, resources))
    if (environmentOf(stage, entry, tags).trustsVm) rights.push(grantSecret(stage, entry.name, 'private-ca'))
    const { kind } = entry.trigger
    const { cloudFunction, mayInvoke, uri } = buildFunction(stage, entry, {
      code: buckets.code,
      archive: archives.functions.get(entry.name)!,
      tags,
      connector: network.connector.id,
      repository: images.repository.id,
      buildAccount: accounts.get('build')!.email,
      // A replay on the VM has a loader look again at what it gave up.
      callers: [...(kind === 'page' ? [] : [kind]), ...(entry.name.startsWith('load-') ? ['vm'] : [])],
      rights: [...rights, ...images.rights],
    })
    const dependsOn = mayInvoke as never
    buildPush(stage, entry, topics, { uri, pushAccount: names.accountEmail('push'), mayInvoke: dependsOn })
    buildSchedule(stage, entry, { uri, account: names.accountEmail('schedule'), mayInvoke: dependsOn })
    if (kind === 'page') buildPage(stage, cloudFunction)
    return cloudFunction
  })
  buildCi(stage, { functions, entries, code: buckets.code })
  buildWatching(stage, entries)
}
