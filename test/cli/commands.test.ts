import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aCliWorld, type CliWorld } from './cli-world.ts';

let world: CliWorld;

beforeAll(async () => {
  world = await aCliWorld();
});
afterAll(() => world.close());

async function addAccount(name: string, ...args: readonly string[]): Promise<string> {
  const [account] = await world.json(['accounts', 'add', name, '--password-stdin', ...args], {
    input: `the password of ${name}\n`,
  });
  return String(account?.['id']);
}

describe('before there is a store', () => {
  it('commands end with 3, and make none', async () => {
    const { code, stdout, stderr } = await world.run(['sessions', 'list', '--json']);
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toContain('There is no store at');
    expect(existsSync(join(world.folder, 'data'))).toBe(false);
  });

  it('a store that is out of reach is 3, too', async () => {
    mkdirSync(join(world.folder, 'folder.db'));
    const env = { SIGNOFF_STORE: 'sqlite:folder.db', SIGNOFF_KEY: Buffer.alloc(32).toString('base64') };
    expect((await world.run(['sessions', 'list'], { env })).code).toBe(3);
  });

  it('"clients add" writes a file all the same', async () => {
    const uri = 'https://notes.example.org/cb';
    const [added] = await world.json(['clients', 'add', 'notes', '--redirect-uri', uri, '--party', 'first']);
    expect(added).toEqual({
      client_id: 'notes',
      file: expect.any(String),
      client_secret: expect.stringMatching(/^[\w-]{43}$/),
    });
    const text = readFileSync(join(world.folder, 'clients', 'notes.yaml'), 'utf8');
    expect(text).toContain('client_secret_hash: sha256:');
    expect(text).not.toContain(String(added?.['client_secret']));
    expect(await world.json(['clients', 'check', 'notes'])).toMatchObject([{ client_id: 'notes', ok: true }]);
    expect((await world.run(['clients', 'add', 'notes', '--redirect-uri', uri])).code).toBe(2);
  });

  it('"accounts add" makes the store', async () => {
    const id = await addAccount('first', '--email', 'first@example.org', '--claim', 'address.locality=Berlin');
    expect(await world.json(['accounts', 'show', 'first'])).toMatchObject([
      {
        id,
        username: 'first',
        state: 'active',
        claims: { email: 'first@example.org', address: { locality: 'Berlin' } },
      },
    ]);
  });
});

describe('accounts', () => {
  it('are found by name in any case, and by id', async () => {
    const id = await addAccount('Zoë');
    expect(await world.json(['accounts', 'show', 'ZOË'])).toMatchObject([{ id }]);
    expect(await world.json(['accounts', 'show', id])).toMatchObject([{ id }]);
  });

  it('are not made twice, not without a password, and not with claims that no app would see', async () => {
    const wrong: readonly (readonly [readonly string[], string, string])[] = [
      [['accounts', 'add', 'FIRST', '--password-stdin'], 'paper-lantern-31', 'already'],
      [['accounts', 'add', 'nobody'], '', '--password-stdin'],
      [['accounts', 'add', 'nobody', '--password-stdin'], '\n', 'empty'],
      [['accounts', 'add', 'nobody', '--password-stdin'], 'short\n', 'shorter than 8 characters'],
      [['accounts', 'password', 'first', '--password-stdin'], 'qwertyuiop\n', 'tried first'],
      [['accounts', 'add', 'nobody', '--password-stdin', '--claim', 'emial=x@y.example'], 'x', 'Did you mean "email"?'],
      [['accounts', 'add', 'no\u001b[2Jbody', '--password-stdin'], 'x', 'control characters'],
    ];
    for (const [args, input, sentence] of wrong) {
      const { code, stdout, stderr } = await world.run(args, { input });
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toContain(sentence);
    }
  });

  it('that are not there are exit code 4', async () => {
    for (const verb of ['show', 'disable', 'enable', 'delete', 'password']) {
      const { code, stderr } = await world.run([
        'accounts',
        verb,
        'nobody',
        ...(verb === 'password' ? ['--password-stdin'] : []),
      ]);
      expect([code, stderr]).toEqual([4, 'There is no account nobody.\n']);
    }
  });

  it('are changed: what is not named stays, a new address is not verified, the change is dated', async () => {
    const given = ['--email', 'old@example.org', '--claim', 'email_verified=true', '--claim', 'address.country=DE'];
    await addAccount('moved', ...given, '--claim', 'nickname=Mo', '--claim', 'updated_at=1');

    const [row] = await world.json([
      'accounts',
      'update',
      'moved',
      '--email',
      'new@example.org',
      '--claim',
      'address.locality=Ulm',
      '--without',
      'nickname',
    ]);
    const address = { country: 'DE', locality: 'Ulm' };
    expect(row).toMatchObject({ username: 'moved', email: 'new@example.org' });
    expect(row?.['claims']).toEqual({ email: 'new@example.org', address, updated_at: expect.any(Number) });
    expect((row?.['claims'] as { updated_at: number }).updated_at).toBeGreaterThan(1_700_000_000);
    expect((await world.json(['accounts', 'show', 'moved']))[0]?.['claims']).toEqual(row?.['claims']);
    for (const [args, code] of [
      [[], 2],
      [['--claim', 'emial=x@y.example'], 2],
      [['--email', 'none'], 2],
    ] as const) {
      expect((await world.run(['accounts', 'update', 'moved', ...args])).code).toBe(code);
    }
    expect((await world.run(['accounts', 'update', 'nobody', '--claim', 'name=x'])).code).toBe(4);
  });

  it('are deleted only on purpose', async () => {
    await addAccount('doomed');
    const [code, stderr] = await world.run(['accounts', 'delete', 'doomed']).then((it) => [it.code, it.stderr]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('--yes')]);
    expect((await world.run(['accounts', 'delete', 'doomed', '--yes'])).code).toBe(0);
    expect((await world.run(['accounts', 'show', 'doomed'])).code).toBe(4);
  });
});

describe('ending, without a running server', () => {
  let alice: string;

  beforeAll(async () => {
    alice = await addAccount('alice');
    await world.register(
      ['wiki', 'ok'],
      ['mail', 'ok'],
      ['quiet', undefined],
      ['refuser', 'refuses'],
      ['broken', 'breaks'],
    );
  });

  it('"sessions list" shows rows as promised', async () => {
    const uid = await world.signIn(alice, 'wiki', 'mail');
    expect(await world.json(['sessions', 'list', '--account', 'alice'])).toEqual([
      {
        id: uid,
        account_id: alice,
        username: 'alice',
        device: 'Firefox on Linux',
        started_at: expect.stringMatching(/^20.*Z$/),
        last_seen_at: expect.stringMatching(/^20.*Z$/),
        apps: expect.arrayContaining(['wiki', 'mail']),
        state: 'live',
      },
    ]);
  });

  it('"logout --account" tells every app with a sid of its own, and ends with 0 and the full receipt', async () => {
    await world.signIn(alice, 'wiki', 'quiet');
    const [receipt] = await world.json(['logout', '--account', 'alice', '--yes']);
    expect(receipt).toMatchObject({
      logout_id: expect.any(String),
      account_id: alice,
      url: expect.stringMatching(/^http:\/\/localhost:4000\/logout\/[\w-]{43}$/),
      state: 'settled',
      scope: 'all-everywhere',
      reason: 'operator',
      continue_uri: null,
      counts: { told: 2, trying: 0, refused: 0, given_up: 0, moot: 0, cannot_be_told: 1 },
    });
    expect(receipt?.['apps']).toContainEqual({
      client_id: 'wiki',
      name: 'wiki',
      state: 'told',
      sessions: 2,
      attempts: 1,
      last_attempt_at: expect.any(String),
      last_status: 200,
    });
    const sids = world.arrived.map((one) => one.claims['sid']);
    expect([sids.length, new Set(sids).size]).toEqual([3, 3]);
    expect((await world.json(['sessions', 'list', '--account', 'alice'])).map((row) => row['state'])).toEqual([
      'ended',
      'ended',
    ]);
  });

  it('"logout --session" of something that is over, or never was, is exit code 4', async () => {
    const [session] = await world.json(['sessions', 'list', '--state', 'ended', '--limit', '1']);
    for (const id of [String(session?.['id']), 'never-was']) {
      const { code, stdout } = await world.run(['logout', '--session', id, '--json']);
      expect([code, stdout]).toEqual([4, '']);
    }
  });

  it('"logout" is 1 where an app refused or is still being tried when the wait is over', async () => {
    const refused = await world.signIn(alice, 'refuser');
    const [receipt] = await world.json(['logout', '--session', refused], { code: 1 });
    expect(receipt).toMatchObject({ state: 'settled', counts: { refused: 1, trying: 0 } });
    const broken = await world.signIn(alice, 'broken');
    const [open] = await world.json(['logout', '--session', broken, '--wait', '300ms'], { code: 1 });
    expect(open).toMatchObject({ state: 'trying', counts: { trying: 1 } });
  });

  it('"deliveries" shows what became of each, an app\'s words made harmless', async () => {
    const [refused] = await world.json(['deliveries', 'list', '--state', 'refused']);
    expect(refused).toMatchObject({
      client_id: 'refuser',
      account_id: alice,
      state: 'refused',
      attempts: 2,
      last_status: 400,
    });
    const shown = await world.run(['deliveries', 'show', String(refused?.['id'])]);
    expect(shown.stdout).toContain('no such user');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    expect(shown.stdout).not.toMatch(/[\u001b\u202e]/);
    expect((await world.json(['deliveries', 'show', String(refused?.['id'])]))[0]?.['history']).toHaveLength(2);
    expect(await world.json(['deliveries', 'retry', String(refused?.['id'])])).toEqual([{ retried: 1 }]);
    expect((await world.run(['deliveries', 'retry', 'no-such'])).code).toBe(4);
    const dashed = await world.run(['deliveries', 'show', '-dsbKx0kKloid5YSuUFNwuy-MXASe8hi5xCcDFS84AT']);
    expect([dashed.code, dashed.stderr]).toEqual([4, expect.stringContaining('-dsbKx0k')]);
    expect((await world.run(['deliveries', 'retry'])).code).toBe(2);
    expect((await world.run(['deliveries', 'list', '--state', 'lost'])).code).toBe(2);
  });

  it('"sessions end" ends one and leaves the others', async () => {
    const [one, other] = [await world.signIn(alice, 'wiki'), await world.signIn(alice, 'wiki')];
    expect((await world.json(['sessions', 'end', one]))[0]).toMatchObject({ state: 'settled', counts: { told: 1 } });
    const live = await world.json(['sessions', 'list', '--account', 'alice', '--state', 'live']);
    expect(live.map((row) => row['id'])).toEqual([other]);
  });

  it('"logout --client" signs everybody off there and keeps the app', async () => {
    await world.signIn(alice, 'mail');
    const [receipt] = await world.json(['logout', '--client', 'mail', '--yes']);
    expect(receipt).toMatchObject({ counts: { told: 1 } });
    expect(await world.json(['clients', 'show', 'mail'])).toMatchObject([{ client_id: 'mail', state: 'active' }]);
    expect((await world.run(['logout', '--client', 'nope'])).code).toBe(4);
  });

  for (const [args, reason] of [
    [['password', 'alice', '--password-stdin'], 'password-changed'],
    [['disable', 'alice', '--yes'], 'account-disabled'],
  ] as const) {
    it(`"accounts ${args[0]}" ends all sessions and tells the apps`, async () => {
      await world.json(['accounts', 'enable', 'alice']);
      await world.signIn(alice, 'wiki');
      const before = world.arrived.length;
      const [row] = await world.json(['accounts', ...args], { input: 'another password' });
      expect(row).toMatchObject({ username: 'alice', logout_id: expect.any(String) });
      expect(world.arrived.slice(before).map((one) => one.path)).toContain('ok');
      const logout = await world.withStore((store) => store.logouts.find(String(row?.['logout_id'])));
      expect(logout).toMatchObject({ reason, actor: { kind: 'operator' } });
      expect(await world.json(['sessions', 'list', '--account', 'alice', '--state', 'live'])).toEqual([]);
    });
  }

  it('a disabled account is shown so, until it is enabled', async () => {
    expect(await world.json(['accounts', 'show', 'alice'])).toMatchObject([{ state: 'disabled' }]);
    expect(await world.json(['accounts', 'enable', 'alice'])).toMatchObject([{ state: 'active' }]);
  });

  it('"clients remove" tells the app a last time; "clients add" brings it back', async () => {
    await world.signIn(alice, 'wiki');
    const before = world.arrived.length;
    const [removed] = await world.json(['clients', 'remove', 'wiki', '--yes']);
    expect(removed).toMatchObject({ client_id: 'wiki', state: 'removed', sign_ins_ended: 1 });
    expect(world.arrived.slice(before).filter((one) => one.claims['aud'] === 'wiki')).toHaveLength(1);
    expect((await world.run(['clients', 'remove', 'wiki'])).code).toBe(4);
    expect((await world.run(['clients', 'remove', 'mail'])).code).toBe(2);
    expect(await world.json(['clients', 'add', 'wiki'])).toMatchObject([{ client_id: 'wiki' }]);
    expect(await world.json(['clients', 'show', 'wiki'])).toMatchObject([{ state: 'active' }]);
    expect((await world.run(['clients', 'add', 'wiki'])).code).toBe(2);
    expect((await world.run(['clients', 'remove', 'nope'])).code).toBe(4);
  });
});

describe('clients', () => {
  it('never show a secret', async () => {
    const { stdout } = await world.run(['clients', 'show', 'mail', '--json']);
    expect(stdout).not.toContain('a secret of mail');
    expect(JSON.parse(stdout)).toMatchObject({ has_secret: true, can_be_told: true, party: 'third' });
  });

  it('that are bad are named with file, line, field and fix, and the check ends with 1', async () => {
    writeFileSync(
      join(world.folder, 'clients', 'bad.yaml'),
      'client_id: bad\nredirect_uri: https://bad.example.org/cb\n',
    );
    const checked = await world.json(['clients', 'check'], { code: 1 });
    expect(checked.find((one) => one['file'] === 'bad.yaml')).toMatchObject({
      ok: false,
      problems: [
        { line: 2, field: 'redirect_uri', message: 'is not a known name', fix: 'Did you mean "redirect_uris"?' },
      ],
    });
    expect((await world.run(['clients', 'check', 'bad'])).stdout).toContain(
      'bad.yaml:2: redirect_uri is not a known name',
    );
    expect((await world.run(['clients', 'check', 'nope'])).code).toBe(4);
  });

  it('are told which lists their ID tokens will hold', async () => {
    const base = { client_secret: 'of thirty-two characters or more', redirect_uris: ['https://a.example/cb'] };
    const file = (id: string, more: object) =>
      writeFileSync(join(world.folder, 'clients', `${id}.yaml`), JSON.stringify({ client_id: id, ...base, ...more }));
    writeFileSync(join(world.folder, 'signoff.yaml'), 'scopes:\n  teams: [groups, roles]\n  desk: [desk]\n');
    file('reads-tokens', { id_token_claims: true, scope: 'openid profile teams' });
    file('reads-profile', { id_token_claims: true, scope: 'openid profile' });
    file('reads-userinfo', { scope: 'openid profile teams' });

    const checked = await world.json(['clients', 'check', 'reads-tokens', 'reads-profile', 'reads-userinfo']);
    rmSync(join(world.folder, 'signoff.yaml'));

    const lists = checked.map((one) => [one['client_id'], String(one['warnings']).match(/puts (.*) into/)?.[1]]);
    expect(Object.fromEntries(lists)).toEqual({
      'reads-tokens': 'groups, roles',
      'reads-profile': undefined,
      'reads-userinfo': undefined,
    });
  });

  it('get secrets whose hash is the one that is kept', async () => {
    const [secret] = await world.json(['clients', 'secret', 'mail']);
    const { createHash } = await import('node:crypto');
    const hash = createHash('sha256').update(String(secret?.['client_secret'])).digest('base64url');
    expect(secret).toMatchObject({ client_id: 'mail', client_secret_hash: `sha256:${hash}` });
  });
});

describe('what is absent', () => {
  it('is null in every row, never left out', async () => {
    const rows = {
      'accounts add': await world.json(['accounts', 'add', 'bare', '--password-stdin'], { input: 'a password' }),
      'accounts list': await world.json(['accounts', 'list']),
      'accounts disable': await world.json(['accounts', 'disable', 'bare', '--yes']),
      'sessions list': await world.json(['sessions', 'list']),
      'deliveries list': await world.json(['deliveries', 'list']),
      'clients list': await world.json(['clients', 'list']),
      'clients secret': await world.json(['clients', 'secret']),
      'keys list': await world.json(['keys', 'list']),
      config: await world.json(['config']),
    };
    const account = ['id', 'username', 'state', 'name', 'email', 'created_at', 'password_changed_at'];
    const names = {
      'accounts add': account,
      'accounts list': account,
      'accounts disable': [...account, 'logout_id', 'sessions_ended'],
      'sessions list': 'id account_id username device started_at last_seen_at apps state'.split(' '),
      'deliveries list':
        'id logout_id client_id account_id state attempts next_attempt_at last_attempt_at last_status last_error'.split(
          ' ',
        ),
      'clients list': 'client_id client_name party state source backchannel_logout_uri can_be_told'.split(' '),
      'clients secret': ['client_id', 'client_secret', 'client_secret_hash'],
      'keys list': 'kid alg state created_at signs_from retired_at'.split(' '),
      config: ['name', 'value', 'default', 'origin', 'sentence'],
    };
    for (const [command, wanted] of Object.entries(names)) {
      const seen = rows[command as keyof typeof rows];
      expect([command, seen.length > 0]).toEqual([command, true]);
      for (const row of seen) expect([command, Object.keys(row).sort()]).toEqual([command, wanted.toSorted()]);
    }
    expect(rows['accounts add'][0]).toMatchObject({ name: null, email: null });
    expect(rows['clients list'].find((row) => row['client_id'] === 'quiet')).toMatchObject({
      backchannel_logout_uri: null,
    });
  });

  it('so in what one thing is shown with', async () => {
    const [client] = await world.json(['clients', 'show', 'quiet']);
    expect(client).toMatchObject({ backchannel_logout_uri: null, max_session: null, client_uri: null });
    const [told] = await world.json(['deliveries', 'list', '--state', 'told', '--limit', '1']);
    const [shown] = await world.json(['deliveries', 'show', String(told?.['id'])]);
    expect(shown?.['history']).toEqual([
      {
        at: expect.any(String),
        ms: expect.any(Number),
        jti: expect.any(String),
        verdict: 'delivered',
        status: 200,
        error: null,
        answer: null,
      },
    ]);
  });
});

describe('keys', () => {
  it('are rotated: published at once, signing after ten minutes', async () => {
    const made = await world.json(['keys', 'rotate']);
    expect(made.map((row) => row['state'])).toEqual(['next', 'next', 'next', 'next']);
    const [first] = made;
    const wait = Date.parse(String(first?.['signs_from'])) - Date.parse(String(first?.['created_at']));
    expect(wait).toBe(600_000);
  });

  it('that leaked are out at once, and believed no more; --now is the old name', async () => {
    for (const name of ['--leaked', '--now']) {
      const made = await world.json(['keys', 'rotate', name]);
      expect(made.map((row) => row['state'])).toEqual(['signing', 'signing', 'signing', 'signing']);
      const listed = await world.json(['keys', 'list']);
      expect(new Set(listed.slice(0, -4).map((row) => row['state']))).toEqual(new Set(['leaked']));
    }
    await world.json(['keys', 'rotate']);
  });

  it('of cookies are rotated too, and sign after half a minute, or at once', async () => {
    const [soon] = await world.json(['keys', 'rotate', '--cookies']);
    const [now] = await world.json(['keys', 'rotate', '--cookies', '--leaked']);
    expect([soon?.['state'], now?.['state']]).toEqual(['next', 'signing']);
    expect(Date.parse(String(soon?.['signs_from'])) - Date.parse(String(soon?.['created_at']))).toBe(30_000);
  });

  it('are retired', async () => {
    const keys = await world.json(['keys', 'list']);
    const old = keys.find((row) => row['state'] === 'next');
    expect(await world.json(['keys', 'retire', String(old?.['kid'])])).toMatchObject([{ state: 'retired' }]);
    expect((await world.run(['keys', 'retire', 'nope'])).code).toBe(4);
  });
});

describe('wrong usage', () => {
  it('is exit code 2, with a hint where there is one', async () => {
    const wrong: readonly (readonly [readonly string[], string])[] = [
      [['accuonts'], 'Did you mean accounts?'],
      [['accounts', 'lsit'], 'Did you mean list?'],
      [['sessions', 'list', '--jsno'], 'Did you mean --json?'],
      [['accounts', 'show'], "missing required argument 'account'"],
      [['logout'], 'exactly one of'],
      [['logout', '--account', 'alice', '--session', 'x'], 'exactly one of'],
      [['logout', '--account', 'alice', '--wait', '10'], '--wait must be a duration'],
      [['sessions', 'list', '--limit', 'x'], '--limit must be'],
    ];
    for (const [args, sentence] of wrong) {
      const { code, stdout, stderr } = await world.run(args);
      expect([args, code, stdout]).toEqual([args, 2, '']);
      expect(stderr).toContain(sentence);
    }
  });

  it('lists all wrong settings at once', async () => {
    const { code, stderr } = await world.run(['config'], {
      env: { PORT: 'x', SIGNOFF_SWEEP: '1', SIGNOFF_ISUER: 'x' },
    });
    expect(code).toBe(2);
    expect(stderr).toMatch(/SIGNOFF_ISUER is not a setting[\s\S]*PORT must be[\s\S]*SIGNOFF_SWEEP must be/);
  });

  it("a key that is not the store's is refused and both are named", async () => {
    const { code, stderr } = await world.run(['accounts', 'list'], {
      env: { SIGNOFF_KEY: Buffer.alloc(32).toString('base64') },
    });
    expect([code, stderr]).toEqual([2, expect.stringMatching(/sealed under the key \S+, but .* is the key \S+/)]);
  });
});

describe('output', () => {
  it('"config" prints every setting with value, default, origin and sentence, and no secret', async () => {
    const key = Buffer.alloc(32, 3).toString('base64');
    const { stdout } = await world.run(['config', '--json'], { env: { SIGNOFF_KEY: key, SIGNOFF_SWEEP: '1s' } });
    const rows = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows).toContainEqual({
      name: 'SIGNOFF_SWEEP',
      value: '1s',
      default: '10s',
      origin: 'environment',
      sentence: 'How often sessions that are due are ended.',
    });
    expect(stdout).not.toContain(key);
  });

  it('has no colour and nothing but the answer on standard output', async () => {
    const { stdout, stderr } = await world.run(['accounts', 'list']);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    expect(stdout).not.toMatch(/\u001b/);
    expect(stdout.split('\n')[0]).toMatch(/^ACCOUNT +ID +STATE/);
    expect(stderr).toBe('');
  });

  it('hostile names cannot drive the terminal', async () => {
    await world.withStore(async (store) => {
      const now = Date.now();
      const fresh = {
        state: 'active',
        generation: 0,
        passwordHash: '',
        createdAt: now,
        passwordChangedAt: now,
        mustChangePassword: false,
        locale: undefined,
      } as const;
      await store.accounts.create({
        ...fresh,
        id: 'evil',
        username: 'e\u001b[2J\u202evil\u0085',
        claims: { name: 'a\nb' },
      });
    });
    for (const args of [
      ['accounts', 'list'],
      ['accounts', 'list', '--json'],
      ['accounts', 'show', 'evil'],
    ]) {
      const { stdout } = await world.run(args);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
      expect(stdout.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
      expect(stdout).toContain('\\u202e');
    }
  });
});
