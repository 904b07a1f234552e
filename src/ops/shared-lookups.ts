/** Finds all addresses of a host name; rejects when there are none, and with the signal's reason when it is aborted. */
export type Resolve = (host: string, signal?: AbortSignal) => Promise<readonly string[]>;

const KNOWN_MS = 30_000;
/** The system was asked as well, which is dear. */
const UNKNOWN_MS = 15_000;
const FAILED_MS = 3_000;
const ENTRIES_MAX = 10_000;

interface Entry {
  readonly addresses: Promise<readonly string[]>;
  /** On the monotonic clock. */
  until: number;
  askers: number;
  readonly cancelling: AbortController;
}

/**
 * Remembers answers for 30 s, unknown names for 15 s and other failures for 3 s. Askers of the same name share one lookup,
 * which is cancelled when the last of them has left.
 */
export function shareLookups(resolve: Resolve, isUnknown: (error: unknown) => boolean): Resolve {
  const known = new Map<string, Entry>();

  function begin(host: string): Entry {
    const cancelling = new AbortController();
    const addresses = resolve(host, cancelling.signal);
    const entry: Entry = { addresses, until: Number.POSITIVE_INFINITY, askers: 0, cancelling };
    const keep = (ms: number) => {
      entry.until = performance.now() + ms;
    };
    addresses.then(
      () => keep(KNOWN_MS),
      (error) => keep(isUnknown(error) ? UNKNOWN_MS : FAILED_MS),
    );
    known.set(host, entry);
    const [oldest] = known.keys();
    if (known.size > ENTRIES_MAX && oldest !== undefined) known.delete(oldest);
    return entry;
  }

  function leave(host: string, entry: Entry, reason: unknown): void {
    entry.askers -= 1;
    if (entry.askers > 0 || entry.until !== Number.POSITIVE_INFINITY) return;
    if (known.get(host) === entry) known.delete(host);
    entry.cancelling.abort(reason);
  }

  return (host, signal) => {
    const hit = known.get(host);
    if (hit && hit.until <= performance.now()) known.delete(host);
    const entry = known.get(host) ?? begin(host);
    entry.askers += 1;
    return unlessAborted(entry.addresses, signal, () => leave(host, entry, signal?.reason));
  };
}

/** The work's result, unless the signal comes first. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined, onAbort: () => void): Promise<T> {
  if (!signal) return work;
  return new Promise((done, fail) => {
    const abort = () => {
      onAbort();
      fail(signal.reason);
    };
    if (signal.aborted) return void abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(done, fail).finally(() => signal.removeEventListener('abort', abort));
  });
}
