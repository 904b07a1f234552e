import { describe, expect, it } from '@jest/globals';
import { passwordProblem } from '../../../src/accounts/password-rules.ts';

describe('what may be a password', () => {
  it.each([
    'correct horse battery staple',
    'paper-lantern-31',
    '\u{1F40E}\u{1F50B}\u{1F4CE}\u{1F40E}\u{1F50B}\u{1F4CE}\u{1F40E}\u{1F50B}',
    ' '.repeat(512),
    // Three bytes each as they are typed, two in the form that counts.
    'o\u0308'.repeat(256),
  ])('%s may', async (password) => {
    expect(await passwordProblem(password)).toBeUndefined();
  });

  it.each([
    ['', 'is empty'],
    ['seven c', 'shorter than 8'],
    // Two UTF-16 units each.
    ['\u{1F40E}\u{1F50B}\u{1F4CE}\u{1F40E}', 'shorter than 8'],
    ['x'.repeat(513), 'longer than 512 bytes'],
    ['\u{1F40E}'.repeat(129), 'longer than 512 bytes'],
    ['\uFEFFpaper-lantern-31', 'byte order mark'],
    ['paper\nlantern-31', 'line break'],
    ['12345678', 'tried first'],
    ['Password', 'tried first'],
    ['QWERTYUIOP', 'tried first'],
    ['\uFF30assword', 'tried first'],
  ])('%j may not: it %s', async (password, reason) => {
    expect(await passwordProblem(password)).toContain(reason);
  });
});
