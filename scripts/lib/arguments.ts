import { type ParseArgsConfig, parseArgs } from 'node:util'
import { wrongUsage } from './script.ts'

/** `parseArgs`, whose complaints become wrong usage (exit code 2) with the usage line. */
export function readArguments<T extends ParseArgsConfig>(config: T, usage: string): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    if (!code.startsWith('ERR_PARSE_ARGS')) throw error
    throw wrongUsage((error as Error).message, usage)
  }
}
