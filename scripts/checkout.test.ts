import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, describe, expect, it } from 'vitest'
import { type Execution, execute } from './lib/execute.ts'
import { tempFolder } from './lib/temp-folder.ts'
import { root } from './lib/workspace.ts'

const temp = tempFolder('checkout-test')
afterAll(() => temp[Symbol.dispose]())

/** Runs `pnpm checkout` as somebody who stands in the temporary folder. */
async function checkout(...args: string[]): Promise<Execution> {
  const env = { ...process.env, INIT_CWD: temp.path }
  return await execute(process.execPath, [join(root, 'scripts/checkout.ts'), ...args], { env, timeoutMs: 20_000 })
}

describe('pnpm checkout', () => {
  it.each([
    [[], 'Say which step: hello, echo, echocaps, threads, minichat, tiny-http.'],
    [['ecco', 'there'], 'There is no step "ecco". The steps are hello, echo,'],
    [['net-core', 'there'], 'There is no step "net-core".'],
    [['echo'], 'Say which folder to write echo into.'],
    [['echo', ''], 'Say which folder to write echo into.'],
    [['echo', 'there', 'too'], 'There is one folder too many: too.'],
    [['echo', '--force'], "Unknown option '--force'"],
  ])('says of %j what is wrong with it and how it is used, and ends with 2', async (args, sentence) => {
    const { code, output } = await checkout(...args)

    expect(output).toContain(sentence)
    expect(output).toContain('Usage: pnpm checkout <step> <folder>')
    expect(code).toBe(2)
  })

  it('refuses a folder that has something in it, and leaves it as it was', async () => {
    mkdirSync(join(temp.path, 'full'))
    writeFileSync(join(temp.path, 'full/mine.txt'), 'mine')

    const { code, output } = await checkout('echo', 'full')

    expect(output).toBe(
      'Cannot write into full: the folder is not empty.\nNext: pnpm checkout <step> <another folder>\n',
    )
    expect(code).toBe(1)
    expect(readdirSync(join(temp.path, 'full'))).toEqual(['mine.txt'])
  })

  it('refuses a file, and a folder that would lie in one', async () => {
    writeFileSync(join(temp.path, 'file'), '')

    expect((await checkout('echo', 'file')).output).toContain('Cannot write into file: it is a file.')
    expect((await checkout('echo', 'file/in/it')).output).toMatch(
      /^Cannot make .*: a file is in the way \(ENOTDIR\)\.$/m,
    )
  })

  it('refuses a folder inside the repository, also by way of a link', async () => {
    symlinkSync(join(root, 'packages'), join(temp.path, 'link'))

    for (const folder of [join(root, 'mine'), root, 'link/mine']) {
      const { code, output } = await checkout('echo', folder)

      expect(output).toContain(`Cannot write into ${folder}: `)
      expect(code).toBe(1)
    }
    expect(readdirSync(join(root, 'packages'))).not.toContain('mine')
  })

  it('explains itself', async () => {
    const { code, stdout } = await checkout('--help')

    expect(stdout).toContain('Usage: pnpm checkout <step> <folder>')
    expect(stdout).toContain('  tiny-http  ')
    expect(code).toBe(0)
  })
})
