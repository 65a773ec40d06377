import pino, { type Logger } from 'pino'

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>

const severities: Record<string, string> = { debug: 'DEBUG', info: 'INFO', warn: 'WARNING', error: 'ERROR' }

/** JSON lines on stdout as Cloud Logging reads them. Errors go in as `safeError(...)` only. */
export function createLog(component: string, level: string): Log {
  return pino({
    level,
    base: { component },
    messageKey: 'message',
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ severity: severities[label] ?? 'DEFAULT' }) },
  })
}
