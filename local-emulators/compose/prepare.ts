import { Storage } from '@google-cloud/storage'
import { applyConnector, readConnector } from '@pipeline/cdc/connect/connector.ts'
import { checkServer, migrate, setRolePasswords } from '@pipeline/cdc/database.ts'
import { createKafka } from '@pipeline/cdc/relay/kafka.ts'
import { createTopics } from '@pipeline/cdc/topics.ts'
import { pino } from 'pino'
import { createSubscriptions } from '../supervisor/subscriptions.ts'
import type { ComposeStack } from './describe.ts'

async function makeBucket(projectId: string, apiEndpoint: string, name: string): Promise<void> {
  const storage = new Storage({ projectId, apiEndpoint })
  const [exists] = await storage.bucket(name).exists()
  if (!exists) await storage.createBucket(name)
}

/** Brings the containers to what the pipeline needs: roles, tables, topics, subscriptions, bucket. May run again. */
export async function prepareStores({ stack, cdcPassword }: ComposeStack): Promise<void> {
  const passwordIn = (url: string): string => decodeURIComponent(new URL(url).password)
  await checkServer(stack.postgresUrl)
  await migrate(stack.postgresUrl)
  await setRolePasswords(stack.postgresUrl, {
    cdc: cdcPassword,
    reader: passwordIn(stack.postgresReaderUrl),
    writer: passwordIn(stack.postgresWriterUrl),
  })
  await createTopics(createKafka({ brokers: [stack.kafkaBrokers] }, 'prepare', pino({ level: 'silent' })))
  await makeBucket(stack.projectId, stack.gcsEndpoint, stack.gcsBucket)
  await createSubscriptions(stack.pubsubHost, stack.projectId, stack.functions)
}

/** Registers Debezium's connector, the same as on the laptop and on the VM. */
export async function prepareConnector({ stack }: ComposeStack): Promise<void> {
  await applyConnector(stack.connectUrl, await readConnector())
}
