import { manifest } from '@pipeline/functions/manifest.ts'
import { functionArchive } from './archives/function-archive.ts'
for (const e of manifest) { const t=performance.now(); const a = await functionArchive('/tmp/hg-out', e); console.log(e.name, a, Math.round(performance.now()-t)) }
