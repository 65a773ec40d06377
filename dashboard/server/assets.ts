import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PipelineError } from '@pipeline/hospital/errors.ts'

/** A file of the page, under a name that changes with its contents. */
export interface Asset {
  name: string
  type: string
  data: Uint8Array
  gzip: Uint8Array
}

export interface Assets {
  script: string
  style: string
  files: ReadonlyMap<string, Asset>
}

/** What `assets.json` in the folder of assets says. */
export interface AssetList {
  script: string
  style: string
  files: { name: string; type: string }[]
}

/** Reads what dashboard/build.ts has made. Throws SETTING_INVALID where there is nothing. */
export async function readAssets(folder: string): Promise<Assets> {
  try {
    const list = JSON.parse(await readFile(join(folder, 'assets.json'), 'utf8')) as AssetList
    const files = await Promise.all(
      list.files.map(async ({ name, type }): Promise<[string, Asset]> => {
        const [data, gzip] = await Promise.all([
          readFile(join(folder, name)),
          readFile(join(folder, `${name}.gz`)),
        ])
        return [name, { name, type, data, gzip }]
      }),
    )
    return { script: list.script, style: list.style, files: new Map(files) }
  } catch (error) {
    throw new PipelineError('SETTING_INVALID', { setting: 'PAGE_ASSETS', why: 'holds no built page' }, error)
  }
}
