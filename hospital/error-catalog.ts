import { pageErrors } from './page-errors.ts'

export interface ErrorEntry {
  what: string
  /** `never`: the same input fails again, so it goes to dead letters. `backoff`: try again later. */
  retry: 'never' | 'backoff'
  todo: string
}

/** Every code of the pipeline; docs/errors.md has a section for each. */
export const errorCatalog = {
  RECORD_UNREADABLE: {
    what: 'a Kafka record is not a Debezium change event',
    retry: 'never',
    todo: 'look at the dead letter; check the converters of the connector (JSON without schemas)',
  },
  RECORD_UNKNOWN_TABLE: {
    what: 'a change of a table that the catalog does not name',
    retry: 'never',
    todo: 'add the table to hospital/tables.ts with its migration, or take it out of the publication; then replay',
  },
  RECORD_BAD_VALUE: {
    what: 'a column holds a value that its type in the catalog does not allow',
    retry: 'never',
    todo: 'compare the column in PostgreSQL with hospital/tables.ts, mend the one that is wrong, then replay',
  },
  RECORD_TOAST_PLACEHOLDER: {
    what: 'an update left a large column out, so the row is not whole',
    retry: 'never',
    todo: 'set REPLICA IDENTITY FULL on the table, then update the row once more so that it is sent whole',
  },
  MESSAGE_NOT_OURS: {
    what: 'a Pub/Sub message is not a batch of changes',
    retry: 'never',
    todo: 'find who publishes to the topic; only the relay may',
  },
  MESSAGE_CORRUPT: {
    what: 'a batch of changes does not hold what its attributes say',
    retry: 'never',
    todo: 'look at the dead letter; the range can be sent again from Kafka by its offsets',
  },
  DELIVERY_EXHAUSTED: {
    what: 'Pub/Sub gave a message up after its last delivery attempt',
    retry: 'never',
    todo: 'look at the errors of the subscription that it came from, mend what they name, then replay',
  },
  PUBSUB_UNAVAILABLE: {
    what: 'Pub/Sub did not take a message',
    retry: 'backoff',
    todo: 'check the topic, the right to publish to it and the network; what is under way comes again by itself',
  },
  EVENT_UNREADABLE: {
    what: 'a Kafka record of an event topic is not JSON in UTF-8',
    retry: 'never',
    todo: 'look at the dead letter; send one JSON event a record, as docs/events.md has it',
  },
  EVENT_TOO_LARGE: {
    what: 'an event is larger than a Pub/Sub message',
    retry: 'never',
    todo: 'the event lies in dead letters; write such a row to PostgreSQL itself',
  },
  EVENT_INVALID: {
    what: 'an event does not keep to its contract',
    retry: 'never',
    todo: 'compare the named field with docs/events.md, mend the producer, and send the event again',
  },
  EVENT_REFUSED: {
    what: 'PostgreSQL refuses the row of an event',
    retry: 'never',
    todo: 'look at the named constraint, mend the event or the table, then replay',
  },
  EVENT_CONFLICT: {
    what: 'another event of the same key has the same time',
    retry: 'never',
    todo: 'the first one stands; send the other again with a later event time if it is the right one',
  },
  EVENT_TOO_OLD: {
    what: 'an event is older than what the ledger of applied events still knows',
    retry: 'never',
    todo: 'compare it with the row in PostgreSQL; if it is right, send it again with a new event time',
  },
  EVENT_ORPHANED: {
    what: 'an event waited too long for a row that it refers to',
    retry: 'never',
    todo: 'bring the parent in, then replay the event',
  },
  EVENT_STILL_REFERENCED: {
    what: 'a delete waited too long for the rows that refer to its row to go',
    retry: 'never',
    todo: 'delete the rows that refer to it, then replay the event',
  },
  EVENT_WAITING: {
    what: 'events wait for rows that they refer to',
    retry: 'backoff',
    todo: 'nothing yet: they are tried again until they are too old, and then go to dead letters',
  },
  LAKE_CONFLICT: {
    what: 'the lake has another object under the name of this batch',
    retry: 'never',
    todo: 'compare the two; nothing was overwritten. Two relays on different clusters must not share a bucket',
  },
  LAKE_UNAVAILABLE: {
    what: 'the lake did not answer as it should',
    retry: 'backoff',
    todo: 'check the bucket, its permissions and the network; the message comes again by itself',
  },
  LAKE_OBJECT_BROKEN: {
    what: 'an object in the lake is cut short or holds something else than its name says',
    retry: 'never',
    todo: 'the load went on without it; send its offsets again from Kafka, or put back an earlier generation',
  },
  WAREHOUSE_UNAVAILABLE: {
    what: 'the warehouse did not answer as it should',
    retry: 'backoff',
    todo: 'check that nothing else holds the warehouse; the next load takes up where this one stopped',
  },
  CLICKHOUSE_UNAVAILABLE: {
    what: 'ClickHouse did not answer as it should',
    retry: 'backoff',
    todo: 'look up the status in the list of error codes of ClickHouse; check its address, user and memory; the message comes again by itself',
  },
  WAREHOUSE_QUOTA_SPENT: {
    what: 'the load jobs of a day or another quota of BigQuery are spent',
    retry: 'backoff',
    todo: 'nothing is lost and loading goes on by itself; if it happens again, make groups larger (LOAD_GROUP_OBJECTS), or raise the quota or BIGQUERY_LOADS_A_DAY',
  },
  WAREHOUSE_REFUSED: {
    what: 'BigQuery refuses a request',
    retry: 'never',
    todo: 'by the reason: accessDenied: give the account roles/bigquery.dataEditor on the datasets and roles/bigquery.jobUser on the project; notFound: check dataset names and BIGQUERY_LOCATION; anything else is a fault of ours to report',
  },
  WAREHOUSE_SCHEMA_CONFLICT: {
    what: 'a dataset or table of the warehouse is there in another shape',
    retry: 'never',
    todo: 'nothing was changed; move the table away or mend it as the message says, then load again',
  },
  DBT_FAILED: {
    what: 'a model of dbt or a test of its data failed, and what depends on it was not built',
    retry: 'never',
    todo: 'look which models and tests failed: a test is a finding about the data, so look at dead letters and reconcile first; marts of the last good run stay; docs/operations.md, dbt fails',
  },
  DATABASE_UNAVAILABLE: {
    what: 'PostgreSQL did not answer as it should',
    retry: 'backoff',
    todo: 'check the address, the password and the network of PostgreSQL',
  },
  KAFKA_UNAVAILABLE: {
    what: 'Kafka did not answer as it should',
    retry: 'backoff',
    todo: 'check the brokers; the relay takes up at its committed offsets',
  },
  EXPORT_RUNNING: {
    what: 'another export reads this database',
    retry: 'backoff',
    todo: 'nothing: one export runs at a time, and a session of PostgreSQL that ended lets the next one in',
  },
  EXPORT_UNFINISHED: {
    what: 'the time was over before all tables were exported',
    retry: 'backoff',
    todo: 'nothing yet: the next call goes on and keeps the parts whose rows have not changed; if it never ends, give batch-export more time or processors',
  },
  EXPORT_NOT_WHOLE: {
    what: 'a part of an export does not hold the rows that PostgreSQL sent',
    retry: 'backoff',
    todo: 'nothing was published; if it happens again it is a fault of ours to report',
  },
  EXPORT_ROWS_REFUSED: {
    what: 'an export is there without rows that hold a value which Parquet has no place for',
    retry: 'never',
    todo: 'look at the reasons in the _refused files beside the parts (NaN, infinity, a year above 9999 or before 1); mend the rows in PostgreSQL and export again',
  },
  EXPORT_TABLE_MISSING: {
    what: 'an export is there without tables that PostgreSQL does not have or does not let us read',
    retry: 'never',
    todo: 'run the migrations, or give the reading role SELECT on the table; then export again',
  },
  CHANGE_TOO_LATE: {
    what: 'a change came later than the windows of a pipeline wait for it',
    retry: 'never',
    todo: 'the stores have it all the same; run the pipeline over the lake (parameter history) for windows of that time',
  },
  CHANGE_ORPHANED: {
    what: 'a change refers to a row that a pipeline has not seen',
    retry: 'never',
    todo: 'it counts as soon as that row comes; if it lies in the past, start the job anew with the parameter history',
  },
  CHANGE_NOT_FOLLOWED: {
    what: 'a change that a pipeline with state by key can not follow',
    retry: 'never',
    todo: 'drain the job and start it anew with the parameter history',
  },
  JOB_INVALID: {
    what: 'a Dataflow job is not described as its template needs it',
    retry: 'never',
    todo: 'nothing was launched: mend the named parameter; docs/dataflow/ has a page for each pipeline',
  },
  JOB_EXISTS: {
    what: 'a Dataflow job of that name runs already',
    retry: 'never',
    todo: 'nothing was launched: update it in place, drain it first, or give another name',
  },
  JOB_UNKNOWN: {
    what: 'no Dataflow job of that name runs',
    retry: 'never',
    todo: 'look at the list of jobs, and at project and region',
  },
  JOB_FAILED: {
    what: 'a pipeline that ran on this machine ended with an error',
    retry: 'never',
    todo: 'its own words are above or in its log',
  },
  DATAFLOW_UNAVAILABLE: {
    what: 'Dataflow did not answer as it should',
    retry: 'backoff',
    todo: 'try again later; a job of the same name is not launched twice',
  },
  DATAFLOW_REFUSED: {
    what: 'Dataflow refuses a request',
    retry: 'never',
    todo: 'by the status: PERMISSION_DENIED: give the account roles/dataflow.developer and the right to use the service account of the workers; NOT_FOUND: check project, region and folder of templates; the logs of Dataflow have its own words',
  },
  SETTING_INVALID: {
    what: 'a setting is missing or wrong',
    retry: 'never',
    todo: 'set it as the message says and start again',
  },
  REQUEST_INVALID: {
    what: 'a request is not what this function takes',
    retry: 'never',
    todo: 'send what the function documents',
  },
  ...pageErrors,
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof errorCatalog
