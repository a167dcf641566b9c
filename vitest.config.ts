import { defineConfig } from 'vitest/config'

/** One configuration for every package (`vitest run --config ../../vitest.config.ts` in its folder) and the scripts. */
export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'scripts/**/*.test.ts'],
    testTimeout: 30_000, // no test takes 10 s; on a machine that does much else, it may take three times as long
    // Sockets are shared with the whole machine, and it may have two cores: two files at a time.
    maxWorkers: 2,
    reporters: ['default', 'json'],
    outputFile: { json: 'reports/test.json' },
  },
})
