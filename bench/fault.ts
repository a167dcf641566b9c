/** Something the person at the keyboard can mend: told as one sentence, without a stack trace. */
export class Fault extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

/** The command itself was wrong. */
export const WRONG_USAGE = 2
