/** Every requirement id of sessions and sign-offs has a test that bears it, or stands here with the reason why not. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

/** Deferred by name. */
const DEFERRED: Readonly<Record<string, string>> = {
  B14: 'repeats iss in the header of an encrypted token: no client can ask for encrypted ID tokens yet',
  I19: 'a hint that was encrypted needs client_id: as above',
  R1: 'the kit decrypts: as above',
  R2: 'the kit rejects a plain token where encryption was agreed: as above',
  R9: 'optional: the sid index knows the sessions, an unknown one is "already signed out" (R12)',
  R10: 'optional: as R9',
  R11: 'optional: as R9',
  R15: 'an app that is a provider itself tells its own apps: comes with upstream providers',
  W4: 'Login Status API: comes with FedCM',
  W5: 'FedCM disconnect_endpoint: as W4',
};

const IDS = [...range('B', 30), 'B29a', ...range('I', 20), ...range('C', 17), ...range('W', 5), ...range('R', 16)];

describe('the specification, id by id', () => {
  const tested = new Set(testedIds());

  it.each(IDS.filter((id) => !(id in DEFERRED)))('%s has a test', (id) => {
    expect(tested).toContain(id);
  });

  it.each(Object.keys(DEFERRED))('%s is deferred, and nobody claims otherwise', (id) => {
    expect(tested).not.toContain(id);
  });

  for (const [id, reason] of Object.entries(DEFERRED)) it.todo(`${id} ${reason}`);
});

function range(letter: string, last: number): string[] {
  return Array.from({ length: last }, (_, index) => `${letter}${index + 1}`);
}

/** What the names of tests in `test/spec` and `test/rp` begin with, as in 'B19, B20 …'. */
function testedIds(): string[] {
  const texts = ['.', '../rp'].flatMap((folder) => {
    const url = new URL(`${folder}/`, import.meta.url);
    const files = readdirSync(url).filter((name) => name.endsWith('.test.ts') && name !== 'ids.test.ts');
    return files.map((name) => readFileSync(new URL(name, url), 'utf8'));
  });
  const names = texts.flatMap((text) => [...text.matchAll(/\(\s*'((?:(?:[BICWR]\d+a?),? )+)/g)]);
  return names.flatMap(([, ids = '']) => ids.match(/[BICWR]\d+a?/g) ?? []);
}
