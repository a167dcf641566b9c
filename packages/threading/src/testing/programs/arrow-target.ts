import { print } from '@fund/threading'

export const hello = (): void => print('hello')
