import { ComputeAddress } from '@cdktf/provider-google/lib/compute-address/index.js'
import { ComputeDisk } from '@cdktf/provider-google/lib/compute-disk/index.js'
import { ComputeDiskResourcePolicyAttachment } from '@cdktf/provider-google/lib/compute-disk-resource-policy-attachment/index.js'
import { ComputeHealthCheck } from '@cdktf/provider-google/lib/compute-health-check/index.js'
import { ComputeInstanceGroupManager } from '@cdktf/provider-google/lib/compute-instance-group-manager/index.js'
import { ComputeInstanceTemplate } from '@cdktf/provider-google/lib/compute-instance-template/index.js'
import { ComputeResourcePolicy } from '@cdktf/provider-google/lib/compute-resource-policy/index.js'
import { DnsRecordSet } from '@cdktf/provider-google/lib/dns-record-set/index.js'
import type { StorageBucket } from '@cdktf/provider-google/lib/storage-bucket/index.js'
import { StorageBucketObject } from '@cdktf/provider-google/lib/storage-bucket-object/index.js'
import type { ITerraformDependable } from 'cdktf'
import { HEALTH_PORT, type Network, VM_TAG } from '../network.ts'
import type { Stage } from '../stage.ts'
import { literal, startupScript, startupVariables } from './startup.ts'
import type { VmArchive } from './vm-archive.ts'

const IMAGE = 'debian-cloud/debian-12'

/** The disk that holds what must outlive a VM, with a snapshot a day. */
function dataDisk(
  { stack, settings, names, size, labels, protect }: Stage,
  dependsOn: ITerraformDependable[],
): ComputeDisk {
  const disk = new ComputeDisk(stack, 'data-disk', {
    name: names.of('data'),
    zone: settings.zone,
    type: 'pd-ssd',
    size: size.diskGb,
    labels,
    diskEncryptionKey: { kmsKeySelfLink: names.key },
    createSnapshotBeforeDestroy: true,
    dependsOn,
    lifecycle: { preventDestroy: protect },
  })
  const snapshots = new ComputeResourcePolicy(stack, 'snapshots', {
    name: names.of('data-daily'),
    region: settings.region,
    snapshotSchedulePolicy: {
      schedule: { dailySchedule: { daysInCycle: 1, startTime: '02:00' } },
      retentionPolicy: { maxRetentionDays: 14, onSourceDiskDelete: 'KEEP_AUTO_SNAPSHOTS' },
      snapshotProperties: { labels, storageLocations: [settings.region] },
    },
  })
  new ComputeDiskResourcePolicyAttachment(stack, 'data-snapshots', {
    disk: disk.name,
    name: snapshots.name,
    zone: settings.zone,
  })
  return disk
}

/**
 * The one VM: Redpanda, Debezium Connect, relay and guard. A group of one makes it anew when its health check fails;
 * address and data disk stay, so the new one goes on where the old one stopped.
 */
export function buildVm(
  stage: Stage,
  network: Network,
  parts: { archive: VmArchive; code: StorageBucket; dependsOn: ITerraformDependable[] },
): void {
  const { stack, settings, names, size, labels } = stage
  const release = new StorageBucketObject(stack, 'vm-release', {
    bucket: parts.code.name,
    name: `vm/${parts.archive.hash}.zip`,
    source: parts.archive.path,
    contentType: 'application/zip',
  })
  const disk = dataDisk(stage, parts.dependsOn)
  const address = new ComputeAddress(stack, 'vm-address', {
    name: names.of('vm'),
    region: settings.region,
    addressType: 'INTERNAL',
    subnetwork: network.subnet.id,
    labels,
  })
  const template = new ComputeInstanceTemplate(stack, 'vm-template', {
    namePrefix: `${names.of('vm')}-`,
    description: 'Redpanda, Debezium Connect, relay and guard',
    machineType: size.vm,
    region: settings.region,
    labels,
    tags: [VM_TAG],
    disk: [
      {
        boot: true,
        autoDelete: true,
        sourceImage: IMAGE,
        diskType: 'pd-balanced',
        diskSizeGb: 30,
        labels,
        diskEncryptionKey: { kmsKeySelfLink: names.key },
      },
      { boot: false, autoDelete: false, source: disk.name, deviceName: 'data', mode: 'READ_WRITE' },
    ],
    networkInterface: [{ subnetwork: network.subnet.id, networkIp: address.address }],
    serviceAccount: { email: names.accountEmail('vm'), scopes: ['cloud-platform'] },
    shieldedInstanceConfig: { enableSecureBoot: true, enableVtpm: true, enableIntegrityMonitoring: true },
    scheduling: { automaticRestart: true, onHostMaintenance: 'MIGRATE' },
    metadata: {
      'enable-oslogin': 'TRUE',
      'block-project-ssh-keys': 'TRUE',
      'serial-port-enable': 'FALSE',
      'startup-script': literal(startupScript(startupVariables(stage, parts.archive))),
    },
    lifecycle: { createBeforeDestroy: true },
    dependsOn: [release, network.nat, ...parts.dependsOn],
  })
  const health = new ComputeHealthCheck(stack, 'vm-health', {
    name: names.of('vm'),
    checkIntervalSec: 30,
    timeoutSec: 10,
    healthyThreshold: 2,
    unhealthyThreshold: 10,
    httpHealthCheck: { port: HEALTH_PORT, requestPath: '/' },
    logConfig: { enable: true },
  })
  new ComputeInstanceGroupManager(stack, 'vm', {
    name: names.of('vm'),
    baseInstanceName: names.of('vm'),
    zone: settings.zone,
    targetSize: 1,
    version: [{ instanceTemplate: template.selfLinkUnique }],
    autoHealingPolicies: { healthCheck: health.id, initialDelaySec: 1200 },
    // Never two at once: they would fight for the disk.
    updatePolicy: {
      type: 'PROACTIVE',
      minimalAction: 'REPLACE',
      replacementMethod: 'RECREATE',
      maxSurgeFixed: 0,
      maxUnavailableFixed: 1,
    },
    waitForInstances: false,
  })
  for (const part of ['kafka', ...(settings.clickhouse.kind === 'vm' ? ['clickhouse'] : [])] as const) {
    new DnsRecordSet(stack, `${part}-address`, {
      managedZone: network.zone.name,
      name: `${names.host(part as 'kafka')}.`,
      type: 'A',
      ttl: 60,
      rrdatas: [address.address],
    })
  }
}
