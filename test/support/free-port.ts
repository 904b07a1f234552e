import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** A port that is free now. */
export function freePort(): Promise<number> {
  return firstFreePort(1);
}

/**
 * The first of `count` free ports in a row. Below the range from which the system takes ports of outgoing connections,
 * else one of those has it by the time somebody listens. At random, since other test files look for one at the same time.
 */
export async function firstFreePort(count: number): Promise<number> {
  for (;;) {
    const first = randomInt(12_000, 32_000);
    const ports = Array.from({ length: count }, (_, offset) => first + offset);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return first;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
      .once('error', () => resolve(false))
      .listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
