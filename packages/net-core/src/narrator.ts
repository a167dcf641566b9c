export {
  type NarratorFormat,
  type NarratorOptions,
  narrate,
  type RendererOptions,
  renderer,
} from './lib/narrator/narrate.ts'
