import { styleText } from 'node:util'
import type { Language } from '@fund/net-core/program'
import { messages } from '../messages.ts'
import { sizeInWords } from './size-in-words.ts'

/** A request and what became of it. */
export interface Exchange {
  /** The client's address. */
  readonly ip: string
  /** As they came; empty when the head could not be read. */
  readonly method: string
  readonly target: string
  readonly status: number
  /** Of the body, as far as it was sent. */
  readonly bytes: number
  /** From the end of the head to the last byte handed to the system, in milliseconds. */
  readonly ms: number
  /** The answer was not sent to its end: the client went, or the handler failed. */
  readonly isCut: boolean
}

/** How a log is written. */
export interface LogOptions {
  /** Is given whole lines. It must neither wait nor throw. */
  readonly write: (text: string) => void
  readonly colour: boolean
  readonly language: Language
}

/** Longer targets are cut: whoever wants to fill a disk has to send more requests. */
const MOST_TARGET = 500

/**
 * Writes a line for each request: `15:04:05 127.0.0.1 200 GET /a.txt 1.2 KiB 3 ms`. Whatever a client sends, it is one
 * line, and what is not plain ASCII is shown as `\xNN`: nobody writes lines of their own into the log, nor to the terminal.
 */
export function accessLog({ write, colour, language }: LogOptions): (exchange: Exchange) => void {
  const cut = messages['log.cut'][language]
  const paint: typeof styleText = (style, text) => styleText(style, text, { validateStream: false })
  let second = 0
  let time = ''
  return ({ ip, method, target, status, bytes, ms, isCut }) => {
    const now = Date.now()
    if (now - second >= 1000) {
      second = now - (now % 1000)
      time = clock(now)
    }
    const what = method === '' ? '-' : `${visible(method)} ${visible(target)}`
    const amount = `${sizeInWords(bytes)} ${duration(ms)}${isCut ? `, ${cut}` : ''}`
    write(
      colour
        ? `${paint('dim', `${time} ${visible(ip)}`)} ${paint(styleOf(status), String(status))} ${what} ${paint('dim', amount)}\n`
        : `${time} ${visible(ip)} ${status} ${what} ${amount}\n`,
    )
  }
}

function clock(now: number): string {
  const date = new Date(now)
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':')
}

function styleOf(status: number): 'green' | 'cyan' | 'yellow' | 'red' {
  if (status < 300) return 'green'
  if (status < 400) return 'cyan'
  return status < 500 ? 'yellow' : 'red'
}

function duration(ms: number): string {
  if (ms < 1) return `${Math.ceil(ms * 10) / 10} ms`
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 1000)} s`
}

function visible(text: string): string {
  const short = text.length > MOST_TARGET ? `${text.slice(0, MOST_TARGET)}...` : text
  return hidden.test(short) ? short.replace(allHidden, (character) => codeOf(character)) : short
}

const hidden = /[^\x21-\x7e]/
const allHidden = /[^\x21-\x7e]/g

function codeOf(character: string): string {
  const code = character.charCodeAt(0)
  return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
}
