import { describe, expect, it } from '@jest/globals';
import { createExpiringMap } from '../../src/rp/expiring-map.ts';
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

  it('takes a sign-in that is younger than the end of its sid, as providers that keep their sids give it', () => {
    const { time, index, aSession, ends } = world();
    const before = aSession('before', { sid: 'same' });
    time.now += 1000;
    ends('same');
    expect(index.add(before)).toBe('already-ended');
    time.now += 1000;
    expect(index.add(aSession('after', { sid: 'same' }))).toBe('added');
    expect(ends('same')).toEqual(['after']);
  });

  it('an older token that comes late does not take the mark of a younger one away', () => {
    const { time, index, aSession } = world();
    index.end({ sid: 'same', sub: undefined, issuedAt: time.now });
    index.end({ sid: 'same', sub: undefined, issuedAt: time.now - 60_000 });
    expect(index.add(aSession('between', { sid: 'same', issuedAt: time.now - 1_000 }))).toBe('already-ended');
  });

  it('a token costs the same, however many sessions there are', () => {
    const cost = (count: number) => {
      const { index, aSession, ends } = world();
      for (let i = 0; i < count; i += 1) index.add(aSession(`id${i}`, { sub: `sub${i}` }));
      const before = performance.now();
      for (let i = 0; i < 2_000; i += 1) {
        for (const id of ends(i % 2 ? `sid-of-id${i}` : undefined, `sub${i}`)) index.remove(id);
      }
      return performance.now() - before;
    };
    cost(2_000);
    const few = Math.min(cost(2_000), cost(2_000), cost(2_000));
    const many = Math.min(cost(40_000), cost(40_000), cost(40_000));
    // Every token went through all sessions before: 20 times as many cost 20 times as much.
    expect(many / few).toBeLessThan(6);
  });

  it('forgets what is over while it works, also behind a session that lasts', () => {
    const forgotten: string[] = [];
    const time = { now: 0 };
    const map = createExpiringMap<string>(
      () => time.now,
      (key) => void forgotten.push(key),
    );
    map.set('lasts', 'x', undefined);
    for (let i = 0; i < 100; i += 1) map.set(`short${i}`, 'x', 1_000);
    time.now = 1_000;
    expect(map.get('short99')).toBeUndefined();
    for (let i = 0; i < 100; i += 1) map.set(`new${i}`, 'x', 2_000);
    expect(forgotten.length).toBe(100);
    expect(map.get('lasts')).toBe('x');
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
    expect(guard.isSpent('a')).toBe(false);
    void guard.spend('a', 120_000);
    now = 120_000 + 299_999;
    expect(guard.isSpent('a')).toBe(true);
    now += 1;
    expect(guard.isSpent('a')).toBe(false);
  });
});
