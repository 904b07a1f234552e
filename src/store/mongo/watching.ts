import { setTimeout as pause } from 'node:timers/promises';
import type { ChangeStream } from 'mongodb';
import type { Unwatch } from '../store.ts';
import type { MongoParts } from './collections.ts';
import type { DeliveryDoc } from './delivery-documents.ts';

/** Many rows of one logout are one call. */
const DEBOUNCE_MS = 50;
/** Where changes cannot be watched (a fail-over, a user without the right) the caller is told to look, this often. */
const LOOK_EVERY_MS = 250;
/** How soon a broken stream is opened again. */
const REOPEN_MS = 1_000;

export interface Watcher {
  watch(changed: () => void): Promise<Unwatch>;
  /** Ends every watch. */
  stop(): Promise<void>;
}

/**
 * New deliveries that are free, and those that are to be tried again; not leased ones, and not those that are over, which would
 * wake every engine for nothing. Only ids travel.
 */
const PIPELINE = [
  {
    $match: {
      $or: [
        { operationType: { $in: ['insert', 'replace'] }, 'fullDocument.readyAt': { $exists: true } },
        { 'updateDescription.updatedFields.state': 'trying' },
        { 'updateDescription.updatedFields.nextAttemptAt': { $exists: true } },
      ],
    },
  },
  { $project: { _id: 1, operationType: 1 } },
];

/** Tells when anybody wrote deliveries, this process included: the engine may run in another thread than the logout. */
export function createWatcher({ deliveries }: MongoParts): Watcher {
  const watches = new Set<Unwatch>();

  async function watch(changed: () => void): Promise<Unwatch> {
    const ending = new AbortController();
    const soon = debounced(changed);
    const open = () => deliveries.watch(PIPELINE, { maxAwaitTimeMS: 1_000 });
    const running = follow(open, soon.call, ending.signal);
    const unwatch = async () => {
      watches.delete(unwatch);
      ending.abort();
      soon.cancel();
      await running;
    };
    watches.add(unwatch);
    return unwatch;
  }

  return {
    watch,
    async stop() {
      await Promise.all([...watches].map((unwatch) => unwatch()));
    },
  };
}

/** Follows one stream after the other until it is told to end; while there is none, `changed` is called now and then. */
async function follow(open: () => ChangeStream<DeliveryDoc>, changed: () => void, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const poll = lookNowAndThen(changed);
    await followOne(open, changed, poll.stop, signal).catch(ignore);
    // Out of reach, or closed by us: wait, or leave.
    poll.start();
    await pause(REOPEN_MS, undefined, { signal, ref: false }).catch(ignore);
    poll.stop();
  }
}

function lookNowAndThen(look: () => void): { start(): void; stop(): void } {
  const begin = () => setInterval(look, LOOK_EVERY_MS).unref();
  let timer = begin();
  const stop = () => clearInterval(timer);
  const start = () => {
    stop();
    timer = begin();
  };
  return { start, stop };
}

async function followOne(
  open: () => ChangeStream<DeliveryDoc>,
  changed: () => void,
  opened: () => void,
  signal: AbortSignal,
): Promise<void> {
  const stream = open();
  const close = () => void stream.close().catch(ignore);
  signal.addEventListener('abort', close, { once: true });
  try {
    await stream.tryNext();
    opened();
    changed();
    for await (const _ of stream) changed();
  } finally {
    signal.removeEventListener('abort', close);
    close();
  }
}

function debounced(call: () => void): { call(): void; cancel(): void } {
  let timer: NodeJS.Timeout | undefined;
  return {
    call() {
      timer ??= setTimeout(() => {
        timer = undefined;
        call();
      }, DEBOUNCE_MS).unref();
    },
    cancel: () => clearTimeout(timer),
  };
}

function ignore(): void {}
