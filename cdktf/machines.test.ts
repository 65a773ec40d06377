import assert from 'node:assert/strict'
import { test } from 'node:test'
import { all, choices, synthesize } from './testing/synthesized.ts'

const { pipeline } = synthesize(choices.demo!)

test('the VM is private, shielded, repaired, and keeps its data on a disk of its own with snapshots', () => {
  const [template] = all(pipeline, 'google_compute_instance_template')
  for (const each of template.network_interface) assert.equal(each.access_config, undefined)
  assert.deepEqual(template.shielded_instance_config, {
    enable_integrity_monitoring: true,
    enable_secure_boot: true,
    enable_vtpm: true,
  })
  assert.equal(template.metadata['enable-oslogin'], 'TRUE')
  const data = template.disk.find((each: { boot: boolean }) => !each.boot)
  assert.equal(data.auto_delete, false)
  const [group] = all(pipeline, 'google_compute_instance_group_manager')
  assert.ok(group.auto_healing_policies.health_check)
  assert.equal(group.target_size, 1)
  assert.equal(group.update_policy.max_surge_fixed, 0)
  assert.equal(all(pipeline, 'google_compute_disk_resource_policy_attachment').length, 1)
  for (const { source_ranges: ranges, allow } of all(pipeline, 'google_compute_firewall')) {
    assert.ok(!ranges.includes('0.0.0.0/0'))
    if (allow[0].ports.includes('22')) assert.deepEqual(ranges, ['35.235.240.0/20'])
  }
})

test('PostgreSQL has a private address, logical decoding and backups; the user’s own takes its place', () => {
  const [{ settings }] = all(pipeline, 'google_sql_database_instance')
  assert.equal(settings.ip_configuration.ipv4_enabled, false)
  assert.equal(settings.ip_configuration.ssl_mode, 'ENCRYPTED_ONLY')
  assert.equal(settings.backup_configuration.point_in_time_recovery_enabled, true)
  const flags = Object.fromEntries(
    settings.database_flags.map((each: { name: string; value: string }) => [each.name, each.value]),
  )
  assert.equal(flags['cloudsql.logical_decoding'], 'on')
  assert.equal(flags.log_min_error_statement, 'panic')
  assert.equal(flags.log_statement, 'none')
  assert.equal(flags.log_min_duration_statement, '-1')
  assert.equal(flags.log_lock_waits, 'on')
  assert.equal(flags['pgaudit.log'], 'ddl,role')
  const own = synthesize(choices['own parts']!)
  assert.deepEqual(all(own.pipeline, 'google_sql_database_instance'), [])
  const [template] = all(own.pipeline, 'google_compute_instance_template')
  assert.match(template.metadata['startup-script'], /^POSTGRES_HOST='10\.1\.2\.3'$/m)
  assert.match(template.metadata['startup-script'], /^CLICKHOUSE='no'$/m)
})
