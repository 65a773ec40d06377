import { vmArchive } from './vm/vm-archive.ts'
console.log(await vmArchive('/tmp/hg-out'))
