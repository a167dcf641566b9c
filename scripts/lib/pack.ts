import { must } from './execute.ts'
import type { Package } from './workspace.ts'

/** A packed package: where the tarball is, and the files it holds. */
export type Packed = { tarball: string; files: string[] }

/** Builds packages, and what they need of ours, from turbo's cache where it can. */
export async function build(packages: Package[]): Promise<void> {
  const filters = packages.map(({ name }) => `--filter=${name}`)
  await must('pnpm', ['exec', 'turbo', 'run', 'build', ...filters, '--output-logs=errors-only'])
}

/** Packs a built package into `into`, as it would go to the registry. */
export async function pack({ folder }: Package, into: string): Promise<Packed> {
  const { stdout } = await must('pnpm', ['pack', '--json', '--pack-destination', into], { cwd: folder })
  const { filename, files } = JSON.parse(stdout) as { filename: string; files: { path: string }[] }
  return { tarball: filename, files: files.map(({ path }) => path) }
}
