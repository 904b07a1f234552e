import { describe, expect, it } from '@jest/globals';
import { verdict } from '../../../src/deliveries/verdict.ts';

function answered(status: number, more: { retryAfterMs?: number; clockAheadMs?: number; asked?: boolean } = {}) {
  const outcome = { kind: 'answer', status, ms: 1, snippet: undefined } as const;
  return verdict({ ...outcome, retryAfterMs: more.retryAfterMs, clockAheadMs: more.clockAheadMs }, more.asked);
}
const failed = (code: string) => verdict({ kind: 'failure', code, message: 'no answer within 5 s', ms: 1 });

describe('B18–B20 what an answer means', () => {
  it('only 200 and 204 are delivered', () => {
    const delivered = [];
    for (let status = 100; status < 600; status += 1) if (answered(status).kind === 'delivered') delivered.push(status);
    expect(delivered).toEqual([200, 204]);
  });

  it.each([
    ['retry', [408, 425, 429, 500, 502, 503, 504, 507, 599]],
    ['refused', [405, 415, 501]],
    ['slow-retry', [201, 202, 206, 301, 302, 303, 307, 308, 400, 401, 403, 404, 409, 410, 413, 418, 422]],
  ] as const)('%s: %p', (kind, statuses) => {
    for (const status of statuses) expect({ status, kind: answered(status).kind }).toEqual({ status, kind });
  });

  it('everything but success says why', () => {
    for (let status = 300; status < 600; status += 1) expect(answered(status)).toHaveProperty('why');
    expect(answered(405)).toMatchObject({ why: expect.stringContaining('does not take POST') });
    expect(answered(302)).toMatchObject({ why: expect.stringContaining('redirects are not followed') });
  });

  it('Retry-After is honoured between a second and an hour, for retries only', () => {
    expect(answered(503, { retryAfterMs: 0 })).toMatchObject({ kind: 'retry', afterMs: 1_000 });
    expect(answered(503, { retryAfterMs: 7_000 })).toMatchObject({ kind: 'retry', afterMs: 7_000 });
    expect(answered(429, { retryAfterMs: 1e10 })).toMatchObject({ kind: 'retry', afterMs: 3_600_000 });
    expect(answered(503)).not.toHaveProperty('afterMs');
  });

  it('a 400 from an app with another clock says so', () => {
    expect(answered(400, { clockAheadMs: 90_400 })).toMatchObject({ why: expect.stringContaining('90 s ahead') });
    expect(answered(400, { clockAheadMs: -5_000 })).toMatchObject({ why: expect.stringContaining('5 s behind') });
    expect(answered(400, { clockAheadMs: 1_000 })).toMatchObject({ why: expect.not.stringContaining('clock') });
    expect(answered(401, { clockAheadMs: 90_000 })).toMatchObject({ why: expect.not.stringContaining('clock') });
  });
});

describe('an app that asked for the end itself', () => {
  it('and answers 400 to its own token is tried again, and moot when it stays so: never delivered, with a hint', () => {
    expect(answered(400, { asked: true })).toMatchObject({
      kind: 'slow-retry-then-moot',
      why: expect.stringContaining('answer 200'),
    });
    expect(answered(200, { asked: true })).toEqual({ kind: 'delivered' });
  });

  it('is judged like any other for every other answer, and where its clock explains the 400', () => {
    for (let status = 100; status < 600; status += 1) {
      if (status !== 400) expect(answered(status, { asked: true })).toEqual(answered(status));
    }
    expect(answered(400, { asked: true, clockAheadMs: 90_000 })).toEqual(answered(400, { clockAheadMs: 90_000 }));
  });
});

describe('what no answer means', () => {
  it('a network failure is retried, with a reason', () => {
    for (const code of ['ENOTFOUND', 'ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'CERT_HAS_EXPIRED', 'EODD']) {
      expect(failed(code)).toMatchObject({ kind: 'retry', why: expect.stringMatching(/\w+ \w+/) });
    }
    expect(failed('ETIMEDOUT')).toMatchObject({ why: 'no answer within 5 s' });
  });

  it('a certificate for another name is refused at once', () => {
    expect(failed('ERR_TLS_CERT_ALTNAME_INVALID').kind).toBe('refused');
  });

  it('an address that our own rules forbid is a setting: slow retries', () => {
    expect(verdict({ kind: 'blocked', why: 'x', ms: 0 })).toEqual({ kind: 'slow-retry', why: 'not called: x' });
  });
});
