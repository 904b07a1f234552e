import { describe, expect, it } from '@jest/globals';
import { registrationProblems } from '../../../src/clients/registration-rules.ts';
import { aClient, aRuleBook } from './a-client.ts';

const JWK = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' };

function told(fields: Record<string, unknown>, ...allow: readonly string[]): readonly string[] {
  return registrationProblems(aClient(fields), aRuleBook(...allow)).map(({ field, message, fix }) => {
    expect(fix).not.toBe('');
    return `${field} ${message}`;
  });
}

it('a plain client may be registered', () => {
  expect(told({})).toEqual([]);
});

describe('G6 a logout address', () => {
  const refused = [
    ['https://wiki.example.org/logout#a', 'fragment'],
    ['https://wiki.example.org/logout#', 'fragment'],
    ['https://user:pw@wiki.example.org/logout', 'user name'],
    ['https://127.0.0.1/logout', 'not a public address'],
    ['https://2130706433/logout', 'not a public address'],
    ['https://0177.0.0.1/logout', 'not a public address'],
    ['https://0x7f.1/logout', 'not a public address'],
    ['https://[::ffff:127.0.0.1]/logout', 'not a public address'],
    ['https://169.254.169.254/latest', 'not a public address'],
    ['https://localhost/logout', 'name of this machine'],
    ['https://printer.local/logout', 'name of this machine'],
    ['https://metadata.google.internal/logout', 'name of this machine'],
    ['http://wiki.example.org/logout', 'http:'],
    ['ftp://wiki.example.org/logout', 'not an absolute https'],
    ['/logout', 'not an absolute https'],
    ['https://wiki.example.org/log out', 'spaces'],
  ] as const;
  for (const [uri, why] of refused) {
    it(`${uri.slice(0, 60)} is refused`, () => {
      const problems = told({ backchannel_logout_uri: uri });
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatch(/^backchannel_logout_uri is refused: /);
      expect(problems[0]).toContain(why);
    });
  }

  it('is refused when longer than 2000 characters', () => {
    expect(() => aClient({ backchannel_logout_uri: `https://wiki.example.org/${'a'.repeat(2_000)}` })).toThrow();
  });

  it('may be private, and http, where the operator allows it', () => {
    expect(told({ backchannel_logout_uri: 'http://localhost:4001/logout' }, '127.0.0.0/8', '::1')).toEqual([]);
    expect(told({ backchannel_logout_uri: 'https://10.1.2.3/logout' }, '10.0.0.0/8')).toEqual([]);
  });

  it('keeps its query', () => {
    expect(told({ backchannel_logout_uri: 'https://wiki.example.org/logout?tenant=1' })).toEqual([]);
  });
});

describe('G9 an http logout address', () => {
  it('is refused for a client without confidential authentication', () => {
    const fields = {
      backchannel_logout_uri: 'http://localhost:4001/logout',
      token_endpoint_auth_method: 'none',
      client_secret: undefined,
    };
    expect(told(fields, '127.0.0.0/8')[0]).toContain('http:// for a public client');
    expect(told({ ...fields, backchannel_logout_uri: 'https://wiki.example.org/logout' })).toEqual([]);
  });
});

describe('G10 addresses that this provider fetches', () => {
  for (const field of ['jwks_uri', 'sector_identifier_uri', 'logo_uri']) {
    it(`${field} passes the same gate`, () => {
      expect(told({ [field]: 'https://169.254.169.254/x' })[0]).toContain(`${field} is refused`);
      expect(told({ [field]: 'https://cdn.example.org/x' })).toEqual([]);
    });
  }
});

describe('G13, BP1, BP12 redirect addresses', () => {
  const cases: readonly (readonly [string, 'web' | 'native', string | undefined])[] = [
    ['https://wiki.example.org/cb', 'web', undefined],
    ['https://wiki.intranet/cb', 'web', undefined],
    ['http://wiki.example.org/cb', 'web', 'http://'],
    ['http://localhost:3000/cb', 'web', 'http:// on the machine'],
    ['org.example.wiki:/cb', 'web', 'uses org.example.wiki:'],
    ['org.example.wiki:/cb', 'native', undefined],
    ['http://127.0.0.1/cb', 'native', undefined],
    ['http://[::1]/cb', 'native', undefined],
    ['http://wiki.example.org/cb', 'native', 'not loopback'],
    ['https://localhost/cb', 'native', 'https on loopback'],
    ['javascript:alert(1)', 'native', 'leads to no app'],
    ['data:text/html,x', 'native', 'leads to no app'],
    ['https://wiki.example.org/cb#x', 'web', 'fragment'],
    ['https://a@wiki.example.org/cb', 'web', 'user name'],
    ['https://*.example.org/cb', 'web', 'has a *'],
    ['https://wiki.example.org\\@evil.example/cb', 'web', 'backslashes'],
    ['/cb', 'web', 'not an absolute address'],
  ];
  for (const [uri, type, why] of cases) {
    it(`${uri} for ${type}: ${why ?? 'fine'}`, () => {
      for (const field of ['redirect_uris', 'post_logout_redirect_uris']) {
        const problems = told({ application_type: type, [field]: [uri] });
        expect(problems).toHaveLength(why === undefined ? 0 : 1);
        expect(problems[0] ?? '').toContain(why ?? '');
      }
    });
  }

  it.each([
    'http://localhost:3000/cb',
    'http://127.0.0.1/cb',
    'http://[::1]:8080/cb',
  ])('%s for web: the advice is application_type: native, which works, and not to open server-side calls', (uri) => {
    for (const field of ['redirect_uris', 'post_logout_redirect_uris']) {
      const fields = { [field]: [uri, 'https://wiki.example.org/cb'] };
      const [problem] = registrationProblems(aClient(fields), aRuleBook());
      expect(problem?.fix).toContain('application_type: native');
      expect(problem?.fix).not.toContain('SIGNOFF_OUTBOUND_ALLOW');
      expect(told({ ...fields, application_type: 'native' })).toEqual([]);
    }
  });

  it('http is fine on an allow-listed host', () => {
    expect(told({ redirect_uris: ['http://localhost:4001/callback'] }, '127.0.0.0/8')).toEqual([]);
  });

  it('one is needed where there is a flow that uses it', () => {
    expect(told({ redirect_uris: [] })).toEqual(['redirect_uris is missing']);
    expect(told({ redirect_uris: [], response_types: [], grant_types: [] })).toEqual([]);
  });
});

describe('authentication', () => {
  const cases: readonly (readonly [string, Record<string, unknown>, string])[] = [
    ['a secret method without secret', { client_secret: undefined }, 'client_secret_hash is missing'],
    ['a public client with a secret', { token_endpoint_auth_method: 'none' }, 'makes no sense for a public client'],
    ['secret and hash', { client_secret_hash: `sha256:${'A'.repeat(43)}` }, 'stands beside client_secret_hash'],
    ['a secret that cannot be sent', { client_secret: 'geheimß' }, 'outside of ASCII'],
    [
      'a secret that can be guessed',
      { client_secret: 'fifteen-letters' },
      'client_secret is shorter than 16 characters',
    ],
    [
      'private_key_jwt without keys',
      { token_endpoint_auth_method: 'private_key_jwt', client_secret: undefined },
      'jwks is missing',
    ],
    ['keys twice', { jwks: { keys: [JWK] }, jwks_uri: 'https://wiki.example.org/jwks' }, 'jwks stands beside jwks_uri'],
    ['a private key', { jwks: { keys: [{ ...JWK, d: 'd' }] } }, 'jwks.keys[0] holds a private key'],
    ['something else as key', { jwks: { keys: [{ a: 1 }] } }, 'jwks.keys[0] is not a JWK'],
  ];
  for (const [name, fields, sentence] of cases) {
    it(`${name} is refused`, () => {
      const problems = told(fields);
      expect(problems).toHaveLength(1);
      expect(problems[0]).toContain(sentence);
    });
  }
});

describe('the rest', () => {
  const cases: readonly (readonly [string, Record<string, unknown>, string])[] = [
    ['a link that runs script', { policy_uri: 'javascript:alert(1)' }, 'policy_uri is not a web address'],
    ['a link with user info', { tos_uri: 'https://a:b@example.org' }, 'tos_uri has a user name'],
    ['a foreign front-channel address', { frontchannel_logout_uri: 'https://evil.example/x' }, 'on another host'],
    ['an unknown scope', { scope: 'openid emial' }, 'names "emial", which is not known'],
    ['a scope without openid', { scope: 'email' }, 'has no openid'],
    ['logout tokens that live too long', { logout: { token_ttl: '6m' } }, 'logout.token_ttl must be between'],
    ['a session of no length', { max_session: '0s' }, 'max_session is nothing'],
    ['an http initiate_login_uri', { initiate_login_uri: 'http://x.example' }, 'initiate_login_uri is not an https'],
    ['an http sector', { sector_identifier_uri: 'http://localhost/s' }, 'sector_identifier_uri is not https'],
    [
      'pairwise on two hosts without sector',
      { subject_type: 'pairwise', redirect_uris: ['https://a.example/cb', 'https://b.example/cb'] },
      'sector_identifier_uri is missing',
    ],
  ];
  for (const [name, fields, sentence] of cases) {
    it(`${name} is refused`, () => {
      const problems = told(fields, '127.0.0.0/8');
      expect(problems).toHaveLength(1);
      expect(problems[0]).toContain(sentence);
    });
  }
});
