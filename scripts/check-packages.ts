import { join, relative } from 'node:path'
import { readArguments } from './lib/arguments.ts'
import { atATime } from './lib/at-a-time.ts'
import { stranger } from './lib/environment.ts'
import { helpRatio } from './lib/help-ratio.ts'
import { getNode, type Node, versions } from './lib/nodes.ts'
import { build, pack } from './lib/pack.ts'
import { binOf, checkTarball, installAlone, jsWeight } from './lib/packed.ts'
import { Failure, script, wrongUsage } from './lib/script.ts'
import { talk } from './lib/talk.ts'
import { tempFolder } from './lib/temp-folder.ts'
import { dependenciesOf, type Package, packages, steps } from './lib/workspace.ts'

const weightLimit = 60_000
const usage = 'Usage: pnpm check:packages [--nodes 20,22,24,26] [--steps echo,hello,...]'
const options = { nodes: { type: 'string' }, steps: { type: 'string' } } as const

await script(async (args) => {
  const { values } = readArguments({ args, options }, usage)
  const names = chosen('step', known(), values.steps)
  const majors = chosen('Node', Object.keys(versions), values.nodes)
  const wanted = steps().filter(({ short }) => names.includes(short))
  // Everything, or only what the wanted steps need.
  const needed = packages().filter(
    (each) => values.steps === undefined || wanted.some((step) => step.name === each.name || needs(step, each)),
  )
  using temp = tempFolder('packages')
  const unpacked = (short: string): string => join(temp.path, 'unpacked', short)
  const alone = (short: string): string => join(temp.path, 'alone', short)

  const nodes = await atATime(2, majors, getNode)
  await build(needed)
  const tarballs = new Map<string, string>()
  await atATime(2, needed, async (each) => {
    const packed = await pack(each, temp.path)
    tarballs.set(each.name, packed.tarball)
    await checkTarball(each.manifest, packed, unpacked(each.short))
  })
  console.log(`${needed.length} tarballs hold what they should; publint and attw have nothing against them.`)
  if (names.includes('echo')) weigh(temp.path, unpacked('echo'), unpacked('net-core'))

  await atATime(2, wanted, async (step) => {
    const files = [step, ...dependenciesOf(step)].map(({ name }) => tarballs.get(name) ?? '')
    await installAlone(step, files, alone(step.short))
    await converse(step, nodes, alone(step.short))
  })
  const echo = wanted.find(({ short }) => short === 'echo')
  // Last, when nothing else of ours is running.
  if (echo !== undefined) for (const node of nodes) reportHelp(node, binOf(echo, alone('echo')))
})

function known(): string[] {
  return steps().map(({ short }) => short)
}

function needs(step: Package, other: Package): boolean {
  return dependenciesOf(step).some(({ name }) => name === other.name)
}

function chosen(what: string, from: string[], typed: string | undefined): string[] {
  const names = typed?.split(',') ?? from
  const unknown = names.find((name) => !from.includes(name))
  if (unknown === undefined) return names
  throw wrongUsage(`There is no ${what} "${unknown}" here; there is ${from.join(', ')}.`, usage)
}

/** The JavaScript that a user of echo gets: what importing it, running it and net-core's two entries load. */
function weigh(temp: string, echo: string, core: string): void {
  const { bytes, files } = jsWeight(echo, core)
  const list = files.map((file) => relative(join(temp, 'unpacked'), file)).join(', ')
  const figure = `${bytes} bytes of at most ${weightLimit}, unpacked`
  if (bytes >= weightLimit) throw new Failure(`The JavaScript of echo has grown to ${figure}: ${list}.`)
  console.log(
    `The JavaScript reached from echo's \`.\` and bin and net-core's \`.\` and \`./program\`: ${figure} (${list}).`,
  )
}

/** Talks to an installed step on every Node; the counters mostly sleep, so they do it at the same time. */
async function converse(step: Package, nodes: Node[], folder: string): Promise<void> {
  const start = { words: [binOf(step, folder)], cwd: folder, env: stranger() }
  await atATime(step.short === 'threads' ? nodes.length : 1, nodes, async ({ path, version }) => {
    try {
      await talk(step.short, { ...start, command: path })
    } catch (error) {
      throw new Failure(`On Node ${version}, ${step.short} installed alone: ${(error as Error).message}`, {
        next: `pnpm check:packages --steps ${step.short} --nodes ${version.split('.')[0]}`,
      })
    }
  })
  const list = nodes.map(({ version }) => version).join(', ')
  console.log(`${step.short} installed alone answers and ends well on Node ${list}.`)
}

/** Only told: a figure that depends on the machine's mood is not a test. */
function reportHelp({ path, version }: Node, bin: string): void {
  const { ratio, helpMs, bareMs } = helpRatio(path, bin)
  const [help, bare] = [helpMs, bareMs].map((ms) => ms.toFixed(0))
  console.log(`fund-echo --help on Node ${version}: ${ratio.toFixed(2)} x \`node -e 0\` (${help} ms to ${bare} ms).`)
}
