/** The server's clock, in epoch milliseconds, for expressions: the one clock that all engines share, whatever theirs say. */
export const SERVER_NOW = { $toLong: '$$NOW' } as const;

/** A lease that begins now, as an expression. */
export function leaseFor(token: string, holder: string, leaseMs: number) {
  return { token: { $literal: token }, holder: { $literal: holder }, until: { $add: [SERVER_NOW, leaseMs] } };
}

/** An engine that has not been heard for so long is nobody to share with, or whose rows one must leave alone. */
const ENGINE_SILENT_MS = 10_000;

/** Of a heartbeat: its engine lives, as far as one knows. A filter. */
export const HEARD_LATELY = { $expr: { $gte: ['$at', { $subtract: [SERVER_NOW, ENGINE_SILENT_MS] }] } };
