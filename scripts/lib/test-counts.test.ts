import { describe, expect, it } from 'vitest'
import { closingLine, countReport, type Report, sumCounts } from './test-counts.ts'

const fine: Report = {
  success: true,
  numPassedTests: 3,
  numFailedTests: 0,
  numPendingTests: 1,
  numTodoTests: 1,
  testResults: [{ status: 'passed', assertionResults: [{}, {}, {}] }],
}

describe('countReport', () => {
  it('counts what passed, failed and was skipped', () => {
    expect(countReport({ ...fine, success: false, numFailedTests: 2 })).toEqual({ passed: 3, failed: 2, skipped: 2 })
  })

  it('counts a file that could not be loaded as one failure', () => {
    const testResults = [...fine.testResults, { status: 'failed', assertionResults: [] }]

    expect(countReport({ ...fine, success: false, testResults }).failed).toBe(1)
  })

  it('counts a run that failed although every test passed as one failure', () => {
    expect(countReport({ ...fine, success: false }).failed).toBe(1)
  })
})

describe('closingLine', () => {
  it('names the skipped ones only when there are any', () => {
    const counts = sumCounts([countReport(fine), { passed: 1, failed: 1, skipped: 0 }])

    expect(closingLine(counts)).toBe('4 passed, 1 failed, 2 skipped')
    expect(closingLine({ ...counts, skipped: 0 })).toBe('4 passed, 1 failed')
  })
})
