import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createBrowser } from '../support/browser.ts';
import { runCommand } from '../support/command.ts';
import { startWorld, type World } from '../support/product.ts';

const DJANGO = 'pbkdf2_sha256$20000$aSaltOfDjango1$lpAHeahCRWkx4CZ4qu2mNLlYI1KRycHJgmbvUXImPe8=';
const PASSWORD = 'paper-lantern-31';

describe('importing by commands, beside a running server', () => {
  let world: World<'wiki'>;
  beforeEach(async () => {
    world = await startWorld({ apps: { wiki: {} } });
  });
  afterEach(() => world.stop());

  const write = (name: string, text: string) => {
    writeFileSync(join(world.folder, name), text);
    return name;
  };
  const lines = (text: string) =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as object);

  it('people sign in with the passwords they had, and have hashes of ours afterwards', async () => {
    const file = write(
      'people.jsonl',
      [
        JSON.stringify({ username: 'mira', id: 'old-subject-7', password_hash: DJANGO, claims: { name: 'Mira Holm' } }),
        '',
        JSON.stringify({ username: 'alice', password_hash: DJANGO }),
        JSON.stringify({ username: 'odd', password_hash: 'paper-lantern-31' }),
        JSON.stringify({ username: 'odd', pasword_hash: DJANGO }),
        'not json',
      ].join('\n'),
    );
    const dry = await runCommand(world, ['import', 'accounts', file, '--dry-run', '--json']);
    await expect(world.store.accounts.findByUsername('mira')).resolves.toBeUndefined();
    const made = await runCommand(world, ['import', 'accounts', file, '--json']);
    expect(made.code).toBe(1);
    expect(lines(made.stdout)).toEqual(lines(dry.stdout));
    expect(lines(made.stdout)).toEqual([
      { line: 1, username: 'mira', result: 'made', message: null },
      { line: 3, username: 'alice', result: 'there', message: null },
      { line: 4, username: 'odd', result: 'refused', message: expect.stringContaining('password_hash') },
      {
        line: 5,
        username: 'odd',
        result: 'refused',
        message: expect.stringContaining('Did you mean "password_hash"?'),
      },
      { line: 6, username: null, result: 'refused', message: expect.any(String) },
    ]);

    const hashOf = async () => (await world.store.accounts.findByUsername('mira'))?.passwordHash;
    expect(await hashOf()).toMatch(/^\$pbkdf2-sha256\$i=20000\$/);
    const options = { username: 'mira', password: PASSWORD };
    const tokens = await world.apps.wiki.signIn(createBrowser(), options);
    expect(tokens.claims.sub).toBe('old-subject-7');
    expect(await hashOf()).toMatch(/^\$argon2id\$/);
    await world.apps.wiki.signIn(createBrowser(), options);
  }, 60_000);

  it('apps are shown first, with what is wrong, and then registered', async () => {
    const file = write(
      'apps.json',
      JSON.stringify([
        {
          client_id: 'shop',
          redirect_uris: ['https://shop.example.org/cb'],
          backchannel_logout_uri: 'https://shop.example.org/out',
        },
        { client_id: 'wiki', redirect_uris: ['https://wiki.example.org/cb'] },
        {
          client_id: 'typo',
          redirect_uris: ['https://typo.example.org/cb'],
          backchanel_logout_uri: 'https://typo.example.org/out',
        },
      ]),
    );
    const dry = await runCommand(world, ['import', 'clients', file, '--dry-run', '--json']);
    expect(dry.code).toBe(1);
    expect(lines(dry.stdout)).toEqual([
      { client_id: 'shop', result: 'new', message: null, left_out: [] },
      { client_id: 'wiki', result: 'there', message: null, left_out: [] },
      {
        client_id: 'typo',
        result: 'refused',
        message: expect.stringContaining('backchannel_logout_uri'),
        left_out: [],
      },
    ]);
    expect((await runCommand(world, ['clients', 'show', 'shop'])).code).toBe(4);

    const done = await runCommand(world, ['import', 'clients', file, '--yes', '--json']);
    expect(lines(done.stdout)).toEqual([
      {
        client_id: 'shop',
        result: 'registered',
        client_secret: expect.stringMatching(/^.{43}$/),
        message: null,
        left_out: [],
      },
    ]);
    const shown = await runCommand(world, ['clients', 'show', 'shop', '--json']);
    expect(lines(shown.stdout)).toEqual([
      expect.objectContaining({ client_id: 'shop', source: 'api', can_be_told: true }),
    ]);
  }, 60_000);
});
