import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Installed, nodeOf } from '../testing/installed.ts'
import { type Ended, programFile, RunningProgram } from '../testing/run-program.ts'

const installed = new Installed()
const files = { external: '', externalMinified: '', oneFile: '', oneFileMinified: '', keepNames: '' }

beforeAll(async () => {
  await installed.install()
  const bundle = async (form: keyof typeof files, program: string, ...options: string[]): Promise<void> => {
    files[form] = await installed.bundle(program, form, ...options)
  }
  await Promise.all([
    bundle('external', 'forms', '--external', '@fund/threading'),
    bundle('externalMinified', 'forms', '--external', '@fund/threading', '--minify'),
    bundle('oneFile', 'forms-registered'),
    bundle('oneFileMinified', 'forms-registered', '--minify'),
    bundle('keepNames', 'forms-registered', '--minify', '--keep-names'),
  ])
}, 60_000)

afterAll(() => installed[Symbol.dispose]())

async function run(file: string, node: string = process.execPath): Promise<Ended> {
  await using program = new RunningProgram(file, { node })
  return await program.ends()
}

function expectAll({ code, stdout, stderr }: Ended): void {
  expect(stderr).toMatch(/^Exception in thread failing:\nError: on purpose\n/)
  expect(stdout).toBe('A1 A2 B1 B2\ntrue true 6\ntrue\n')
  expect(code).toBe(0)
}

function expectRegistered({ code, stdout, stderr }: Ended): void {
  expect(stderr).toBe('')
  expect(stdout).toBe(
    'A1 A2 B1 B2\n6\n' +
      'Cannot start T: unregistered is bundled into one file with @fund/threading, where a thread cannot find it (ENOENT). ' +
      'Write register(import.meta.url, unregistered) below it, at the top level.\n',
  )
  expect(code).toBe(0)
}

describe('from source', () => {
  it('runs in the workspace', async () => expectAll(await run(programFile('forms'))))

  it('finds an arrow function where it was exported, though the file that starts it has the same text', async () => {
    expect(await run(programFile('arrow'))).toMatchObject({ code: 0, stdout: 'hello\n', stderr: '' })
  })

  it('runs with the package installed', async () => expectAll(await run(installed.copy('forms'))))
})

describe.each(['20', '22', '24', '26'])('on Node %s', (major) => {
  it('runs as a bundle that leaves the package external', async (context) =>
    expectAll(await run(files.external, nodeOf(major, context))))

  it('runs minified', async (context) => expectAll(await run(files.externalMinified, nodeOf(major, context))))

  it('runs as one file, if what threads run is registered', async (context) =>
    expectRegistered(await run(files.oneFile, nodeOf(major, context))))

  it('runs as one file, minified', async (context) =>
    expectRegistered(await run(files.oneFileMinified, nodeOf(major, context))))
})

describe('a bundler that keeps names', () => {
  it('does not break the text that threads begin with', async () => expectRegistered(await run(files.keepNames)))
})
