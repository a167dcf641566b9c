/** How long a test waits for what should come at once, in milliseconds: enough on a machine that does much else. */
export const PATIENCE_MS = 15_000
