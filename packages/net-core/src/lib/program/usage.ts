import { type Language, messages, say } from '../../messages.ts'
import { commonOptions } from './arguments.ts'
import type { AnyProgram, ProgramOption, ProgramOptions } from './program.ts'

function optionWord(name: string, option: ProgramOption): string {
  if (name === 'trace') return '--trace[=plain|lanes|json|hex]'
  if (option.kind === 'flag') return `--${name}`
  if (option.kind === 'text') return `--${name} ${option.value}`
  return `--${name} ${option.kind === 'count' ? 'N' : option.choices.join('|')}`
}

/** Whether it listens at all, with any of its subprograms. */
function takesPort({ subprograms }: AnyProgram): boolean {
  return subprograms === undefined || Object.values(subprograms).some((each) => each.takesPort)
}

function allOptions(program: AnyProgram): [string, ProgramOption][] {
  const options: ProgramOptions = { ...program.options, ...commonOptions }
  return Object.entries(options).filter(([name]) => takesPort(program) || !['host', 'trace', 'quiet'].includes(name))
}

function portRow(language: Language): [string, string] {
  return [say(messages['help.portWord'], language), say(messages['help.port'], language)]
}

/** The usage line: the command and all it takes. */
export function usageLine(program: AnyProgram, language: Language): string {
  const names = Object.keys(program.subprograms ?? {})
  const port = say(messages['help.portWord'], language)
  const words = [
    ...(names.length > 0 ? [`[${names.join('|')}]`] : []),
    ...(takesPort(program) ? [`[${port}]`] : []),
    ...allOptions(program).map(([name, option]) => `[${optionWord(name, option)}]`),
  ]
  return `${say(messages['help.usage'], language)} ${program.name} ${words.join(' ')}\n`
}

/** What `--help` prints. */
export function helpText(program: AnyProgram, language: Language): string {
  const rows: [string, string][] = [
    ...Object.entries(program.subprograms ?? {}).map(([name, { summary }]): [string, string] => [
      name,
      summary[language],
    ]),
    ...(takesPort(program) ? [portRow(language)] : []),
    ...allOptions(program).map(([name, option]): [string, string] => [optionWord(name, option), option.help[language]]),
  ]
  const width = 2 + Math.max(...rows.map(([word]) => word.length))
  const table = rows.map(([word, help]) => `  ${word.padEnd(width)}${help}\n`).join('')
  return `${program.name} ${program.version}: ${program.summary[language]}\n\n${usageLine(program, language)}\n${table}`
}
