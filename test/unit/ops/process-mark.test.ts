import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { fateOf, ownMark } from '../../../src/ops/process-mark.ts';

const describeOnLinux = existsSync('/proc/self/stat') ? describe : describe.skip;

describeOnLinux('the mark of a process', () => {
  it('says that it lives, also to another process, and that it is dead as soon as it was killed', async () => {
    const child = fork(new URL('./marked.ts', import.meta.url), {
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    const [mark] = (await once(child, 'message')) as [string];
    expect(mark).not.toBe(ownMark());
    expect([fateOf(mark), fateOf(ownMark())]).toEqual(['alive', 'alive']);
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    expect(fateOf(mark)).toBe('dead');
  });

  it('is not that of another process that got the same pid later', () => {
    expect(fateOf(ownMark()?.replace(/\d+$/, '1'))).toBe('dead');
  });

  it('of another machine or container says nothing, nor does none', () => {
    expect(fateOf(ownMark()?.replace(/^\w/, 'x'))).toBe('unknown');
    expect(fateOf(ownMark()?.replace('pid:[', 'pid:[1'))).toBe('unknown');
    expect(fateOf(undefined)).toBe('unknown');
    expect(fateOf('anything')).toBe('unknown');
  });
});
