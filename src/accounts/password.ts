import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Algorithm, hash, type Options } from '@node-rs/argon2';
import { AppError } from '../errors.ts';
import { createGate } from '../ops/gate.ts';
import { compareHash } from './compare-hash.ts';

/** Hashes and verifies passwords off the main thread, a few at a time. */
export interface Passwords {
  /** argon2id in PHC form. */
  hash(password: string): Promise<string>;
  /** With no hash to compare (unknown user) it takes as long, and says no. */
  verify(phc: string | undefined, password: string, turn?: Turn): Promise<boolean>;
  /** Made with today's numbers; others are of other programs, and are made anew at the next sign-in. */
  isOurs(phc: string): boolean;
}

/** Whose turn it is where many wait. */
export interface Turn {
  /** Lanes take turns, so that a crowd in one delays no other. */
  readonly lane: string;
  /** An account that is guessed at. All such together have half of the slots, and those for half of the time. */
  readonly underFire: boolean;
}

/** OWASP's first recommendation for argon2id: 19 MiB, two passes, one lane. */
const ARGON2ID: Options = {
  algorithm: 2 satisfies Algorithm.Argon2id,
  memoryCost: 19_456,
  timeCost: 2,
  parallelism: 1,
};

/** Of 32 random bytes that nobody kept, made with the numbers above: what an unknown user's password is compared to. */
const NOBODYS_HASH =
  '$argon2id$v=19$m=19456,t=2,p=1$mmGg66N5fqaZyqXIKFbQHg$02Gc703RsqO5vUyc8no1kzqK/43QJql5XbDjq7cOmYs';

const OURS = '$argon2id$v=19$m=19456,t=2,p=1$';

/** How many wait behind each that is being hashed: about a second's worth. */
const QUEUE_PER_SLOT = 100;

interface PasswordLimits {
  readonly slots?: number;
  readonly queueMax?: number;
  readonly rest?: (ms: number) => Promise<unknown>;
}

/**
 * At most `slots` hashes run at once: they share libuv's pool with signatures and files, and without a bound 32 of them
 * make one signature wait 116 ms. Beyond `queueMax` waiting ones somebody is told `busy` (503,
 * try again): the newest of the longest lane.
 */
export function createPasswords(limits: PasswordLimits = {}): Passwords {
  const slots = limits.slots ?? defaultSlots();
  const queueMax = limits.queueMax ?? slots * QUEUE_PER_SLOT;
  const rest = limits.rest ?? sleep;
  const gate = createGate({ slots, queueMax, full: busy });
  const fireGate = createGate({ slots: Math.max(1, Math.floor(slots / 2)), queueMax, full: busy });

  /** Rests as long as it hashed: on two cores a crowd that guesses has a quarter of them, not a half. */
  function underFire(compare: () => Promise<boolean>, lane: string): Promise<boolean> {
    const guess = async () => {
      let hashedMs = 0;
      const same = await gate(
        async () => {
          const from = performance.now();
          const found = await compare();
          hashedMs = performance.now() - from;
          return found;
        },
        undefined,
        lane,
      );
      await rest(hashedMs);
      return same;
    };
    return fireGate(guess, undefined, lane);
  }

  return {
    hash: (password) => gate(() => hash(normal(password), ARGON2ID)),
    async verify(phc, password, turn) {
      const compare = () => comparePassword(phc ?? NOBODYS_HASH, password);
      const same = await (turn?.underFire ? underFire(compare, turn.lane) : gate(compare, undefined, turn?.lane));
      return same && phc !== undefined;
    },
    isOurs: (phc) => phc.startsWith(OURS),
  };
}

/** Other programs hashed what was typed, in whatever Unicode form. */
async function comparePassword(phc: string, password: string): Promise<boolean> {
  const form = normal(password);
  if (await compareHash(phc, form)) return true;
  return form !== password && !phc.startsWith(OURS) && compareHash(phc, password);
}

/** One for each core, where libuv's pool leaves the rest of the process two threads to breathe (`ops/thread-pool.ts`). */
function defaultSlots(): number {
  const pool = Number(process.env['UV_THREADPOOL_SIZE'] ?? 4) || 4;
  return Math.max(1, Math.min(availableParallelism(), pool - 2));
}

/** The same letters in another canonical form are the same password; else every byte counts. */
function normal(password: string): string {
  return password.normalize('NFC');
}

function busy(): AppError {
  return new AppError({
    code: 'busy',
    status: 503,
    words: 'error.busy_sign_ins',
    retryAfterS: 2,
  });
}
