import { readFileSync } from 'node:fs'
import { defineConfig } from 'tsup'

/** One configuration for every package: what `exports` and `bin` name as source is what gets built. */
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  exports: Record<string, string>
  bin?: Record<string, string>
}
const isSource = (file: string): boolean => file.endsWith('.ts')
const modules = Object.values(manifest.exports).filter(isSource)

export default defineConfig({
  entry: [...modules, ...Object.values(manifest.bin ?? {})],
  format: 'esm',
  target: 'node20',
  dts: { entry: modules },
  clean: true,
  // What a person reads is the source, which the READMEs point at; what npm carries is small. Names in stack traces are the
  // price. No `keepNames`: it would put a helper of its own into functions that are run from their text.
  minify: true,
})
