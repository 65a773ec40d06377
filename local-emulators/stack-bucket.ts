import type { Bucket } from '@google-cloud/storage'
import { storageClient } from '@pipeline/functions/lake/gcs.ts'
import type { StackFile } from './stack-file.ts'

/** The lake's bucket of a stack. */
export function stackBucket(stack: Pick<StackFile, 'projectId' | 'gcsEndpoint' | 'gcsBucket'>): Bucket {
  return storageClient({ projectId: stack.projectId, emulatorHost: stack.gcsEndpoint }).bucket(
    stack.gcsBucket,
  )
}
