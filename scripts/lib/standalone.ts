import { cpSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import config from '../../vitest.config.ts'
import { standaloneGuide } from './standalone-guide.ts'
import { type Manifest, type Package, readJson, root, rootManifest } from './workspace.ts'

/** Writes one package as a project that needs no monorepo. `vendored` maps a package of ours to its tarball in `vendor/`. */
export function writeStandalone(step: Package, folder: string, vendored: Map<string, string>): void {
  const leftBehind =
    /(^|[\\/])(node_modules|dist|reports|\.turbo|\.examples|CHANGELOG\.md|package\.json|tsconfig\.json)$/
  cpSync(step.folder, folder, { recursive: true, filter: (file) => !leftBehind.test(file.slice(step.folder.length)) })
  for (const guide of globSync('*.md', { cwd: folder }).map((file) => join(folder, file))) {
    writeFileSync(guide, standaloneGuide(readFileSync(guide, 'utf8'), step.short))
  }
  cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'))
  writeJson(join(folder, 'package.json'), standaloneManifest(step, rootManifest(), vendored))
  writeJson(join(folder, 'tsconfig.json'), flatTsconfig(step.folder))
  writeFileSync(join(folder, 'vitest.config.ts'), vitestConfig())
  writeFileSync(join(folder, '.gitignore'), 'node_modules/\ndist/\n')
}

/** The package.json of the standalone form: nothing in it points out of its own folder. */
function standaloneManifest(step: Package, root: Manifest, vendored: Map<string, string>): object {
  const { name, version, description, license, type, fund, bin, exports, engines } = step.manifest
  const dependencies = Object.entries(step.manifest.dependencies ?? {}).filter(([each]) => !vendored.has(each))
  return {
    name,
    version,
    private: true,
    description,
    license,
    type,
    fund,
    bin,
    exports,
    engines,
    scripts: { start: step.manifest.scripts?.start, test: 'vitest run', typecheck: 'tsc' },
    dependencies: {
      ...Object.fromEntries(dependencies),
      // What our packages need of each other is listed here too: npm would look for it in the registry otherwise.
      ...Object.fromEntries([...vendored].map(([each, tarball]) => [each, `file:vendor/${tarball}`])),
    },
    devDependencies: { ...pick(root.devDependencies, toolsOf(step.folder)), ...step.manifest.devDependencies },
    // Node itself, so that the folder works where the installed one is too old to run TypeScript.
    optionalDependencies: root.optionalDependencies,
  }
}

/** The tools a package's tests import, beside the three that every standalone folder has. */
function toolsOf(folder: string): string[] {
  const tests = globSync('src/**/*.ts', { cwd: folder }).map((file) => readFileSync(join(folder, file), 'utf8'))
  const used = ['fast-check'].filter((tool) => tests.some((text) => text.includes(`from '${tool}'`)))
  return ['@types/node', ...used, 'typescript', 'vitest']
}

function pick(from: Record<string, string> = {}, names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, from[name] ?? '*']))
}

function flatTsconfig(folder: string): object {
  const base = readJson<{ compilerOptions: object }>(join(root, 'tsconfig.base.json'))
  const { extends: _, ...own } = readJson<{ extends?: string; compilerOptions?: object }>(join(folder, 'tsconfig.json'))
  return { ...own, compilerOptions: { ...base.compilerOptions, ...own.compilerOptions } }
}

function vitestConfig(): string {
  const { testTimeout, maxWorkers } = config.test ?? {}
  return [
    "import { defineConfig } from 'vitest/config'",
    '',
    'export default defineConfig({',
    `  test: { include: ['src/**/*.test.ts'], testTimeout: ${testTimeout}, maxWorkers: ${maxWorkers} },`,
    '})',
    '',
  ].join('\n')
}

function writeJson(file: string, value: object): void {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`)
}
