import * as p from './parameters.ts'
import type { Template } from './template.ts'

const google = (name: string, spec: string, template: Omit<Template, 'by' | 'spec' | 'name'>): Template => ({
  ...template,
  name: `google/${name}`,
  by: 'google',
  spec: `flex/${spec}`,
})

const storageWrites = {
  useStorageWriteApi: p.flag.optional(),
  useStorageWriteApiAtLeastOnce: p.flag.optional(),
  numStorageWriteApiStreams: p.whole(0, 1000).optional(),
  storageWriteApiTriggeringFrequencySec: p.whole(1, 3600).optional(),
}
const dispositions = {
  createDisposition: p.choice('CREATE_IF_NEEDED', 'CREATE_NEVER').optional(),
  writeDisposition: p.choice('WRITE_APPEND', 'WRITE_TRUNCATE', 'WRITE_EMPTY').optional(),
}
const oneInput: Template['together'] = ({ inputTopic, inputSubscription }) =>
  Boolean(inputTopic) === Boolean(inputSubscription)
    ? { parameter: 'inputSubscription', fault: 'or inputTopic must be there, and not both' }
    : undefined

/**
 * Templates that Google provides, for jobs that they do as they are. Names and needs of parameters are those of
 * DataflowTemplates at 378c7e57 (Beam 2.75.0).
 */
export const googleTemplates: readonly Template[] = [
  google('kafka-to-bigquery', 'Kafka_to_BigQuery_Flex', {
    streaming: true,
    description:
      'records of a Kafka topic into a table as they are: for topics of others on the same brokers, not for ours, whose envelopes need decoding',
    parameters: {
      readBootstrapServerAndTopic: p.text,
      writeMode: p.choice('SINGLE_TABLE_NAME', 'DYNAMIC_TABLE_NAMES'),
      kafkaReadAuthenticationMode: p.choice(
        'NONE',
        'SASL_PLAIN',
        'SASL_SCRAM_256',
        'SASL_SCRAM_512',
        'TLS',
        'APPLICATION_DEFAULT_CREDENTIALS',
      ),
      messageFormat: p.choice('AVRO_CONFLUENT_WIRE_FORMAT', 'AVRO_BINARY_ENCODING', 'JSON'),
      useBigQueryDLQ: p.flag,
      outputTableSpec: p.table.optional(),
      outputProject: p.text.optional(),
      outputDataset: p.text.optional(),
      outputDeadletterTable: p.table.optional(),
      bqTableNamePrefix: p.text.optional(),
      persistKafkaKey: p.flag.optional(),
      enableCommitOffsets: p.flag.optional(),
      consumerGroupId: p.text.optional(),
      kafkaReadOffset: p.choice('earliest', 'latest').optional(),
      kafkaReadUsernameSecretId: p.secret.optional(),
      kafkaReadPasswordSecretId: p.secret.optional(),
      kafkaReadSaslScramUsernameSecretId: p.secret.optional(),
      kafkaReadSaslScramPasswordSecretId: p.secret.optional(),
      kafkaReadTruststoreLocation: p.place.optional(),
      kafkaReadTruststorePasswordSecretId: p.secret.optional(),
      ...dispositions,
      ...storageWrites,
    },
    together: ({ writeMode, outputTableSpec, useBigQueryDLQ, outputDeadletterTable }) => {
      if (writeMode === 'SINGLE_TABLE_NAME' && !outputTableSpec)
        return { parameter: 'outputTableSpec', fault: 'is missing for writeMode SINGLE_TABLE_NAME' }
      if (useBigQueryDLQ && !outputDeadletterTable)
        return { parameter: 'outputDeadletterTable', fault: 'is missing for useBigQueryDLQ' }
      return undefined
    },
  }),
  google('pubsub-to-bigquery', 'PubSub_to_BigQuery_Flex', {
    streaming: true,
    description:
      'JSON messages into a table, one a row: for alerts and windows where a subscription into BigQuery is not enough (a function over each message is wanted)',
    parameters: {
      outputTableSpec: p.table,
      inputTopic: p.topic.optional(),
      inputSubscription: p.subscription.optional(),
      outputDeadletterTable: p.table.optional(),
      javascriptTextTransformGcsPath: p.place.optional(),
      javascriptTextTransformFunctionName: p.text.optional(),
      ...storageWrites,
    },
    together: oneInput,
  }),
  google('jdbc-to-bigquery', 'Jdbc_to_BigQuery_Flex', {
    streaming: false,
    description: 'a query over any JDBC source into a table, once: for other databases of the hospital',
    parameters: {
      driverJars: p.place,
      driverClassName: p.text,
      connectionURL: p.text,
      outputTable: p.table,
      bigQueryLoadingTemporaryDirectory: p.place,
      username: p.text.optional(),
      password: p.secret.optional(),
      query: p.text.optional(),
      table: p.text.optional(),
      KMSEncryptionKey: p.text.optional(),
      isTruncate: p.flag.optional(),
      partitionColumn: p.text.optional(),
      partitionColumnType: p.choice('long', 'timestamp').optional(),
      numPartitions: p.whole(1, 10_000).optional(),
      lowerBound: p.text.optional(),
      upperBound: p.text.optional(),
      fetchSize: p.whole(1, 1_000_000).optional(),
      outputDeadletterTable: p.table.optional(),
      createDisposition: dispositions.createDisposition,
      useStorageWriteApi: storageWrites.useStorageWriteApi,
      useStorageWriteApiAtLeastOnce: storageWrites.useStorageWriteApiAtLeastOnce,
    },
    together: ({ query, table }) =>
      Boolean(query) === Boolean(table)
        ? { parameter: 'query', fault: 'or table must be there, and not both' }
        : undefined,
  }),
  google('pubsub-to-gcs', 'Cloud_PubSub_to_GCS_Text_Flex', {
    streaming: true,
    description:
      'text messages into files, a window a file: for alerts and windows in the lake at a volume past one object each; not for the relay’s batches, which are gzip and have names of their own',
    parameters: {
      outputDirectory: p.place,
      inputTopic: p.topic.optional(),
      inputSubscription: p.subscription.optional(),
      userTempLocation: p.place.optional(),
      outputFilenamePrefix: p.text.optional(),
      outputFilenameSuffix: p.text.optional(),
      outputShardTemplate: p.text.optional(),
      numShards: p.whole(0, 1000).optional(),
      windowDuration: p.text.regex(/^\d+[smh]$/, 'must be a number with s, m or h').optional(),
    },
    together: oneInput,
  }),
]
