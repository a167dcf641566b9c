/*
 * The Nodes that some tests run their programs on, from the npm registry: with FUND_STRICT=1, when a test for which one is
 * missing fails. Else such a test is skipped, and nobody waits for downloads; `pnpm check:packages` gets them as well.
 */
import { getNode, versions } from './lib/nodes.ts'
import { script } from './lib/script.ts'

await script(async () => {
  if (process.env.FUND_STRICT !== '1') return
  for (const major of Object.keys(versions)) {
    const { version, path } = await getNode(major)
    console.log(`Node ${version}: ${path}`)
  }
})
