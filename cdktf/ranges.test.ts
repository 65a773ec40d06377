import assert from 'node:assert/strict'
import { test } from 'node:test'
import { all, choices, everything, type Json, synthesize } from './testing/synthesized.ts'

/** Values that Google takes where neither the bindings nor terraform's plan say so. */
const VALUES: Record<string, Record<string, readonly string[]>> = {
  google_bigquery_table: {
    'external_data_configuration.source_format': ['NEWLINE_DELIMITED_JSON', 'PARQUET'],
    'external_data_configuration.compression': ['NONE', 'GZIP'],
    'external_data_configuration.hive_partitioning_options.mode': ['AUTO', 'STRINGS', 'CUSTOM'],
    'time_partitioning.type': ['HOUR', 'DAY', 'MONTH', 'YEAR'],
  },
  google_cloud_scheduler_job: { 'http_target.http_method': ['POST'] },
  google_cloudfunctions2_function: {
    'service_config.ingress_settings': ['ALLOW_INTERNAL_ONLY', 'ALLOW_INTERNAL_AND_GCLB'],
    'service_config.vpc_connector_egress_settings': ['PRIVATE_RANGES_ONLY', 'ALL_TRAFFIC'],
  },
  google_compute_disk: { type: ['pd-ssd', 'pd-balanced'] },
  google_compute_instance_group_manager: {
    'update_policy.type': ['PROACTIVE', 'OPPORTUNISTIC'],
    'update_policy.minimal_action': ['REFRESH', 'RESTART', 'REPLACE'],
    'update_policy.replacement_method': ['RECREATE'],
  },
  google_compute_instance_template: {
    'scheduling.on_host_maintenance': ['MIGRATE'],
    'disk.disk_type': ['pd-balanced', 'pd-ssd'],
    'disk.mode': ['READ_WRITE'],
  },
  google_monitoring_notification_channel: { type: ['email'] },
  google_project_iam_audit_config: { 'audit_log_config.log_type': ['ADMIN_READ', 'DATA_READ', 'DATA_WRITE'] },
  google_service_networking_connection: { deletion_policy: ['ABANDON'] },
  google_sql_database: { deletion_policy: ['ABANDON', 'DELETE'] },
  google_sql_database_instance: {
    database_version: ['POSTGRES_14', 'POSTGRES_15', 'POSTGRES_16', 'POSTGRES_17', 'POSTGRES_18'],
    'settings.availability_type': ['ZONAL', 'REGIONAL'],
    'settings.disk_type': ['PD_SSD'],
    'settings.edition': ['ENTERPRISE', 'ENTERPRISE_PLUS'],
    'settings.ip_configuration.ssl_mode': ['ENCRYPTED_ONLY', 'TRUSTED_CLIENT_CERTIFICATE_REQUIRED'],
    'settings.backup_configuration.backup_retention_settings.retention_unit': ['COUNT'],
    'settings.maintenance_window.update_track': ['canary', 'stable', 'week5'],
  },
  google_storage_bucket: {
    public_access_prevention: ['enforced'],
    storage_class: ['STANDARD'],
    'lifecycle_rule.action.type': ['Delete', 'SetStorageClass', 'AbortIncompleteMultipartUpload'],
    'lifecycle_rule.action.storage_class': ['NEARLINE', 'COLDLINE', 'ARCHIVE'],
    'lifecycle_rule.condition.with_state': ['LIVE', 'ARCHIVED', 'ANY'],
  },
}

/** Numbers, durations (`90s`) and numbers in texts: least, most. */
const RANGES: Record<string, Record<string, readonly [number, number]>> = {
  google_bigquery_dataset: {
    max_time_travel_hours: [48, 168],
    default_table_expiration_ms: [3_600_000, Number.MAX_SAFE_INTEGER],
  },
  google_billing_budget: { 'threshold_rules.threshold_percent': [0, 10] },
  google_compute_disk: { size: [10, 65_536] },
  google_compute_health_check: {
    check_interval_sec: [1, 300],
    timeout_sec: [1, 300],
    healthy_threshold: [1, 10],
    unhealthy_threshold: [1, 10],
    'http_health_check.port': [1, 65_535],
  },
  google_compute_instance_group_manager: {
    'auto_healing_policies.initial_delay_sec': [0, 3600],
    target_size: [1, 1],
  },
  google_compute_instance_template: { 'disk.disk_size_gb': [10, 65_536] },
  google_compute_resource_policy: {
    'snapshot_schedule_policy.retention_policy.max_retention_days': [1, 65_535],
    'snapshot_schedule_policy.schedule.daily_schedule.days_in_cycle': [1, 1],
  },
  google_compute_subnetwork: { 'log_config.flow_sampling': [0, 1] },
  google_dns_record_set: { ttl: [1, 86_400] },
  google_kms_crypto_key: {
    rotation_period: [86_400, 3_153_600_000],
    destroy_scheduled_duration: [86_400, 120 * 86_400],
  },
  google_logging_project_bucket_config: { retention_days: [1, 3650] },
  google_monitoring_alert_policy: {
    'alert_strategy.auto_close': [1800, 7 * 86_400],
    'conditions.condition_prometheus_query_language.duration': [0, 86_400],
    'conditions.condition_prometheus_query_language.evaluation_interval': [30, 3600],
  },
  google_sql_database_instance: {
    'settings.disk_size': [10, 65_536],
    'settings.maintenance_window.day': [1, 7],
    'settings.maintenance_window.hour': [0, 23],
    'settings.backup_configuration.transaction_log_retention_days': [1, 7],
    'settings.backup_configuration.backup_retention_settings.retained_backups': [1, 365],
  },
  google_storage_bucket: { 'soft_delete_policy.retention_duration_seconds': [7 * 86_400, 90 * 86_400] },
}

function valuesAt(body: Json, path: string): Json[] {
  const [first, ...rest] = path.split('.')
  const values = [body?.[first!]].flat().filter((value) => value !== undefined)
  return rest.length === 0 ? values : values.flatMap((value) => valuesAt(value, rest.join('.')))
}

for (const [name, settings] of Object.entries(choices)) {
  const { foundation, pipeline } = synthesize(settings)
  const resources = [...everything(foundation), ...everything(pipeline)]

  test(`${name}: values and numbers are ones that Google takes`, () => {
    const checked = new Set<string>()
    for (const { type, id, body } of resources) {
      for (const [path, values] of Object.entries(VALUES[type] ?? {})) {
        for (const value of valuesAt(body, path)) {
          checked.add(`${type}.${path}`)
          assert.ok(values.includes(value), `${type}.${id} ${path}: ${value}`)
        }
      }
      for (const [path, [least, most]] of Object.entries(RANGES[type] ?? {})) {
        for (const value of valuesAt(body, path)) {
          checked.add(`${type}.${path}`)
          const number =
            typeof value === 'number' ? value : Number(/^(\d+(?:\.\d+)?)s?$/.exec(value)?.[1] ?? Number.NaN)
          assert.ok(number >= least && number <= most, `${type}.${id} ${path}: ${value}`)
        }
      }
    }
    assert.ok(checked.size > 40, `only ${checked.size} are checked`)
  })

  test(`${name}: machines have processors and memory in proportions that Google sells`, () => {
    for (const { settings: sql } of all(pipeline, 'google_sql_database_instance')) {
      const [, cores, mib] = /^db-custom-(\d+)-(\d+)$/.exec(sql.tier)!.map(Number)
      assert.ok(cores === 1 || (cores! % 2 === 0 && cores! <= 96), sql.tier)
      assert.equal(mib! % 256, 0, sql.tier)
      assert.ok(mib! >= 3840 && mib! / 1024 / cores! >= 0.9 && mib! / 1024 / cores! <= 6.5, sql.tier)
    }
    const [template] = all(pipeline, 'google_compute_instance_template')
    assert.match(template.machine_type, /^(e2|n2)-standard-(2|4|8|16|32)$/)
    assert.ok(JSON.stringify(template.metadata).length < 256 * 1024, 'a value of metadata is at most 256 KB')
  })

  test(`${name}: a health check ends before the next, an alert is judged at whole intervals`, () => {
    for (const each of all(pipeline, 'google_compute_health_check')) {
      assert.ok(each.timeout_sec <= each.check_interval_sec)
    }
    for (const { conditions, display_name: title } of all(pipeline, 'google_monitoring_alert_policy')) {
      assert.ok(conditions.length >= 1 && conditions.length <= 6)
      const { duration, evaluation_interval: interval } = conditions[0].condition_prometheus_query_language
      assert.equal(Number.parseInt(interval, 10) % 30, 0, title)
      assert.equal(Number.parseInt(duration, 10) % Number.parseInt(interval, 10), 0, title)
      assert.ok(title.length <= 512)
    }
  })

  test(`${name}: ids that only their service checks fit`, () => {
    const fits = (type: string, field: string, pattern: RegExp) => {
      for (const body of [...all(pipeline, type), ...all(foundation, type)])
        assert.match(body[field], pattern, type)
    }
    fits('google_artifact_registry_repository', 'repository_id', /^[a-z](-?[a-z0-9]){0,62}$/)
    fits('google_bigquery_datapolicy_data_policy', 'data_policy_id', /^\w{1,63}$/)
    fits('google_bigquery_row_access_policy', 'policy_id', /^\w{1,256}$/)
    fits('google_bigquery_table', 'table_id', /^\w{1,1024}$/)
    fits('google_cloud_scheduler_job', 'name', /^[\w-]{1,500}$/)
    fits('google_dns_managed_zone', 'dns_name', /^([a-z0-9-]{1,63}\.)+$/)
    fits('google_iam_workload_identity_pool', 'workload_identity_pool_id', /^(?!gcp-)[a-z0-9-]{4,32}$/)
    fits('google_kms_key_ring', 'name', /^[\w-]{1,63}$/)
    fits('google_logging_metric', 'name', /^[A-Za-z0-9_.,+!*',()%/-]{1,100}$/)
    fits('google_logging_project_bucket_config', 'bucket_id', /^[A-Za-z0-9_.-]{1,100}$/)
    fits('google_logging_project_sink', 'name', /^[A-Za-z0-9_.-]{1,100}$/)
    fits('google_secret_manager_secret', 'secret_id', /^[\w-]{1,255}$/)
    fits('google_sql_database_instance', 'name', /^[a-z][a-z0-9-]{0,83}$/)
    for (const { filter } of all(pipeline, 'google_logging_project_sink')) assert.ok(filter.length <= 20_000)
  })
}
