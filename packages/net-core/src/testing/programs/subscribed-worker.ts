import { parentPort } from 'node:worker_threads'
import { subscribe } from '../../lib/events.ts'
import { socket } from '../../lib/listen.ts'

/** A thread that listens to the event stream itself, and says which events it heard. */
const heard: string[] = []
subscribe((event) => heard.push(`${event.lane} ${event.op}`))
socket()
socket()
parentPort?.postMessage(heard)
