import { spawnSync } from 'node:child_process';
import { expect, it } from '@jest/globals';

/** A start as V8 sees it: a young generation that grew, and is of no use any more. */
const GROWN = `
  import { getHeapSpaceStatistics } from 'node:v8';
  import { giveBackStart } from './src/ops/start-garbage.ts';
  const young = () => getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').physical_space_size;
  let kept = [];
  for (let n = 0; n < 300_000; n += 1) kept.push({ n });
  kept = undefined;
  const before = young();
  await giveBackStart();
  console.log(JSON.stringify({ before, after: young() }));`;

it('makes the young generation small again that a start has made large', () => {
  const argv = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=4', '--input-type=module', '-e', GROWN];
  const { stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
  expect(stderr).toBe('');
  const { before, after } = JSON.parse(stdout) as { before: number; after: number };
  expect(before).toBeGreaterThan(4_000_000);
  expect(after).toBeLessThan(before / 2);
});
