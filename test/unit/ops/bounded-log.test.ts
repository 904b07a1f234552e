import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createBoundedLog } from '../../../src/ops/bounded-log.ts';
import type { Facts, Log } from '../../../src/ops/log.ts';

let lines: { level: string; event: string; facts: Facts }[];
let log: Log;

beforeEach(() => {
  jest.useFakeTimers();
  lines = [];
  const keep = (level: string) => (event: string, facts?: Facts) =>
    void lines.push({ level, event, facts: facts ?? {} });
  log = createBoundedLog({ debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') });
});
afterEach(() => void jest.useRealTimers());

describe('a log that strangers can cause', () => {
  it('has one line a second of each kind, and one more that says how many were held back', () => {
    for (let i = 0; i < 500; i++) log.warn('limit.reached', { limit: 'request', address: `10.0.0.${i % 250}` });
    log.warn('limit.reached', { limit: 'client', client_id: 'wiki' });
    expect(lines.map(({ facts }) => facts)).toEqual([
      { limit: 'request', address: '10.0.0.0' },
      { limit: 'client', client_id: 'wiki' },
    ]);
    jest.advanceTimersByTime(1_000);
    expect(lines.slice(2)).toEqual([
      {
        level: 'warn',
        event: 'limit.reached',
        facts: { limit: 'request', address: '10.0.0.249', suppressed: 499 },
      },
    ]);
  });

  it('goes on with one line a second while it lasts, and then is as before', () => {
    for (let tenth = 0; tenth < 50; tenth++) {
      log.info('request.refused', { reason: 'invalid_client' });
      jest.advanceTimersByTime(100);
    }
    expect(lines.length).toBeGreaterThanOrEqual(5);
    expect(lines.length).toBeLessThanOrEqual(7);
    const told = lines.reduce((sum, { facts }) => sum + Number(facts['suppressed'] ?? 1), 0);
    jest.advanceTimersByTime(5_000);
    expect(told).toBeGreaterThan(39);
    lines = [];
    log.info('request.refused', { reason: 'invalid_client' });
    expect(lines).toEqual([{ level: 'info', event: 'request.refused', facts: { reason: 'invalid_client' } }]);
  });

  it('holds no fault back because of another one, and tells faults apart by where they happened', () => {
    const one = () => new TypeError('x is not a function');
    const another = () => new TypeError('x is not a function');
    for (let i = 0; i < 10; i++) {
      log.error('request.failed', { error_code: 'internal', error: one() });
      log.error('request.failed', { error_code: 'internal', error: another() });
    }
    expect(lines).toHaveLength(2);
  });

  it('is bounded even where every line is of a kind of its own', () => {
    for (let i = 0; i < 5_000; i++) log.info('request.refused', { reason: `reason ${i}` });
    expect(lines.length).toBeLessThanOrEqual(101);
  });
});
