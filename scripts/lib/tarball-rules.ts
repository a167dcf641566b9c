import type { Manifest } from './workspace.ts'

/** What is wrong with what a tarball holds, one sentence each. `manifest` is the packed package.json, `source` ours. */
export function tarballFaults(manifest: Manifest, files: string[], source: Manifest = manifest): string[] {
  const { name, fund } = manifest
  const given = fund?.given ?? []
  const expected = ['package.json', 'LICENSE', 'README.md', 'README.pt-BR.md', ...given]
  const allowed = [...expected, 'CHANGELOG.md']
  const extra = files.filter(
    (file) =>
      !allowed.includes(file) && !/^dist\/[^/]+\.(js|d\.ts)$/.test(file) && !(fund && file.startsWith('starter/')),
  )
  const missing = expected.filter((file) => !files.includes(file))
  const faults = [
    ...extra.map((file) => `${name} packs ${file}, which nobody who installs it needs.`),
    ...missing.map((file) => `${name} does not pack ${file}.`),
    ...dependencyFaults(manifest),
    ...entryFaults(manifest, source),
  ]
  if (!files.some((file) => file.startsWith('dist/'))) faults.push(`${name} packs no dist.`)
  if (fund && !files.some((file) => file.startsWith('starter/'))) faults.push(`${name} packs no starter.`)
  return faults
}

/** An optional peer is not brought along: whoever wants it installs it. */
function dependencyFaults(manifest: Manifest): string[] {
  const { name, dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } = manifest
  const peers = Object.entries(peerDependencies ?? {}).filter(([each]) => !peerDependenciesMeta?.[each]?.optional)
  const brought = { ...dependencies, ...optionalDependencies, ...Object.fromEntries(peers) }
  return Object.entries(brought).flatMap(([each, range]) => {
    if (!each.startsWith('@fund/')) return [`${name} brings ${each} along, which is not ours.`]
    return range.startsWith('workspace:')
      ? [`${name} asks for ${each} as ${range}, which npm does not understand.`]
      : []
  })
}

/** Whoever adds an entry to `exports` or `bin` has to add it to `publishConfig` as well, or it ends with the clone. */
function entryFaults({ name, exports = {}, bin = {} }: Manifest, source: Manifest): string[] {
  const lost = Object.keys(source.exports ?? {}).filter((key) => !(key in exports))
  const inSource = Object.entries({ ...exports, ...bin }).filter(([, target]) =>
    /[^d]\.ts"/.test(JSON.stringify(target)),
  )
  return [
    ...lost.map((key) => `${name} exports ${key} here, and not once it is packed.`),
    ...inSource.map(([key]) => `${name} points ${key} at source once it is packed.`),
  ]
}
