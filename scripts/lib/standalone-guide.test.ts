import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { standaloneGuide } from './standalone-guide.ts'
import { steps } from './workspace.ts'

const guides = steps().flatMap(({ short, folder }) =>
  globSync('*.md', { cwd: folder }).map((file) => [short, file, readFileSync(join(folder, file), 'utf8')] as const),
)

describe('standaloneGuide', () => {
  it.each([
    ['pnpm --filter echo start\n', 'npm start\n'],
    ['The first `pnpm --filter echo start` waits.', 'The first `npm start` waits.'],
    ['pnpm --filter echo start --serve once', 'npm start -- --serve once'],
    ['`pnpm --filter echo start 80`.', '`npm start -- 80`.'],
    ['taskset -c 0 pnpm --filter echo start | cat', 'taskset -c 0 npm start | cat'],
    ['pnpm --filter echocaps start', 'pnpm --filter echocaps start'],
    ['`packages/echo/a.ts`, and `pnpm --filter echo exec node a.ts`', '`a.ts`, and `npx node a.ts`'],
  ])('has npm start the step: %j', (text, standalone) => {
    expect(standaloneGuide(text, 'echo')).toBe(standalone)
  })

  it.each([
    ['next: [echo](../echo/README.md)', 'next: echo'],
    ['([which netcat\ndoes what](../echo/README.md#ctrl-d)).', '(which netcat\ndoes what).'],
    ['![What it costs](../../bench/results/cost.svg)', 'What it costs'],
    ['1. [src/hello.ts](src/hello.ts) and [below](#below)', '1. [src/hello.ts](src/hello.ts) and [below](#below)'],
  ])('keeps the words of a link that leads out of the folder: %j', (text, standalone) => {
    expect(standaloneGuide(text, 'hello')).toBe(standalone)
  })

  it.each(guides)('leaves nothing in %s/%s that is only there in the repository', (step, _, text) => {
    const standalone = standaloneGuide(text, step)

    expect(standalone).not.toMatch(/\]\(\s*\.\.|packages\/\w/)
    expect(standalone).not.toMatch(new RegExp(`--filter\\s+${step}\\s`))
    expect(standalone).toContain('npm start')
  })
})
