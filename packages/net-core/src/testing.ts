export { ProgramProcess, type ProgramProcessOptions, startProgram } from './testing/program-process.ts'
export { lacking, requiresProgram, type Skippable } from './testing/requires.ts'
export { until } from './testing/until.ts'
