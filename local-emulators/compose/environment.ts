import { manifest } from '@pipeline/functions/manifest.ts'
import { functionEnvironment, guardEnvironment, relayEnvironment } from '../supervisor/environment.ts'
import { CLICKHOUSE_SINK_USER, type ComposeStack, PORTS } from './describe.ts'

const LISTEN = '0.0.0.0'

/** The environment of a function in its container, as the manifest says. Undefined for no function. */
export function functionContainer(
  name: string,
  { stack, clickhousePassword }: ComposeStack,
): Record<string, string> | undefined {
  const entry = manifest.find((each) => each.name === name)
  if (!entry) return undefined
  const environment = functionEnvironment(entry, stack)
  const asks = 'CLICKHOUSE_URL' in environment
  return {
    ...environment,
    ...(asks ? { CLICKHOUSE_USER: CLICKHOUSE_SINK_USER, CLICKHOUSE_PASSWORD: clickhousePassword } : {}),
    FUNCTION_TARGET: name,
    HOST: LISTEN,
    PORT: String(PORTS.function),
  }
}

export const relayContainer = ({ stack }: ComposeStack): Record<string, string> => ({
  ...relayEnvironment(stack),
  METRICS_HOST: LISTEN,
  METRICS_PORT: String(PORTS.relay),
})

export const guardContainer = ({ stack, captureUrl }: ComposeStack): Record<string, string> => ({
  ...guardEnvironment(stack, captureUrl),
  METRICS_HOST: LISTEN,
  METRICS_PORT: String(PORTS.guard),
})
