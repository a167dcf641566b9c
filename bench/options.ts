import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { Fault, WRONG_USAGE } from './fault.ts'

/** What can be said after the bench's name. */
export interface Options {
  readonly rounds: number
  /** Length of one measured window. */
  readonly seconds: number
  /** Names of the peers, or none for all. */
  readonly only: readonly string[]
  /** Names of the shapes, or none for all. */
  readonly shape: readonly string[]
  /** An absolute path: what was said is relative to where the person typed it. */
  readonly out: string | undefined
  readonly pin: boolean
  /** Draw the plot again from the results that are there, and measure nothing. */
  readonly redraw: boolean
}

export const usage = `usage: pnpm bench <which> [--rounds N] [--seconds S] [--only peer,peer] [--shape 50x64,…] [--out DIR] [--no-pin] [--redraw]`

/** Reads the arguments behind the bench's name. */
export function readOptions(args: string[]): Options {
  const { values } = parse(args)
  return {
    rounds: positive('rounds', values.rounds, Number.isInteger),
    seconds: positive('seconds', values.seconds, Number.isFinite),
    only: list(values.only),
    shape: list(values.shape),
    out: values.out === undefined ? undefined : resolve(process.env.INIT_CWD ?? process.cwd(), values.out),
    pin: values.pin,
    redraw: values.redraw,
  }
}

/** The members of `all` that were named, in their own order; a name that is not among them is a fault. */
export function named<T extends { name: string }>(what: string, all: readonly T[], names: readonly string[]): T[] {
  const known = all.map(({ name }) => name)
  for (const name of names) {
    if (!known.includes(name))
      throw new Fault(`There is no ${what} "${name}". There are: ${known.join(', ')}`, WRONG_USAGE)
  }
  return all.filter(({ name }) => names.length === 0 || names.includes(name))
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowNegative: true,
      options: {
        rounds: { type: 'string', default: '5' },
        seconds: { type: 'string', default: '1' },
        only: { type: 'string', default: '' },
        shape: { type: 'string', default: '' },
        out: { type: 'string' },
        pin: { type: 'boolean', default: true },
        redraw: { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    throw new Fault(`${(error as Error).message}\n${usage}`, WRONG_USAGE)
  }
}

function positive(name: string, text: string, isFine: (value: number) => boolean): number {
  const value = Number(text)
  if (!isFine(value) || value <= 0 || value > 1000) {
    throw new Fault(`--${name} wants a number above 0 and up to 1000, not "${text}"`, WRONG_USAGE)
  }
  return value
}

function list(text: string): string[] {
  return text.split(',').filter((word) => word !== '')
}
