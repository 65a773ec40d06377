import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's folder. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Where installed tools live: shared by all stacks of this clone. */
export const tools = {
  jars: join(root, '.tools', 'jars'),
  /** Node's own, of our sources; scripts/bootstrap.mjs names it to every process. */
  compileCache: join(root, '.tools', 'compile-cache'),
  venv: join(root, '.venv'),
  python: join(root, '.venv', 'bin', 'python'),
  /** bqemulator pins other versions than dbt does. */
  bqemulatorVenv: join(root, '.tools', 'bqemulator-venv'),
  /** Apache Beam, for the tests of dataflow-templates and for running its pipelines here. */
  beamVenv: join(root, '.tools', 'beam-venv'),
  dbt: join(root, '.venv', 'bin', 'dbt'),
  /** GoogleSQL and sqlfluff: for checks only. */
  sqlVenv: join(root, '.tools', 'sql-venv'),
  /** checkov and shellcheck, for tests of the cloud's stack; check-jsonschema, for docker-compose.yml. */
  checksVenv: join(root, '.tools', 'checks-venv'),
  /** What CDKTF goes on as; a test synthesizes with it. */
  cdktn: join(root, '.tools', 'cdktn'),
}

/** Where one stack keeps its state. */
export interface StatePaths {
  dir: string
  stackFile: string
  secretsFile: string
  portsFile: string
  processesFile: string
  logs: string
  postgres: string
  kafka: string
  gcs: string
  clickhouse: string
  warehouse: string
  published: string
  pageAssets: string
  /** Results of the last runs of dbt and reconcile. */
  runsFile: string
}

/** The state folder of a stack: `HOSPITAL_STATE_DIR`, or `.local` in the repository. */
export function statePaths(dir: string = process.env.HOSPITAL_STATE_DIR ?? join(root, '.local')): StatePaths {
  const base = resolve(dir)
  return {
    dir: base,
    stackFile: join(base, 'stack.json'),
    secretsFile: join(base, 'secrets.json'),
    portsFile: join(base, 'ports.json'),
    processesFile: join(base, 'processes.json'),
    logs: join(base, 'logs'),
    postgres: join(base, 'postgres'),
    kafka: join(base, 'kafka'),
    gcs: join(base, 'gcs'),
    clickhouse: join(base, 'clickhouse'),
    warehouse: join(base, 'warehouse', 'hospital.duckdb'),
    published: join(base, 'warehouse', 'hospital-published.duckdb'),
    pageAssets: join(base, 'page'),
    runsFile: join(base, 'runs.json'),
  }
}
