import { PipelineError } from '@pipeline/hospital/errors.ts'
import kafkajs, { type Kafka } from 'kafkajs'

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs

/**
 * Lets a user see which topics there are and where they end, and nothing else: it reads no record. Twice is once.
 * Throws KAFKA_UNAVAILABLE.
 */
export async function letDescribe(kafka: Kafka, user: string): Promise<void> {
  const admin = kafka.admin()
  try {
    await admin.connect()
    await admin.createAcls({
      acl: [
        {
          resourceType: AclResourceTypes.TOPIC,
          resourceName: '*',
          resourcePatternType: ResourcePatternTypes.LITERAL,
          principal: `User:${user}`,
          host: '*',
          operation: AclOperationTypes.DESCRIBE,
          permissionType: AclPermissionTypes.ALLOW,
        },
      ],
    })
  } catch (error) {
    throw new PipelineError('KAFKA_UNAVAILABLE', { part: 'rights', user }, error)
  } finally {
    await admin.disconnect().catch(() => undefined)
  }
}
