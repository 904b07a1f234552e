import type { EventStream } from './event-streams.ts';
import { createPacedLook } from './paced-look.ts';

/** What a page that keeps itself up to date is about. */
export interface Followed<T> {
  /** Name of its event. */
  readonly event: string;
  readonly everyMs: { readonly atMost: number; readonly atLeast: number };
  /** How it is now. May reject: a store that is gone for a moment costs one look, not the stream. */
  look(): Promise<T>;
  /** Sent whenever it differs from what was sent last. */
  message(now: T): unknown;
  /** Nothing will change any more, or nobody may look any longer: the stream ends. */
  isOver(now: T): boolean;
  /** Whether an error of `look` is for good. */
  isGone(error: unknown): boolean;
  /** Calls back when a look may be worth it; answers how to stop listening. */
  readonly signals?: (changed: () => void) => () => void;
}

/** Sends how it is now and, paced, whenever it changes, until it is over. */
export function follow<T>(stream: EventStream, first: T, followed: Followed<T>): void {
  const { event, everyMs, signals } = followed;
  let sent: string | undefined;

  function show(now: T): void {
    const message = followed.message(now);
    const text = JSON.stringify(message);
    if (text !== sent) stream.send(event, message);
    sent = text;
    if (followed.isOver(now)) stream.close();
  }

  async function look(): Promise<void> {
    try {
      show(await followed.look());
    } catch (error) {
      if (followed.isGone(error)) stream.close();
    }
  }

  const paced = createPacedLook(everyMs.atMost, look);
  const timer = setInterval(paced.ask, everyMs.atLeast);
  const unlisten = signals?.(paced.ask);
  stream.onClose(() => {
    clearInterval(timer);
    paced.stop();
    unlisten?.();
  });
  show(first);
}
