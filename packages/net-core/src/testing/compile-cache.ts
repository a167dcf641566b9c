import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * The environment of a worker thread that runs our sources. With it Node compiles them once, not again in each of 64
 * threads, which would take a busy machine longer than the test.
 */
export function compileOnce(): NodeJS.ProcessEnv {
  return { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'fund-compile-cache') }
}
