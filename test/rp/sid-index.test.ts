import { describe, expect, it } from '@jest/globals';
import { createReplayGuard, createSidIndex, type LocalSession } from '../../src/rp/rp.ts';

const HOUR_MS = 3_600_000;

function world() {
  const time = { now: Date.parse('2026-11-21T12:00:00Z') };
  const index = createSidIndex({ now: () => time.now });
  const aSession = (id: string, facts: Partial<LocalSession> = {}): LocalSession => ({
    id,
    sid: `sid-of-${id}`,
    sub: 'mira',
    issuedAt: time.now,
    expiresAt: time.now + HOUR_MS,
    ...facts,
  });
  const ends = (sid: string | undefined, sub: string | undefined = 'mira') =>
    index.end({ sid, sub, issuedAt: time.now });
  return { time, index, aSession, ends };
}

describe('the sid index', () => {
  it('R14 ends only the session of the sid, although the token also names the sub', () => {
    const { index, aSession, ends } = world();
    for (const id of ['phone', 'desk']) index.add(aSession(id));
    expect(ends('sid-of-desk')).toEqual(['desk']);
  });

  it('R14 ends all sessions of the sub where the token has no sid, and nobody else’s', () => {
    const { index, aSession, ends } = world();
    for (const id of ['phone', 'desk']) index.add(aSession(id));
    index.add(aSession('other', { sub: 'jonas' }));
    expect(ends(undefined)).toEqual(['phone', 'desk']);
  });

  it('R14 finds every local session of one sid', () => {
    const { index, aSession, ends } = world();
    for (const id of ['first', 'second']) index.add(aSession(id, { sid: 'one' }));
    expect(ends('one')).toEqual(['first', 'second']);
  });

  it('finds a session again that the app did not manage to end, and not one it has removed', () => {
    const { index, aSession, ends } = world();
    index.add(aSession('desk'));
    expect(ends('sid-of-desk')).toEqual(['desk']);
    expect(ends('sid-of-desk')).toEqual(['desk']);
    index.remove('desk');
    expect(ends('sid-of-desk')).toEqual([]);
  });

  it('R16 keeps an entry as long as the local session, also when the app makes it longer', () => {
    const { time, index, aSession, ends } = world();
    for (const id of ['kept', 'short', 'endless']) index.add(aSession(id));
    index.add(aSession('endless', { expiresAt: undefined }));
    index.extend('kept', time.now + 48 * HOUR_MS);
    time.now += 47 * HOUR_MS;
    expect([ends('sid-of-kept'), ends('sid-of-short'), ends('sid-of-endless')]).toEqual([['kept'], [], ['endless']]);
    time.now += HOUR_MS;
    expect(ends('sid-of-kept')).toEqual([]);
  });

  it('refuses a session whose logout token came before the sign-in had finished', () => {
    const { index, aSession, ends } = world();
    expect(ends('sid-of-desk')).toEqual([]);
    expect(index.add(aSession('desk'))).toBe('already-ended');
    expect(index.add(aSession('next sign-in'))).toBe('added');
  });

  it('refuses a sign-in from before its sub was ended, and takes the next one', () => {
    const { time, index, aSession, ends } = world();
    const before = aSession('before');
    time.now += 1000;
    ends(undefined);
    expect(index.add(before)).toBe('already-ended');
    time.now += 1000;
    expect(index.add(aSession('after'))).toBe('added');
  });

  it('forgets an ended sid after a while, so that it does not grow for ever', () => {
    const { time, index, aSession, ends } = world();
    ends('sid-of-desk');
    time.now += 15 * 60_000;
    expect(index.add(aSession('desk'))).toBe('added');
  });
});

describe('the replay guard', () => {
  it('R8 remembers a jti for as long as its token could be accepted, and no longer', () => {
    let now = 0;
    const guard = createReplayGuard({ now: () => now });
    expect(guard.isReplay('a', 120_000)).toBe(false);
    now = 120_000 + 299_999;
    expect(guard.isReplay('a', 120_000)).toBe(true);
    now += 1;
    expect(guard.isReplay('a', 120_000)).toBe(false);
  });
});
