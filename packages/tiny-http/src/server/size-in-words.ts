const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB']

/** Bytes as a person reads them: `512 B`, `1.2 KiB`, `10 MiB`. */
export function sizeInWords(bytes: number): string {
  const unit = bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10)
  const amount = bytes / 1024 ** unit
  return `${amount < 10 && unit > 0 ? amount.toFixed(1) : Math.round(amount)} ${UNITS[unit]}`
}
