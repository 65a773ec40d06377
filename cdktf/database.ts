import { DnsRecordSet } from '@cdktf/provider-google/lib/dns-record-set/index.js'
import { SqlDatabase } from '@cdktf/provider-google/lib/sql-database/index.js'
import { SqlDatabaseInstance } from '@cdktf/provider-google/lib/sql-database-instance/index.js'
import type { ITerraformDependable } from 'cdktf'
import { type Network, peerWithServices } from './network.ts'
import type { Stage } from './stage.ts'

/** Where PostgreSQL listens, as everything in the network knows it. */
export function databaseAddress({ settings, names }: Stage): { host: string; port: number } {
  const { database } = settings
  return database.kind === 'own'
    ? { host: database.host, port: database.port }
    : { host: names.host('postgres'), port: 5432 }
}

/**
 * Cloud SQL with logical decoding, on a private address. Its roles and tables are the VM's to make, by the same
 * migrations as everywhere; passwords lie in Secret Manager and never in the state of terraform.
 */
export function buildDatabase(stage: Stage, network: Network, encrypting: ITerraformDependable[]): void {
  const { stack, settings, names, size, labels, protect } = stage
  const { database } = settings
  if (database.kind === 'own') return
  const flags = {
    'cloudsql.logical_decoding': 'on',
    max_replication_slots: '10',
    max_wal_senders: '10',
    max_slot_wal_keep_size: String(size.slotKeepMb),
    // Who changed tables and roles is written down. Statements that read or write rows would quote them.
    'cloudsql.enable_pgaudit': 'on',
    'pgaudit.log': 'ddl,role',
    // Statements hold row values and must not reach a log.
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    log_statement: 'none',
    log_min_duration_statement: '-1',
    log_connections: 'on',
    log_disconnections: 'on',
    log_checkpoints: 'on',
    log_lock_waits: 'on',
  }
  const instance = new SqlDatabaseInstance(stack, 'database', {
    name: names.of('hospital'),
    region: settings.region,
    databaseVersion: database.version,
    encryptionKeyName: names.key,
    deletionProtection: protect,
    settings: {
      tier: size.sqlTier,
      edition: 'ENTERPRISE',
      availabilityType: size.sqlAvailability,
      diskType: 'PD_SSD',
      diskSize: size.sqlDiskGb,
      diskAutoresize: true,
      deletionProtectionEnabled: protect,
      retainBackupsOnDelete: true,
      userLabels: labels,
      databaseFlags: Object.entries(flags).map(([name, value]) => ({ name, value })),
      ipConfiguration: {
        ipv4Enabled: false,
        privateNetwork: network.network.id,
        sslMode: 'ENCRYPTED_ONLY',
      },
      backupConfiguration: {
        enabled: true,
        startTime: '01:00',
        location: settings.region,
        pointInTimeRecoveryEnabled: true,
        transactionLogRetentionDays: 7,
        backupRetentionSettings: { retainedBackups: database.backups, retentionUnit: 'COUNT' },
      },
      maintenanceWindow: { day: 7, hour: 2, updateTrack: 'stable' },
      insightsConfig: {
        queryInsightsEnabled: true,
        recordApplicationTags: false,
        recordClientAddress: false,
      },
    },
    lifecycle: { preventDestroy: protect, ignoreChanges: ['settings[0].disk_size'] },
    dependsOn: [peerWithServices(stage, network), ...encrypting],
  })
  new SqlDatabase(stack, 'hospital', {
    name: settings.databaseName,
    instance: instance.name,
    charset: 'UTF8',
    deletionPolicy: 'ABANDON',
    lifecycle: { preventDestroy: protect },
  })
  new DnsRecordSet(stack, 'postgres-address', {
    managedZone: network.zone.name,
    name: `${names.host('postgres')}.`,
    type: 'A',
    ttl: 60,
    rrdatas: [instance.privateIpAddress],
  })
}
