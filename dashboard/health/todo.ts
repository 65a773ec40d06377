import type { Observation } from './observation.ts'

const LOCAL = {
  data: 'Run npm run load and npm run dbt, or look at the loaders and dbt: reports show what was loaded last',
  capture: 'Look at PostgreSQL and Debezium (Kafka Connect)',
  relay: 'Look at the log of relay; changes wait in Kafka for seven days',
  pubsub: 'Look at Pub/Sub; what it had taken is sent again from Kafka',
  subscription: 'Look whether Pub/Sub has it',
  deadLetters:
    'npm run replay -- --dead-letters --dry-run shows them; docs/errors.md says what each code asks for',
  reconcile: 'npm run reconcile compares every store with PostgreSQL',
  dbt: 'npm run dbt builds and tests the marts',
}
const SILENT =
  'see docs/operations.md, The VM is silent; if the VM is well, look at the log of dashboard, which reads Cloud Monitoring'
const CLOUD: typeof LOCAL = {
  data: 'See docs/operations.md, The warehouse is stale: reports show what was loaded last',
  capture: `The guard tells nothing: ${SILENT}`,
  relay: `The relay tells nothing: ${SILENT}; changes wait in Kafka for seven days`,
  pubsub: 'Look at the log of dashboard: it has no figure of any subscription from Cloud Monitoring',
  subscription: 'Look whether the subscription is there; a new one has figures after a few minutes',
  deadLetters:
    'hospital-replay --dead-letters --dry-run on the VM shows them; docs/errors.md says what each code asks for',
  reconcile: 'Cloud Scheduler runs it every night; see docs/operations.md, A job has not succeeded',
  dbt: 'Cloud Scheduler runs run-dbt twice an hour; see docs/operations.md, dbt fails',
}

/** What to do, where it depends on where the pipeline runs. */
export const todosOf = ({ place }: Observation): typeof LOCAL => (place === 'cloud' ? CLOUD : LOCAL)
