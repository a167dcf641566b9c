import { existsSync, mkdirSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import process from 'node:process'
import { readArguments } from './lib/arguments.ts'
import { build, pack } from './lib/pack.ts'
import { Failure, script, wrongUsage } from './lib/script.ts'
import { writeStandalone } from './lib/standalone.ts'
import { dependenciesOf, type Package, root, steps } from './lib/workspace.ts'

const usage = 'Usage: pnpm checkout <step> <folder>'
const options = { help: { type: 'boolean', short: 'h' } } as const

await script(async (args) => {
  const { values, positionals } = readArguments({ args, options, allowPositionals: true }, usage)
  if (values.help) return console.log(help())
  const [name, typed, ...rest] = positionals
  if (name === undefined) throw wrongUsage(`Say which step: ${names()}.`, usage)
  const step = steps().find((each) => each.short === name)
  if (step === undefined) throw wrongUsage(`There is no step "${name}". The steps are ${names()}.`, usage)
  if (!typed) throw wrongUsage(`Say which folder to write ${name} into.`, usage)
  if (rest.length > 0) throw wrongUsage(`There is one folder too many: ${rest.join(' ')}.`, usage)
  // Under `pnpm checkout` the working folder is the repository's; the person may stand elsewhere.
  const standing = process.env.INIT_CWD ?? process.cwd()
  const folder = resolve(standing, typed)
  refuse(folder, typed)
  await write(step, folder)
  console.log(closing(step, relative(standing, folder) || '.'))
})

function names(): string {
  return steps()
    .map(({ short }) => short)
    .join(', ')
}

function help(): string {
  const rows = steps().map(({ short, manifest }) => `  ${short.padEnd(10)} ${manifest.fund?.title}`)
  return [
    usage,
    '',
    'Writes one step into a folder of its own, which needs npm and nothing of this repository.',
    '',
    ...rows,
    '',
    'Example: pnpm checkout echo ~/echo',
  ].join('\n')
}

function refuse(folder: string, typed: string): void {
  const another = 'pnpm checkout <step> <another folder>'
  if (existsSync(folder)) {
    if (!isFolder(folder)) throw new Failure(`Cannot write into ${typed}: it is a file.`, { next: another })
    if (readdirSync(folder).length > 0) {
      throw new Failure(`Cannot write into ${typed}: the folder is not empty.`, { next: another })
    }
  }
  if (`${real(folder)}${sep}`.startsWith(`${realpathSync(root)}${sep}`)) {
    throw new Failure(
      `Cannot write into ${typed}: it lies inside this repository, and npm would take it for a part of it.`,
      {
        next: another,
      },
    )
  }
}

function isFolder(path: string): boolean {
  try {
    readdirSync(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return false
    throw error
  }
}

/** The real path of a folder that may not exist yet: a link on the way there may lead back into the repository. */
function real(folder: string): string {
  if (existsSync(folder)) return realpathSync(folder)
  return join(real(dirname(folder)), folder.slice(dirname(folder).length))
}

/** Writes the folder, or, when something fails, takes away what it wrote. */
async function write(step: Package, folder: string): Promise<void> {
  const created = create(folder)
  try {
    const ours = dependenciesOf(step)
    if (ours.length > 0) await build(ours)
    const vendored = new Map<string, string>()
    for (const each of ours) {
      const { tarball } = await pack(each, join(folder, 'vendor'))
      vendored.set(each.name, basename(tarball))
    }
    writeStandalone(step, folder, vendored)
  } catch (error) {
    if (created !== undefined) rmSync(created, { recursive: true, force: true })
    else for (const entry of readdirSync(folder)) rmSync(join(folder, entry), { recursive: true, force: true })
    throw error
  }
}

/** Makes the folder and gives the outermost one that was not there before, so that it can be taken away again. */
function create(folder: string): string | undefined {
  try {
    return mkdirSync(folder, { recursive: true })
  } catch (error) {
    const reasons: Record<string, string> = {
      ENOTDIR: 'a file is in the way',
      EEXIST: 'a file is in the way',
      EACCES: 'you may not write there',
      EROFS: 'the disk is read-only',
    }
    const code = (error as NodeJS.ErrnoException).code ?? ''
    if (reasons[code] === undefined) throw error
    throw new Failure(`Cannot make ${folder}: ${reasons[code]} (${code}).`)
  }
}

function closing({ short, manifest }: Package, folder: string): string {
  return [
    `${manifest.fund?.title} (${short}) is in ${folder}. Next:`,
    '',
    `  cd ${/\s/.test(folder) ? `'${folder}'` : folder}`,
    '  npm install',
    '  npm start',
    '  npm test',
  ].join('\n')
}
