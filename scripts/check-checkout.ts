import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { readArguments } from './lib/arguments.ts'
import { stranger } from './lib/environment.ts'
import { must } from './lib/execute.ts'
import { Failure, script, wrongUsage } from './lib/script.ts'
import { talk } from './lib/talk.ts'
import { tempFolder } from './lib/temp-folder.ts'
import { type Package, root, steps } from './lib/workspace.ts'

const usage = 'Usage: pnpm check:checkout [--all] [<step>...]'
const options = { all: { type: 'boolean' } } as const

await script(async (args) => {
  const { values, positionals } = readArguments({ args, options, allowPositionals: true }, usage)
  const unknown = positionals.find((name) => !steps().some(({ short }) => short === name))
  if (unknown !== undefined) throw wrongUsage(`There is no step "${unknown}".`, usage)
  // Who names steps is at work on them, and the sparse checkout is about echo.
  const wanted = positionals.length > 0 ? positionals : ['echo']
  for (const step of steps().filter(({ short }) => values.all || wanted.includes(short))) await checkCheckout(step)
  if (positionals.length === 0) await checkSparse()
})

/** `pnpm checkout <step>` into a folder outside, then what its reader would type there. */
async function checkCheckout(step: Package): Promise<void> {
  using temp = tempFolder(`checkout-${step.short}`)
  const folder = join(temp.path, step.short)
  const env = stranger()
  await must('pnpm', ['checkout', step.short, folder])
  const installed = await must('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'], { cwd: folder, env })
  const nodes = readdirSync(join(folder, 'node_modules')).filter((name) => /^node-(bin-)?(linux|darwin|win)/.test(name))
  if (nodes.length !== 1)
    throw new Failure(`npm installed ${nodes.length} Nodes in the standalone ${step.short}: ${nodes}.`)
  await talk(step.short, { command: 'npm', words: ['start', '--'], cwd: folder, env })
  const tested = await must('npm', ['test'], { cwd: folder, env })
  await must('npm', ['run', 'typecheck'], { cwd: folder, env })
  const [install, test] = [installed, tested].map(({ seconds }) => seconds.toFixed(1))
  console.log(
    `${step.short} alone: npm install (${install} s), npm start, npm test (${test} s) and its types hold; ${nodes[0]}.`,
  )
}

/** `git sparse-checkout` of echo and what it needs: start and test through pnpm, with nothing installed before. */
async function checkSparse(): Promise<void> {
  using temp = tempFolder('sparse')
  const snapshot = await takeSnapshot(temp.path)
  const folder = join(temp.path, 'fund')
  await must('git', ['clone', '--quiet', '--no-checkout', snapshot, folder])
  await must('git', ['sparse-checkout', 'set', 'packages/echo', 'packages/net-core'], { cwd: folder })
  await must('git', ['checkout', '--quiet', 'main'], { cwd: folder })
  if (existsSync(join(folder, 'packages/hello'))) throw new Failure('The sparse checkout holds hello as well.')
  const env = stranger()
  // Its first start installs, which takes a while.
  const words = ['--filter', 'echo', 'start']
  await talk('echo', { command: 'pnpm', words, cwd: folder, env, readyMs: 180_000 })
  await must('pnpm', ['--filter', 'echo', 'test'], { cwd: folder, env })
  console.log('echo and net-core by git sparse-checkout: pnpm --filter echo start and test hold.')
}

/** A repository of what lies in this folder now, committed or not; what git ignores stays behind. */
async function takeSnapshot(temp: string): Promise<string> {
  const folder = join(temp, 'snapshot')
  const git = (...args: string[]) => must('git', [`--git-dir=${join(folder, '.git')}`, `--work-tree=${root}`, ...args])
  await must('git', ['init', '--quiet', '--initial-branch=main', folder])
  await git('add', '--all')
  await git('-c', 'user.name=Fund', '-c', 'user.email=fund@example.invalid', 'commit', '--quiet', '-m', 'Snapshot')
  return folder
}
