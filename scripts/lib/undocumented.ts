import { relative } from 'node:path'
import ts from 'typescript'
import { root } from './workspace.ts'

/**
 * The functions and classes that the entries export and that have no JSDoc with an `@example`, as `file:line: sentence`. A
 * step's own program is one text, to be read from top to bottom: there, one example in the file is enough.
 */
export function undocumented(program: ts.Program, entries: string[], isProgram: (entry: string) => boolean): string[] {
  const checker = program.getTypeChecker()
  const missing = new Set<string>()
  for (const entry of entries) {
    const source = program.getSourceFile(entry)
    const module = source && checker.getSymbolAtLocation(source)
    if (source === undefined || module === undefined) continue
    if (isProgram(entry) && source.statements.some(hasExample)) continue
    for (const exported of checker.getExportsOfModule(module)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
      const declarations = (symbol.declarations ?? []).filter((each) => callable(each, checker))
      // The package that owns a re-exported symbol documents it.
      const ours = declarations.filter((each) =>
        entries.some((file) => sameSource(file, each.getSourceFile().fileName)),
      )
      if (ours.length === 0 || ours.some(hasExample)) continue
      missing.add(
        `${place(ours[0] as ts.Declaration)}: the exported ${kind(ours[0])} ${exported.name} has no @example.`,
      )
    }
  }
  return [...missing]
}

function callable(declaration: ts.Declaration, checker: ts.TypeChecker): boolean {
  if (ts.isFunctionDeclaration(declaration) || ts.isClassDeclaration(declaration)) return true
  return ts.isVariableDeclaration(declaration) && checker.getTypeAtLocation(declaration).getCallSignatures().length > 0
}

function hasExample(declaration: ts.Node): boolean {
  return ts.getJSDocTags(declaration).some((tag) => tag.tagName.text === 'example')
}

/** Whether two files lie in the same package's `src`. */
function sameSource(a: string, b: string): boolean {
  const source = (file: string): string => relative(root, file).replaceAll('\\', '/').split('/src/')[0] ?? ''
  return source(a) === source(b)
}

function kind(declaration: ts.Declaration | undefined): string {
  return declaration !== undefined && ts.isClassDeclaration(declaration) ? 'class' : 'function'
}

function place(declaration: ts.Declaration): string {
  const source = declaration.getSourceFile()
  const { line } = source.getLineAndCharacterOfPosition(declaration.getStart())
  return `${relative(root, source.fileName)}:${line + 1}`
}
