import { afterAll, describe, it } from 'vitest'
import { Conductor, type FaceName } from './conductor.ts'
import { scenarios } from './scenarios.ts'

const faces: readonly FaceName[] = ['await', 'blocking']

describe.each(faces)('the %s face', (face) => {
  let conductor: Conductor | undefined

  afterAll(async () => {
    await conductor?.[Symbol.asyncDispose]()
  })

  it.each(scenarios)('$name', async (scenario) => {
    if (conductor?.isSpoilt) {
      await conductor[Symbol.asyncDispose]()
      conductor = undefined
    }
    conductor ??= new Conductor(face)
    await conductor.play(scenario)
  })
})
