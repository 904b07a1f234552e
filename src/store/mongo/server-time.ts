/** The server's clock, in epoch milliseconds, for expressions: the one clock that all engines share, whatever theirs say. */
export const SERVER_NOW = { $toLong: '$$NOW' } as const;

/** A lease that begins now, as an expression. */
export function leaseFor(token: string, holder: string, leaseMs: number) {
  return { token: { $literal: token }, holder: { $literal: holder }, until: { $add: [SERVER_NOW, leaseMs] } };
}
