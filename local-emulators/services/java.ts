import { join } from 'node:path'
import { tools } from '../paths.ts'

/** The command line of a JVM that is small and starts fast. */
export function java(
  mainClass: string,
  args: readonly string[],
  options: { heapMiB: number; log4j: string },
): { command: string; args: string[] } {
  return {
    command: 'java',
    args: [
      `-Xmx${options.heapMiB}m`,
      '-Xms64m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      '-XX:MaxMetaspaceSize=160m',
      '-XX:+ExitOnOutOfMemoryError',
      '-Xshare:auto',
      `-Dlog4j2.configurationFile=${options.log4j}`,
      '-cp',
      join(tools.jars, '*'),
      mainClass,
      ...args,
    ],
  }
}
