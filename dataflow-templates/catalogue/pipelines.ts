import { movers } from './movers.ts'
import * as p from './parameters.ts'
import { type Shape, type Template, yaml } from './template.ts'

/** Where our pipelines read: the relay's stream, the lake, or both. */
const sources: Shape = {
  subscription: p.subscription.nullable().default(null),
  history: p.place.nullable().default(null),
  history_from: p.day.nullable().default(null),
  lake: p.place.nullable().default(null),
}

const someSource: Template['together'] = ({ subscription, history, history_from: from, lake, output }) => {
  if (!subscription && !history)
    return { parameter: 'subscription', fault: 'is missing, and so is history: one of them must be there' }
  if (from && !history) return { parameter: 'history_from', fault: 'needs history' }
  if (output && subscription) return { parameter: 'output', fault: 'is for runs without subscription' }
  if (subscription && !lake)
    return { parameter: 'lake', fault: 'is missing: large batches lie there and travel as references' }
  return undefined
}

const windows: Shape = {
  ...sources,
  insights_topic: p.topic,
  dead_letter_topic: p.topic,
  output: p.place.nullable().default(null),
}

/** The pipelines of this room, by Google's Yaml_Template. docs/dataflow/ has a page for each. */
export const pipelines: readonly Template[] = [
  yaml({
    name: 'interaction-alerts',
    streaming: true,
    description: 'an alert for each prescription that interacts with one the patient is still taking',
    parameters: {
      ...sources,
      alerts_topic: p.topic,
      dead_letter_topic: p.topic,
      output: p.place.nullable().default(null),
      minimum_severity: p.choice('moderate', 'major', 'contraindicated').default('moderate'),
      days_without_duration: p.whole(0, 3650).default(30),
      grace_days: p.whole(1, 90).default(8),
      wait_minutes: p.whole(1, 10_080).default(60),
      since: p.instant.nullable().default(null),
    },
    together: someSource,
  }),
  yaml({
    name: 'activity-sessions',
    streaming: true,
    description: "sessions of a patient's visits, tests, bills and prescriptions",
    parameters: {
      ...windows,
      kinds: p.pairs.prefault(
        'visits:visits,billing_payments:bills,prescriptions:prescriptions,laboratory_tests:tests',
      ),
      gap_minutes: p.whole(1, 10_080).default(30),
      allowed_lateness_hours: p.whole(1, 720).default(24),
    },
    together: someSource,
  }),
  yaml({
    name: 'operations-5m',
    streaming: true,
    description:
      'visits, waiting bills, revenue and top diagnoses of each department, five minutes and hourly',
    parameters: {
      ...windows,
      allowed_lateness_hours: p.whole(1, 720).default(24),
      keep_days: p.whole(1, 3650).default(180),
      top: p.whole(1, 50).default(5),
    },
    together: someSource,
  }),
  ...movers,
]

export const pipelineNames: readonly string[] = pipelines.map(({ name }) => name)
