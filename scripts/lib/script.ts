import process from 'node:process'

/** What a person can do something about: one sentence, and the command that comes next where there is one. */
export class Failure extends Error {
  readonly next: string | undefined
  readonly exitCode: number

  constructor(sentence: string, { next, exitCode = 1 }: { next?: string; exitCode?: number } = {}) {
    super(sentence)
    this.next = next
    this.exitCode = exitCode
  }
}

/** Wrong usage: exit code 2, and the line that shows how the command is used. */
export function wrongUsage(sentence: string, usage: string): Failure {
  return new Failure(`${sentence}\n${usage}`, { exitCode: 2 })
}

/** Runs a script's body. Whatever goes wrong is said in a sentence; FUND_DEBUG=1 adds the stack. */
export async function script(run: (args: string[]) => Promise<void>): Promise<void> {
  try {
    await run(process.argv.slice(2))
  } catch (error) {
    const failure = error instanceof Error ? error : new Error(String(error))
    console.error(process.env.FUND_DEBUG === '1' ? failure.stack : failure.message)
    if (failure instanceof Failure && failure.next !== undefined) console.error(`Next: ${failure.next}`)
    process.exitCode = failure instanceof Failure ? failure.exitCode : 1
  }
}
