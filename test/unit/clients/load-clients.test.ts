import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Client } from '../../../src/clients/client-file.ts';
import { clientIdOf, fileNameOf } from '../../../src/clients/client-file-name.ts';
import { secretWarnings } from '../../../src/clients/client-warnings.ts';
import { loadClients } from '../../../src/clients/load-clients.ts';
import { createAuthority } from '../../support/authority.ts';
import { aRuleBook } from './a-client.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'signoff-clients-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const GOOD = `client_id: wiki
client_secret: \${WIKI_SECRET}
redirect_uris:
  - https://\${WIKI_HOST}/callback
`;
const ENV = { WIKI_SECRET: 'hunter2-hunter2-hunter2-hunter2-hunter2', WIKI_HOST: 'wiki.example.org' };

function load(env: Record<string, string> = ENV) {
  return loadClients({ folder, env, ...aRuleBook() });
}

/** The problems of one file, as `line field message; fix`. */
function rejections(text: string, file = 'wiki.yaml', env: Record<string, string> = ENV): readonly string[] {
  writeFileSync(join(folder, file), text);
  const { clients, rejected } = load(env);
  expect(clients).toEqual([]);
  expect(rejected).toMatchObject([{ file }]);
  return (rejected[0]?.problems ?? []).map(({ line, field, message, fix }) => `${line} ${field} ${message}; ${fix}`);
}

describe('client files', () => {
  it('are read, with values from the environment', () => {
    writeFileSync(join(folder, 'wiki.yaml'), GOOD);
    const { clients, rejected } = load();
    expect(rejected).toEqual([]);
    expect(clients).toMatchObject([
      {
        client_id: 'wiki',
        client_secret: 'hunter2-hunter2-hunter2-hunter2-hunter2',
        redirect_uris: ['https://wiki.example.org/callback'],
      },
    ]);
  });

  it.each(['\n', '\r\n', '\n\n'])('lose the line end of a secret from a mounted file: %j', (lineEnd) => {
    writeFileSync(join(folder, 'wiki.yaml'), GOOD);
    expect(load({ ...ENV, WIKI_SECRET: `${ENV.WIKI_SECRET}${lineEnd}` }).clients).toMatchObject([
      { client_secret: ENV.WIKI_SECRET },
    ]);
  });

  it('name a secret with blanks at its ends, or of fewer than 32 characters, and take it as it is', () => {
    writeFileSync(join(folder, 'wiki.yaml'), GOOD);
    const warned = (secret: string) => {
      const [client] = load({ ...ENV, WIKI_SECRET: secret }).clients;
      expect(client?.client_secret).toBe(secret);
      return secretWarnings(client ?? ({} as Client)).map((line) => line.split(':')[0]);
    };
    expect(warned(ENV.WIKI_SECRET)).toEqual([]);
    expect(warned(` ${ENV.WIKI_SECRET}`)).toEqual(['client_secret begins or ends with a blank']);
    expect(warned('sixteen letters!')).toEqual(['client_secret is shorter than 32 characters']);
    expect(rejections(GOOD, 'wiki.yaml', { ...ENV, WIKI_SECRET: 'fifteen letters' })[0]).toContain('client_secret');
  });

  it('that are bad cost only their own app', () => {
    writeFileSync(join(folder, 'wiki.yaml'), GOOD);
    writeFileSync(join(folder, 'mail.yaml'), 'client_id: [');
    const { clients, rejected } = load();
    expect(clients.map((one) => one.client_id)).toEqual(['wiki']);
    expect(rejected.map((one) => one.client_id)).toEqual(['mail']);
  });

  it('may be none: a folder that is not there is an empty one', () => {
    rmSync(folder, { recursive: true });
    expect(load()).toEqual({ clients: [], rejected: [] });
    mkdirSync(folder);
  });

  it('with another ending are named, not skipped', () => {
    expect(rejections(GOOD, 'wiki.yml')).toEqual(['1  is not read; rename it to wiki.yaml']);
  });
});

describe('ids of any visible ASCII', () => {
  it.each([
    ['urn:app:1', 'urn%3Aapp%3A1.yaml'],
    ['https://app.example/', 'https%3A%2F%2Fapp.example%2F.yaml'],
    ['123@project', '123@project.yaml'],
    ['.hidden', '%2Ehidden.yaml'],
    ['a%2Fb', 'a%252Fb.yaml'],
    ['../../etc/passwd', '%2E.%2F..%2Fetc%2Fpasswd.yaml'],
    ['C:\\wiki|"<*>?', 'C%3A%5Cwiki%7C%22%3C%2A%3E%3F.yaml'],
    ["$app.'(~)'+&=#!;,", "$app.'(~)'+&=#!;,.yaml"],
  ])('%s is in %s, and in no other file', (id, file) => {
    const text = GOOD.replace('client_id: wiki', `client_id: ${JSON.stringify(id)}`);
    expect(fileNameOf(id)).toBe(file);
    expect(clientIdOf(file)).toBe(id);
    writeFileSync(join(folder, file), text);
    expect(load().clients.map((one) => one.client_id)).toEqual([id]);
    rmSync(join(folder, file));
    expect(rejections(text, 'wiki.yaml')[0]).toContain(`rename the file to ${file} `);
  });

  it.each([
    '',
    'with space',
    'ümlaut',
    'tab\t',
    'x'.repeat(201),
    '__proto__',
    'constructor',
    ':'.repeat(90),
  ])('but not %j', (id) => {
    expect(rejections(GOOD.replace('client_id: wiki', `client_id: ${JSON.stringify(id)}`))).not.toEqual([]);
  });
});

describe('a bad client file is named with line, field and fix', () => {
  it('when a variable is missing', () => {
    expect(rejections(GOOD, 'wiki.yaml', { WIKI_HOST: 'wiki.example.org' })).toEqual([
      '2 client_secret needs the environment variable WIKI_SECRET, which is not set; set WIKI_SECRET, or write the value itself',
    ]);
  });

  it('when it asks for a setting of Signoff itself, in any case: one of them is the master key', () => {
    const secrets = { SIGNOFF_KEY: 'the master key', signoff_store: 'mongodb://user:password@db' };
    for (const name of Object.keys(secrets)) {
      const [told = '', ...more] = rejections(`${GOOD}client_uri: https://x.example/\${${name}}\n`, 'wiki.yaml', {
        ...ENV,
        ...secrets,
      });
      expect(more).toEqual([]);
      expect(told).toContain(`client_uri asks for ${name}, a setting of Signoff itself; give the app a variable`);
      expect(told).not.toMatch(/master key|password/);
    }
  });

  it('when a name is misspelt, also below logout', () => {
    expect(rejections(`${GOOD}backchanel_logout_uri: https://x.example\nlogout:\n  aks: never\n`)).toEqual([
      '7 logout.aks is not a known name; Did you mean "ask"?',
      '5 backchanel_logout_uri is not a known name; Did you mean "backchannel_logout_uri"?',
    ]);
  });

  it('when it is not named after its client', () => {
    expect(rejections(GOOD, 'wikki.yaml')[0]).toBe(
      '1 client_id is not the name of its file, wikki.yaml; rename the file to wiki.yaml or change client_id',
    );
  });

  it('when a rule says no', () => {
    expect(rejections(`${GOOD}backchannel_logout_uri: http://127.0.0.1/logout\n`)[0]).toMatch(
      /^5 backchannel_logout_uri is refused: .*SIGNOFF_OUTBOUND_ALLOW/,
    );
    expect(rejections(GOOD.replace('https:', 'http:'))[0]).toMatch(/^4 redirect_uris\[0\] is http/);
  });

  it('when a value has the wrong shape', () => {
    const file = 'client_id: wiki\nredirect_uris: https://wiki.example.org\nrequire_pkce: maybe\nmax_session: 8\n';
    expect(rejections(file)).toEqual([
      '2 redirect_uris must be a list; put each value on its own line after a dash, or all between [ and ]',
      '3 require_pkce must be true or false; write true or false without quotes',
      '4 max_session must be text; put it in quotes',
    ]);
  });

  it('G8 when backchannel_logout_session_required is no boolean', () => {
    expect(rejections(`${GOOD}backchannel_logout_session_required: "yes"\n`)[0]).toContain('must be true or false');
  });

  it('G11 when ID tokens would not be signed', () => {
    expect(rejections(`${GOOD}id_token_signed_response_alg: none\n`)[0]).toContain('without one anybody could');
  });

  it('when it is empty, a list, two documents, or no YAML', () => {
    expect(rejections('')).toEqual(['1 client_id is missing; add it, or take its line out where it is optional']);
    expect(rejections('- a\n')[0]).toContain('must be a section');
    expect(rejections(`${GOOD}---\na: 1\n`)[0]).toContain('is not YAML');
    expect(rejections('client_id: wiki\n  x: "\n')[0]).toMatch(/^\d+ {2}is not YAML/);
    expect(rejections('client_id: wiki\nclient_id: wiki\n')[0]).toMatch(/^2 {2}is not YAML: Map keys must be unique/);
  });

  it('when it cannot be read at all', () => {
    mkdirSync(join(folder, 'folder.yaml'));
    symlinkSync('/nowhere', join(folder, 'link.yaml'));
    writeFileSync(join(folder, 'large.yaml'), '#'.repeat(300_000));
    const told = load().rejected.map(({ file, problems }) => `${file} ${problems[0]?.message}`);
    expect(told).toEqual([
      'folder.yaml cannot be read (EISDIR)',
      'large.yaml is too large',
      'link.yaml cannot be read (ENOENT)',
    ]);
  });

  it('when aliases would blow it up', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdefgh'.split('').map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefg'[i]}`)}]`),
    ];
    expect(rejections(bomb.join('\n'))[0]).toMatch(/alias|cannot be read/i);
  });

  it('and never repeats a secret', () => {
    const told = rejections('client_id: wiki\nclient_secret: [hunter2]\ntoken_endpoint_auth_method: hunter2\n');
    expect(told.join('\n')).not.toContain('hunter2');
  });
});

describe('tls_ca and tls_pin', () => {
  const authority = createAuthority('Wiki');
  const HTTPS = `${GOOD}backchannel_logout_uri: https://wiki.example.org/logout\n`;

  it('are read: the certificates of the file beside it, and keys, one or several', () => {
    writeFileSync(join(folder, 'wiki-ca.pem'), authority.cert);
    writeFileSync(join(folder, 'wiki.yaml'), `${HTTPS}tls_ca: wiki-ca.pem\ntls_pin: ${authority.pin}\n`);
    expect(load()).toMatchObject({
      rejected: [],
      clients: [{ trust: { authorities: authority.cert, pins: [authority.pin] } }],
    });
    writeFileSync(join(folder, 'wiki.yaml'), `${HTTPS}tls_pin: ["${authority.pin}", "sha256/${'A'.repeat(43)}="]\n`);
    expect(load()).toMatchObject({ clients: [{ trust: { pins: [authority.pin, `sha256/${'A'.repeat(43)}=`] } }] });
  });

  it('that cannot be used are named, with the way out', () => {
    const with_ = (line: string) => rejections(`${HTTPS}${line}\n`);
    expect(with_('tls_ca: gone.pem')).toEqual([
      '6 tls_ca names gone.pem, which cannot be read (ENOENT); put it beside the client file',
    ]);
    writeFileSync(join(folder, 'bad.pem'), `${authority.cert}${authority.cert.replace(/\n.{30}/, '\n')}`);
    expect(with_('tls_ca: bad.pem')[0]).toMatch(
      /^6 tls_ca names bad.pem, which has a broken certificate: number 2 of 2/,
    );
    expect(with_('tls_ca: ../secret.pem')[0]).toMatch(/must be the name of a .pem file beside this one/);
    expect(with_('tls_pin: sha1/abc')[0]).toMatch(/^6 tls_pin must be sha256\/ and 44 characters/);
    expect(with_('tls_pin: []')[0]).toMatch(/^6 tls_pin is empty/);
  });

  it('mean nothing for a logout address that is not encrypted, and are refused', () => {
    const http = `${GOOD}backchannel_logout_uri: http://127.0.0.1:4001/logout\ntls_pin: ${authority.pin}\n`;
    writeFileSync(join(folder, 'wiki.yaml'), http);
    const { rejected } = loadClients({ folder, env: ENV, ...aRuleBook('127.0.0.0/8') });
    expect(rejected[0]?.problems).toMatchObject([{ field: 'tls_pin', message: expect.stringContaining('http://') }]);
  });
});
