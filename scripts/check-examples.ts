import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, join, relative } from 'node:path'
import process from 'node:process'
import ts from 'typescript'
import { readArguments } from './lib/arguments.ts'
import { atATime } from './lib/at-a-time.ts'
import { type Example, examplesInReadme, examplesInSource } from './lib/examples.ts'
import { execute } from './lib/execute.ts'
import { Failure, script, wrongUsage } from './lib/script.ts'
import { undocumented } from './lib/undocumented.ts'
import { type Package, packages, root, steps } from './lib/workspace.ts'

/** An example written out as a file that can be run. */
type Runnable = Example & { written: string }

const timeoutMs = 10_000
const usage = 'Usage: pnpm check:examples [<package>...]'

await script(async (args) => {
  const { positionals } = readArguments({ args, allowPositionals: true }, usage)
  const chosen = packages().filter(({ short }) => positionals.length === 0 || positionals.includes(short))
  const unknown = positionals.find((name) => !chosen.some(({ short }) => short === name))
  if (unknown !== undefined) throw wrongUsage(`There is no package "${unknown}".`, usage)
  try {
    const found = chosen.map(collect)
    const runnable = found.flatMap(({ runnable }) => runnable)
    const complaints = found.flatMap(({ unfenced }) => unfenced)
    const program = ts.createProgram([...chosen.flatMap(entries), ...runnable.map(({ written }) => written)], options())
    complaints.push(...undocumented(program, chosen.flatMap(entries), isProgram), ...misuses(program, runnable))
    const runs = await atATime(Math.min(2, availableParallelism()), runnable, run)
    complaints.push(...runs.filter((each) => each !== undefined))
    if (complaints.length > 0) {
      throw new Failure(`${complaints.join('\n')}\n\n${complaints.length} complaints about the examples.`, {
        next: 'pnpm check:examples',
      })
    }
    console.log(`${runnable.length} examples of ${chosen.length} packages compile and ran to their end.`)
  } finally {
    for (const each of chosen) rmSync(join(each.folder, '.examples'), { recursive: true, force: true })
  }
})

/** Whether a file is a step's program, which is there to be read. */
function isProgram(entry: string): boolean {
  return steps().some(({ folder }) => entry.startsWith(join(folder, 'src')))
}

/** The public entries of a package: what `exports` names. */
function entries({ folder, manifest }: Package): string[] {
  const targets = Object.values(manifest.exports ?? {}).filter((target) => typeof target === 'string')
  return targets.filter((target) => target.endsWith('.ts')).map((target) => join(folder, target))
}

/** Writes a package's examples into it, so that its own name and its dependencies' resolve, and gives them. */
function collect({ folder }: Package): { runnable: Runnable[]; unfenced: string[] } {
  const sources = globSync('src/**/*.ts', { cwd: folder }).filter((file) => !/\.(test|bench)\.ts$/.test(file))
  const unfenced: string[] = []
  const examples = sources.flatMap((file) => {
    const path = join(folder, file)
    const found = examplesInSource(path, readFileSync(path, 'utf8'))
    for (const line of found.unfenced)
      unfenced.push(`${relative(root, path)}:${line}: the example has no \`\`\`ts block.`)
    return found.examples
  })
  for (const file of globSync('README*.md', { cwd: folder })) {
    examples.push(...examplesInReadme(join(folder, file), readFileSync(join(folder, file), 'utf8')))
  }
  const target = join(folder, '.examples')
  rmSync(target, { recursive: true, force: true })
  mkdirSync(target)
  return {
    runnable: examples.map((example, index) => write(example, join(target, `${index}-${slug(example)}.ts`))),
    unfenced,
  }
}

function slug({ file, line }: Example): string {
  return `${basename(file).replace(/\W+/g, '-')}-${line}`
}

function write(example: Example, written: string): Runnable {
  // A file without an import is a script to TypeScript, and `await` at its top an error: this makes it a module.
  writeFileSync(written, `${example.code}export {}\n`)
  return { ...example, written }
}

function options(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.base.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  return { ...options, isolatedDeclarations: false, declaration: false, types: ['node'], typeRoots: typeRoots() }
}

function typeRoots(): string[] {
  return [join(root, 'node_modules/@types')]
}

/** What TypeScript says against the examples: a reader pastes them into a project that is checked. */
function misuses(program: ts.Program, runnable: Runnable[]): string[] {
  return runnable.flatMap((example) => {
    const source = program.getSourceFile(example.written)
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
    return found.map((diagnostic) => {
      const line = source?.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line ?? 0
      const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n')
      return `${relative(root, example.file)}:${example.line + line}: ${text} (TS${diagnostic.code})`
    })
  })
}

/** Runs one example; what is wrong with it, if anything, with places that point into the documentation. */
async function run(example: Runnable): Promise<string | undefined> {
  const cwd = join(example.written, '../..')
  const done = await execute(process.execPath, [example.written], { cwd, timeoutMs })
  if (done.code === 0) return undefined
  const here = relative(root, example.file)
  const said = done.output.replaceAll(/(?:file:\/\/)?[^\s()]*\/\.examples\/([\w-]+\.ts):(\d+)/g, (all, file, line) =>
    basename(example.written) === file ? `${here}:${example.line + Number(line) - 1}` : all,
  )
  const how = done.code === 124 ? 'did not end' : `ended with ${done.code}`
  return `${here}:${example.line}: the example ${how}.\n${said.trim().replace(/^/gm, '    ')}`
}
