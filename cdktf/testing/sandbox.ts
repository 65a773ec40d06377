import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const SECRET = 'a-secret-of-a-test-0123456789'

/** Commands of the VM that must not run here: each writes down how it was called and leaves behind what it would. */
function stubs(root: string): Record<string, string> {
  return {
    blkid: `[ -e ${root}/formatted ]`,
    'mkfs.ext4': `touch ${root}/formatted`,
    mountpoint: `[ -e ${root}/mounted ]`,
    mount: `touch ${root}/mounted`,
    resize2fs: 'true',
    chown: 'true',
    sleep: 'true',
    dpkg: `[ -e "${root}/installed-$2" ]`,
    'apt-get': `for each in "$@"; do touch "${root}/installed-$each"; done`,
    id: `[ -e ${root}/user ]`,
    useradd: `touch ${root}/user`,
    systemctl: 'true',
    mvn: `for each in "$@"; do case "$each" in -DoutputDirectory=*) mkdir -p "\${each#*=}";; esac; done`,
    unzip: 'exec python3 -m zipfile -e "$2" "$4"',
    curl: `while [ "$1" != --output ]; do shift; done
case "$2" in
  *.tgz) cp ${root}/node.tgz "$2" ;;
  *) echo 'touch "$STUB_ROOT/installed-google-cloud-ops-agent"' >"$2" ;;
esac`,
    gcloud: `case "$1 $2" in
  "storage cp") cp ${root}/release.zip "$4" ;;
  "secrets versions") case "$*" in
    *-url*) printf 'postgresql://role:${SECRET}@postgres:5432/hospital' ;;
    *) printf '${SECRET}' ;; esac ;;
esac`,
  }
}

/** A machine in a folder, on which the start-up script can be run without harm. */
export class Sandbox {
  readonly root = mkdtempSync(join(tmpdir(), 'vm-'))
  readonly nodeSha512: string
  private readonly calls = join(this.root, 'calls')

  constructor(release: Buffer) {
    const bin = join(this.root, 'stubs')
    mkdirSync(bin)
    for (const [name, body] of Object.entries(stubs(this.root))) {
      writeFileSync(join(bin, name), `#!/bin/bash\necho "${name} $*" >>${this.calls}\n${body}\n`)
      chmodSync(join(bin, name), 0o755)
    }
    for (const folder of ['etc/systemd/system', 'node/bin'])
      mkdirSync(join(this.root, folder), { recursive: true })
    writeFileSync(join(this.root, 'etc/fstab'), '')
    writeFileSync(join(this.root, 'node/bin/node'), '')
    writeFileSync(join(this.root, 'release.zip'), release)
    spawnSync('tar', ['-czf', 'node.tgz', 'node'], { cwd: this.root })
    this.nodeSha512 = createHash('sha512')
      .update(readFileSync(join(this.root, 'node.tgz')))
      .digest('base64')
  }

  /** Runs a script; gives its exit code, what it said, and the calls of the stubs. */
  run(script: string): { status: number | null; output: string; calls: string[] } {
    rmSync(this.calls, { force: true })
    const { status, stdout, stderr } = spawnSync('bash', ['-s'], {
      input: script,
      encoding: 'utf8',
      env: {
        PATH: `${join(this.root, 'stubs')}:${process.env.PATH}`,
        HOSPITAL_ROOT: this.root,
        STUB_ROOT: this.root,
      },
    })
    const calls = existsSync(this.calls) ? readFileSync(this.calls, 'utf8').trim().split('\n') : []
    return { status, output: stdout + stderr, calls }
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8')
  }

  /** An environment file of systemd as a process would see it. */
  environment(part: string): Record<string, string> {
    const lines = this.read(`run/hospital/${part}.env`).trim().split('\n')
    return Object.fromEntries(lines.map((line) => [line.split('=')[0], line.slice(line.indexOf('=') + 1)]))
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true })
  }
}
