import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { addAccount, describeFlows } from '../support/product.ts';
import { type ProductProcess, startProductProcess } from '../support/product-process.ts';
import { expectDead, expectTold, type Person, signInAtAll, signOff, stateOf } from './people.ts';

const MOMENTS = 20;
/** So often the next start is killed as well. */
const STARTS_EVERY = 4;
/** People who sign in and off at the same time. */
const AT_ONCE = 3;
/** What a killed process had leased is free 3 s after its last sign of life; the rest is a busy machine. */
const TOLD_WITHIN_MS = 20_000;

describeFlows('kill -9 at any moment', () => {
  let product: ProductProcess<'wiki' | 'mail'>;
  beforeAll(async () => {
    product = await startProductProcess({
      apps: { wiki: {}, mail: { behaviour: 'slow', slowMs: 100 } },
      settings: { SIGNOFF_LOGOUT_WAIT: '0ms' },
    });
    for (let place = 0; place < AT_ONCE; place++) await addAccount(product.store, `person-${place}`);
  });
  afterAll(() => product.stop());

  it('20 times: every sign-off that was answered reaches every app, and nothing that ended comes back', async () => {
    const answered: Person[] = [];
    const unanswered: Person[] = [];
    for (let moment = 0; moment < MOMENTS; moment++) {
      const part = (moment + Math.random()) / MOMENTS;
      for (const { out, cutOff } of await liveAndBeKilled(part)) {
        answered.push(...out);
        if (cutOff) unanswered.push(cutOff);
      }
      if (moment % STARTS_EVERY === 0) await killWhileItStarts(part * 1_000);
      await product.start();
      for (const person of answered.slice(-AT_ONCE)) await expectDead(person, product);
    }

    expect(answered.length).toBeGreaterThan(MOMENTS);
    await expectTold(answered, TOLD_WITHIN_MS);
    for (const person of answered) {
      await expect(stateOf(person, product)).resolves.toBe('ended');
      await expectDead(person, product);
    }
    for (const person of unanswered) {
      if ((await stateOf(person, product)) === 'alive') continue;
      await expectTold([person], TOLD_WITHIN_MS);
      await expectDead(person, product);
    }
  }, 400_000);

  /**
   * A crowd signs in, then off, in and off again, until the process is killed at `part` of the window that begins with the
   * first sign-off: twice as long as signing in took on this machine, with more moments near its beginning.
   */
  async function liveAndBeKilled(part: number) {
    const startedAt = performance.now();
    const places = Array.from({ length: AT_ONCE }, (_, place) => `person-${place}`);
    const crowd = await Promise.all(places.map((username) => signInAtAll(product, username)));
    const windowMs = 2 * (performance.now() - startedAt);
    const lives = places.map((username, place) => signOffAndInUntilKilled(username, crowd[place]));
    await after(part ** 2 * windowMs);
    await product.kill();
    return Promise.all(lives);
  }

  /** Whose sign-off was answered, and who was left without an answer when the process died. */
  async function signOffAndInUntilKilled(username: string, first: Person | undefined) {
    const out: Person[] = [];
    for (let person = first; person; person = await unlessCutOff(signInAtAll(product, username))) {
      const answer = await unlessCutOff(signOff(person));
      if (answer === undefined) return { out, cutOff: person };
      expect(answer.status).toBe(303);
      out.push(person);
    }
    return { out, cutOff: undefined };
  }

  async function killWhileItStarts(afterMs: number): Promise<void> {
    const starting = product.start().catch(() => undefined);
    await after(afterMs);
    await product.kill();
    await starting;
  }
});

/** Undefined when the connection ended; whatever else goes wrong is a fault. */
async function unlessCutOff<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (CUT_OFF.includes(codeOf(error)) || CUT_OFF.includes(codeOf((error as Error).cause))) return undefined;
    throw error;
  }
}

const CUT_OFF: readonly unknown[] = ['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'UND_ERR_SOCKET'];

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | undefined)?.code;
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
