/** A step's guide as it stands in a folder of its own: npm starts the step there, and nothing links out of the folder. */
export function standaloneGuide(text: string, step: string): string {
  return text
    .replace(/!?\[([^[\]]*)\]\(\.\.\/[^)]*\)/g, '$1')
    .replaceAll(new RegExp(`pnpm --filter ${step} start\\b( +(?=[\\w-]))?`, 'g'), (_, space?: string) =>
      space === undefined ? 'npm start' : 'npm start -- ',
    )
    .replaceAll(`pnpm --filter ${step} exec `, 'npx ')
    .replaceAll(`packages/${step}/`, '')
}
