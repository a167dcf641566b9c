import { expect, it } from 'vitest'
import { storm } from '../../testing/stress/storm.ts'

it('loses no wakeup and no byte in a storm of threads', async () => {
  const report = await storm({ seconds: 4, clients: 6, burners: 1 })

  expect(report.messages).toBeGreaterThan(20)
  expect(report.closedByOthers).toBeGreaterThan(0)
}, 60_000)
