import type { Admin } from '../admin/admin.ts';
import { InvalidInput } from '../admin/input.ts';
import { conflict, type Operator } from '../admin/use-case.ts';
import { AppError } from '../errors.ts';
import { sha256 } from '../ops/ids.ts';

/** What was answered. */
export interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  readonly etag: string | undefined;
  readonly body: string;
}

const KEPT_MS = 24 * 60 * 60 * 1000;

/** What a request with an `Idempotency-Key` is known by. */
export interface RepeatableRequest {
  readonly who: Operator;
  readonly key: string;
  /** Method, address and body: all that makes it the same request. */
  readonly content: string;
}

/**
 * Does `work` once for each key of a caller, within a day; whoever repeats the request gets the first answer. Answers are
 * kept sealed: some hold a secret that is shown once. A request that was refused (4xx) did nothing and may be mended.
 */
export async function answerOnce(
  { store, clock, box }: Pick<Admin, 'store' | 'clock' | 'box'>,
  { who, key, content }: RepeatableRequest,
  work: () => Promise<Answer>,
): Promise<Answer> {
  assertKey(key);
  const name = sha256(JSON.stringify([who.actor.kind, who.actor.id, key]));
  const now = clock.now();
  const known = await store.answers.begin(name, sha256(content), now, now + KEPT_MS);
  if (known === 'begun') {
    const answer = await workOrRelease(() => store.answers.release(name), work);
    await store.answers.finish(name, box.seal(JSON.stringify(answer)));
    return answer;
  }
  if (known.bodyHash !== sha256(content)) {
    throw new InvalidInput([{ field: 'Idempotency-Key', message: 'was used for another request; take a new one.' }]);
  }
  if (known.sealedAnswer === undefined) {
    const words = 'A request with this Idempotency-Key is at work, or was cut off: look at what it did.';
    throw conflict('in_progress', words);
  }
  return JSON.parse(box.open(known.sealedAnswer)) as Answer;
}

async function workOrRelease(release: () => Promise<void>, work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError && error.status < 500) await release();
    throw error;
  }
}

function assertKey(key: string): void {
  if (/^[\x21-\x7e]{1,200}$/.test(key)) return;
  throw new InvalidInput([{ field: 'Idempotency-Key', message: 'must be 1 to 200 visible characters.' }]);
}
