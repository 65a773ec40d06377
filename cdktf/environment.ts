import type { FunctionEntry, Secret, SettingSource } from '@pipeline/functions/manifest-parts.ts'
import type { PolicyTags } from '@pipeline/functions/warehouse/bigquery/schema.ts'
import type { Identifies } from '@pipeline/hospital/catalog.ts'
import { dataflowEnvironment, dataflowJobs } from './dataflow-settings.ts'
import { secretsOf } from './names.ts'
import { environmentLinks } from './page.ts'
import type { Stage } from './stage.ts'

/** Brokers of the VM as the network sees them: TLS and SASL. */
export const KAFKA_PORT = 9093
export const CLICKHOUSE_PORT = 8443

export interface FunctionEnvironment {
  variables: Record<string, string>
  secrets: { name: string; secret: Secret }[]
  /** It reaches PostgreSQL or a part on the VM, so it has a way into the network. */
  inNetwork: boolean
  /** It speaks TLS with parts on the VM, so it knows the environment's own authority. */
  trustsVm: boolean
}

export function clickhouseUrl({ settings, names }: Stage): string {
  return settings.clickhouse.kind === 'own'
    ? settings.clickhouse.url
    : `https://${names.host('clickhouse')}:${CLICKHOUSE_PORT}`
}

/** Each setting of a function from where its manifest says; what is local only stays out. */
export function environmentOf(
  stage: Stage,
  entry: FunctionEntry,
  tags: Required<PolicyTags>,
): FunctionEnvironment {
  const { settings, names } = stage
  const result: FunctionEnvironment = { variables: {}, secrets: [], inNetwork: false, trustsVm: false }
  const put = (name: string, source: SettingSource): undefined => {
    const set = (value: string): undefined => {
      if (value !== '') result.variables[name] = value
    }
    switch (source.from) {
      case 'project':
        return set(settings.project)
      case 'bucket':
        return set(names.bucket(source.bucket))
      case 'topic':
        return set(names.topic(source.topic))
      case 'dataset':
        return set(names.dataset(source.dataset))
      case 'value':
        return set(source.value)
      case 'timeout':
        return set(String(entry.timeoutSeconds))
      case 'either':
        return put(name, source.cloud)
      case 'local':
        return
      case 'cloud':
        if (source.what === 'location') return set(settings.region)
        if (source.what === 'environment') return set(settings.name)
        if (source.what === 'dataflow-environment') return set(JSON.stringify(dataflowEnvironment(stage)))
        if (source.what === 'dataflow-jobs') return set(JSON.stringify(dataflowJobs(stage)))
        if (source.what === 'looker-links') return set(JSON.stringify(environmentLinks(stage)))
        return set(tags[source.what.slice('policy-tag-'.length) as Identifies])
      case 'kafka':
        result.inNetwork = true
        result.trustsVm = true
        return set(`${names.host('kafka')}:${KAFKA_PORT}`)
      case 'clickhouse':
        if (settings.clickhouse.kind === 'vm') {
          result.inNetwork = true
          result.trustsVm = true
        }
        return set(clickhouseUrl(stage))
      case 'secret':
        if (!secretsOf(settings).includes(source.secret)) return
        if (source.secret.startsWith('postgres-')) result.inNetwork = true
        result.secrets.push({ name, secret: source.secret })
        return
      default:
        unknown(source)
    }
  }
  for (const [name, source] of Object.entries(entry.settings)) put(name, source)
  if (settings.clickhouse.kind === 'own' && 'CLICKHOUSE_URL' in result.variables) {
    result.variables.CLICKHOUSE_USER = settings.clickhouse.user
  }
  return result
}

function unknown(source: never): never {
  throw new TypeError(`no such source of a setting: ${JSON.stringify(source)}`)
}
