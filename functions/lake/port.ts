import type { Readable } from 'node:stream'

/** One generation of an object, as the lake lists it. */
export interface LakeObject {
  name: string
  /** Changes whenever the object is written again; a whole number as text. */
  generation: string
  /** Bytes as stored. */
  size: number
  /** ISO 8601 UTC. */
  storedAt: string
  /** base64, where the lake has one. */
  md5?: string
  /** Changes inside, from the object's own metadata, where it says so. */
  count?: number
  /** SHA-256 over the changes of a compacted object in hex, from its own metadata. */
  sha256?: string
}

export interface NewObject {
  name: string
  /** The contents, or the path of a file that has them. */
  bytes: Uint8Array | string
  contentType: string
  metadata?: Record<string, string>
}

/** The bucket. Every method throws PipelineError LAKE_UNAVAILABLE when the lake does not answer as it should. */
export interface Lake {
  /** Stores an object only if none has its name. */
  create(object: NewObject): Promise<'created' | 'exists'>
  /**
   * Deletes an object if it still is the generation that was looked at; `gone` when there is none, `replaced` when
   * there is another, which stays.
   */
  remove(object: Pick<LakeObject, 'name' | 'generation'>): Promise<'removed' | 'gone' | 'replaced'>
  /** The live generation, or undefined. */
  head(name: string): Promise<LakeObject | undefined>
  /** The bytes of one generation, checked against the lake's checksum; undefined if that generation is gone. */
  open(object: Pick<LakeObject, 'name' | 'generation'>): Promise<Readable | undefined>
  /** All objects under a prefix in the order of their names, page by page. */
  list(prefix: string): AsyncIterable<LakeObject[]>
}
