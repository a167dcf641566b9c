/** What somebody may say to harm another's terminal, and how it may arrive there. */
export const hostile: readonly (readonly [said: string | Uint8Array, heard: string])[] = [
  ['\x1b]52;c;cm0gLXJmIH4=\x07', '\ufffd]52;c;cm0gLXJmIH4=\ufffd'], // the clipboard
  ['\x1b]0;root@server\x07', '\ufffd]0;root@server\ufffd'], // the window's title
  ['\x1b[2J\x1b[H* 127.0.0.1:1 left', '\ufffd[2J\ufffd[H* 127.0.0.1:1 left'], // an empty screen
  ['\x1bP$qm\x1b\\', '\ufffdP$qm\ufffd\\'], // a question to the terminal, which it types
  ['all well\rnothing well', 'all well\ufffdnothing well'],
  ['\0\x07\x08\x0b\x0c\x0e\x1f\x7f', '\ufffd'.repeat(8)],
  ['\u0080\u009b31m\u009f', '\ufffd\ufffd31m\ufffd'], // C1, in UTF-8
  [Buffer.from([0x9b, 0x33, 0x31, 0x6d]), '\ufffd31m'], // C1, as bare bytes
  ['\u202eabc\u2066def\u2069', '\ufffdabc\ufffddef\ufffd'],
  ['one\u2028two\u2029', 'one\ufffdtwo\ufffd'],
  ['* 127.0.0.1:1 left', '> * 127.0.0.1:1 left'], // what only the room may say
  ['\u200b* 127.0.0.1:1 left', '> \u200b* 127.0.0.1:1 left'], // the same behind what nobody sees
  ['\ufeff\u00ad\u3164* you are root', '> \ufeff\u00ad\u3164* you are root'],
  ['a\tção 日本 🎉\u00a0\u00ad', 'a\tção 日本 🎉\u00a0\u00ad'],
]
