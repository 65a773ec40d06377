/** What became of one model or test. */
export interface DbtResult {
  name: string
  /** dbt's own word: success, pass, warn, fail, error, skipped, ... */
  status: string
  seconds: number
  /** Empty when all is well; else what happened, with counts and names, never a row value. */
  message: string
}

const WELL = new Set(['success', 'pass', 'no-op'])
/** Errors whose text is about names and syntax; the text of all others may quote a value. */
const HARMLESS = /\b(?:Parser|Binder|Catalog|Compilation|Parsing) Error\b[\s\S]*/
const ENGINE_KIND = /\b(Conversion|Constraint|Invalid Input|Out of Range|Out of Memory|IO|Internal) Error\b/
const LOCKED = /could not set lock|conflicting lock|being used by another process/i
const NO_FILE = /cannot open file/i
const LONGEST = 400

/** Whether an error says that another process has the file open. */
export function isLocked(text: string): boolean {
  return LOCKED.test(text)
}

/** A message of dbt as it may be shown: no result row, no value that an engine quotes. */
export function safeMessage(status: string, message: string): string {
  if (WELL.has(status)) return ''
  if (status === 'skipped') return 'skipped, as something it depends on failed'
  const rows = /^Got (\d+) results?/.exec(message)
  if (rows) return `${rows[1]} rows`
  if (/^actual differs from expected/m.test(message)) return 'differs from what the unit test expects'
  if (isLocked(message)) return 'another process has the file'
  if (NO_FILE.test(message)) return 'the DuckDB file can not be opened'
  const engine = ENGINE_KIND.exec(message)
  if (engine) return `${engine[1]} Error`
  const harmless = HARMLESS.exec(message)
  if (harmless) return harmless[0].replace(/\s+/g, ' ').trim().slice(0, LONGEST)
  return 'dbt gave an error that could quote a value'
}

interface RunResults {
  results: { unique_id: string; status: string; execution_time: number; message: string | null }[]
}

/** `model.hospital.base_visits` is base_visits, `test.hospital.unique_x.1a2b` is unique_x. */
export function nodeName(uniqueId: string): string {
  const [kind, , ...rest] = uniqueId.split('.')
  return (kind === 'unit_test' ? rest.at(-1) : rest[0]) ?? uniqueId
}

/** Reads dbt's run_results.json and makes its messages safe: the second text takes the first one's place on disk. */
export function readResults(text: string): { results: DbtResult[]; safeText: string } {
  const file = JSON.parse(text) as RunResults
  // An exposure is a node that nothing is done for.
  file.results = file.results.filter(({ unique_id }) => !unique_id.startsWith('exposure.'))
  for (const result of file.results) result.message = safeMessage(result.status, result.message ?? '')
  const results = file.results.map(({ unique_id, status, execution_time, message }) => ({
    name: nodeName(unique_id),
    status,
    seconds: execution_time,
    message: message ?? '',
  }))
  return { results, safeText: JSON.stringify(file) }
}

interface LogEvent {
  info?: { level?: string; msg?: string }
  data?: {
    status?: string
    execution_time?: number
    exc?: string
    node_info?: { node_name?: string; node_status?: string; resource_type?: string }
  }
}

/** What an incremental model wrote. */
export interface Touched {
  /** With its schema: `marts.patient_journey`. */
  model: string
  rows: number
  /** Of the rows as text. */
  bytes: number
}

const TOUCHED = /touched (\w+\.\w+): (\d+) rows, (\d+) bytes$/

/** One line of dbt's JSON log: a line to show, an error's own text (which is not), or neither. */
export function readLogLine(line: string): { show?: string; touched?: Touched; error?: string } {
  let event: LogEvent
  try {
    event = JSON.parse(line) as LogEvent
  } catch {
    return { error: line }
  }
  const { info, data } = event
  if (data?.node_info?.resource_type === 'exposure') return {}
  if (data?.node_info?.node_name && typeof data.execution_time === 'number') {
    const status = data.status ?? data.node_info.node_status ?? ''
    const word = /^[A-Za-z -]+/.exec(status)?.[0].trim().toLowerCase() ?? ''
    return { show: `${word} ${data.node_info.node_name} ${data.execution_time.toFixed(2)} s` }
  }
  const touched = TOUCHED.exec(info?.msg ?? '')
  if (touched) {
    return { touched: { model: touched[1]!, rows: Number(touched[2]), bytes: Number(touched[3]) } }
  }
  if (/^estimate /.test(info?.msg ?? '')) return { show: info!.msg! }
  if (info?.level === 'error') return { error: data?.exc ?? info.msg ?? '' }
  return {}
}
