import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { type ProgramProcess, startProgram } from '@fund/net-core/testing'

const bin = fileURLToPath(new URL('../bin.ts', import.meta.url))

/** Starts fund-tiny-http, on a free port when `port` says none, in English and without colours unless `env` says otherwise. */
export function start(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
  port = 0,
): ProgramProcess {
  const plain = { FUND_LANG: 'en', NO_COLOR: '1', INIT_CWD: undefined, ...env }
  return startProgram([process.execPath, bin, String(port), ...args], { env: plain, cwd: tmpdir() })
}
