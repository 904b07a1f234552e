import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { createAsk } from '../../../src/cli/ask.ts';
import { createTerminal } from '../../../src/cli/terminal.ts';

/** With a terminal on some of its streams. */
function terminalOn(...names: readonly ('stdin' | 'stdout' | 'stderr')[]) {
  const stream = (name: (typeof names)[number]) => Object.assign(new PassThrough(), { isTTY: names.includes(name) });
  return createTerminal({ stdin: stream('stdin'), stdout: stream('stdout'), stderr: stream('stderr') });
}

function anAsk(input = '', stderr = new PassThrough()) {
  const stdin = new PassThrough();
  stdin.end(input);
  return createAsk(createTerminal({ stdin, stdout: new PassThrough(), stderr }));
}

describe('where nobody can be asked', () => {
  it('a password comes whole from standard input, without the line ends; a blank at its end is told', async () => {
    expect(await anAsk('correct horse\r\n\n').newPassword(true)).toBe('correct horse');
    const stderr = new PassThrough();
    expect(await anAsk('correct horse \n', stderr).newPassword(true)).toBe('correct horse ');
    expect(String(stderr.read())).toContain('ends with a blank');
  });

  it('a password that comes with a byte order mark, or in two lines, is refused with the reason', async () => {
    await expect(anAsk('\uFEFFcorrect horse\r\n').newPassword(true)).rejects.toThrow('byte order mark');
    await expect(anAsk('two\nlines of it').newPassword(true)).rejects.toThrow('line break');
  });

  it('a password that is short, or tried first by everybody, is refused with the reason', async () => {
    await expect(anAsk('7 chars').newPassword(true)).rejects.toThrow('shorter than 8 characters');
    await expect(anAsk('Password123').newPassword(true)).rejects.toThrow('one of the 10000 that are tried first');
  });

  it('an empty or endless password is refused, and none at all', async () => {
    await expect(anAsk('\n').newPassword(true)).rejects.toThrow('empty');
    await expect(anAsk('x'.repeat(1_001)).newPassword(true)).rejects.toThrow('longer than 512 bytes');
    await expect(anAsk().newPassword(false)).rejects.toThrow('--password-stdin');
  });

  it('nothing waits for an answer, and what cannot be undone needs --yes', async () => {
    await expect(anAsk().isSure('Really?', undefined)).rejects.toThrow('--yes');
    expect(await anAsk().isSure('Really?', true)).toBe(true);
    expect(await anAsk().text('Name?')).toBeUndefined();
  });

  it.each([
    [['stdin', 'stdout']],
    [['stdout', 'stderr']],
    [['stdin']],
  ] as const)('a terminal on %s alone is nobody', async (names) => {
    await expect(createAsk(terminalOn(...names)).isSure('Really?', undefined)).rejects.toThrow('--yes');
  });
});
