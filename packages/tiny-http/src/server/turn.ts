let turn = 0
let isOpen = false

/**
 * The number of this turn of the event loop. What came in by one look at the sockets is dealt with in one turn: a question
 * that the system was asked in it was asked after every one of those requests had come, and answers for all of them.
 */
export function currentTurn(): number {
  if (!isOpen) {
    isOpen = true
    setImmediate(end)
  }
  return turn
}

function end(): void {
  turn += 1
  isOpen = false
}
