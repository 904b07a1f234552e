import type { Facts, Log } from './log.ts';

/** Facts that make a line of its own kind; what strangers choose (paths, names, addresses) is not among them. */
const KIND_FACTS = ['error_code', 'reason', 'limit'] as const;
const EVERY_MS = 1_000;
/** Kinds of one second that are told apart; what comes beyond them counts as one. */
const KINDS_MAX = 100;

interface Kind {
  suppressed: number;
  /** Writes a line with the facts of the last one that was held back. */
  write: (suppressed: number) => void;
}

/**
 * A log for lines that strangers can cause, a refusal for each request: of one kind (event and reason) one line a second,
 * and when the second is over one more that says how many were held back (`suppressed`), if any.
 */
export function createBoundedLog(log: Log): Log {
  const kinds = new Map<string, Kind>();

  function bounded(level: keyof Log) {
    return (event: string, facts: Facts = {}) => {
      const name = nameOf(level, event, facts);
      const key = kinds.has(name) || kinds.size < KINDS_MAX ? name : '';
      const write = (suppressed: number) => log[level](event, suppressed > 0 ? { ...facts, suppressed } : facts);
      const kind = kinds.get(key);
      if (kind) {
        kind.suppressed += 1;
        kind.write = write;
        return;
      }
      write(0);
      open(key);
    };
  }

  function open(key: string): void {
    const kind: Kind = { suppressed: 0, write: () => undefined };
    kinds.set(key, kind);
    const close = () => {
      kinds.delete(key);
      if (kind.suppressed === 0) return;
      kind.write(kind.suppressed);
      // That was this second's line.
      open(key);
    };
    setTimeout(close, EVERY_MS).unref();
  }

  return { debug: bounded('debug'), info: bounded('info'), warn: bounded('warn'), error: bounded('error') };
}

function nameOf(level: string, event: string, facts: Facts): string {
  return [level, event, ...KIND_FACTS.map((fact) => facts[fact]), placeOf(facts['error'])].join(' ');
}

/** Where an error was thrown: two faults of ours are two kinds, whatever their messages quote. */
function placeOf(error: unknown): string {
  return error instanceof Error ? (error.stack?.split('\n').find((line) => /^\s+at /u.test(line)) ?? '') : '';
}
