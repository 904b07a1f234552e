/** A map whose entries go when their time is over, at a cost that does not grow with how many there are. */
export interface ExpiringMap<Value> {
  get(key: string): Value | undefined;
  /** `expiresAt` in epoch milliseconds; undefined: not before `delete`. */
  set(key: string, value: Value, expiresAt: number | undefined): void;
  delete(key: string): void;
}

interface Entry<Value> {
  readonly value: Value;
  readonly expiresAt: number | undefined;
}

/** Looked at with each new entry: what is over is gone after half as many new ones as there are. */
const LOOKED_AT = 2;

/** `onExpired` is told of each entry that went because its time was over. */
export function createExpiringMap<Value>(
  now: () => number,
  onExpired: (key: string, value: Value) => void = () => undefined,
): ExpiringMap<Value> {
  const entries = new Map<string, Entry<Value>>();
  let round = entries.entries();

  const isOver = ({ expiresAt }: Entry<Value>) => expiresAt !== undefined && expiresAt <= now();

  function expire(key: string, { value }: Entry<Value>): void {
    entries.delete(key);
    onExpired(key, value);
  }

  /** The oldest first, and round again from the front: one entry that lasts does not keep those behind it. */
  function lookOn(): void {
    for (let i = 0; i < LOOKED_AT; i += 1) {
      const { value: next } = round.next();
      if (next === undefined) {
        round = entries.entries();
        return;
      }
      const [key, entry] = next;
      if (isOver(entry)) expire(key, entry);
    }
  }

  return {
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined || !isOver(entry)) return entry?.value;
      expire(key, entry);
      return undefined;
    },
    set(key, value, expiresAt) {
      lookOn();
      entries.set(key, { value, expiresAt });
    },
    delete: (key) => void entries.delete(key),
  };
}
