import { createRequire, registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/**
 * Loaded before a program (`node --import`), has it run under cdktn: whoever asks for cdktf or constructs, the
 * provider's bindings too, gets those of `.tools/cdktn`, as the alias in package.json would have it.
 */
const aliased = join(import.meta.dirname, '..', '..', '.tools', 'cdktn', 'node_modules')
const { resolve } = createRequire(import.meta.url)

registerHooks({
  resolve: (specifier, context, next) =>
    /^(cdktf|constructs)(\/|$)/.test(specifier)
      ? { url: pathToFileURL(resolve(join(aliased, specifier))).href, shortCircuit: true }
      : next(specifier, context),
})
