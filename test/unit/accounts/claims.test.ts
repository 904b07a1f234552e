import { describe, expect, it } from '@jest/globals';
import { readClaims, STANDARD_CLAIMS, withClaimText } from '../../../src/accounts/claims.ts';

const ALL = {
  name: 'Alice Example',
  given_name: 'Alice',
  family_name: 'Example',
  middle_name: 'B.',
  nickname: 'al',
  preferred_username: 'alice',
  profile: 'https://example.org/alice',
  picture: 'https://example.org/alice.png',
  website: 'https://alice.example',
  email: 'alice@example.org',
  email_verified: true,
  gender: 'female',
  birthdate: '0000-12-31',
  zoneinfo: 'Europe/Berlin',
  locale: 'de-DE',
  phone_number: '+49 30 1234567',
  phone_number_verified: false,
  address: { locality: 'Berlin', country: 'Germany' },
  updated_at: 1_700_000_000,
};

describe('claims of an account', () => {
  it('may be every standard one', () => {
    expect(Object.keys(ALL).sort()).toEqual([...STANDARD_CLAIMS].sort());
    expect(readClaims(ALL, [])).toEqual({ ok: true, claims: ALL });
  });

  const bad: readonly (readonly [Record<string, unknown>, string])[] = [
    [{ email: 'nobody' }, 'email must be an e-mail address'],
    [{ email_verified: 'yes' }, 'email_verified must be true or false'],
    [{ birthdate: '31.12.1990' }, 'birthdate must be'],
    [{ zoneinfo: 'Mars/Base' }, 'zoneinfo must be a time zone'],
    [{ locale: '!' }, 'locale must be a language tag'],
    [{ phone_number: '030 123' }, 'phone_number must begin with +'],
    [{ picture: 'javascript:alert(1)' }, 'picture must be an address'],
    [{ address: { town: 'Berlin' } }, 'address'],
    [{ updated_at: 'now' }, 'updated_at must be seconds'],
    [{ emial: 'a@b.example' }, 'Did you mean "email"?'],
    [{ sub: 'x' }, 'sub is not a claim'],
    [{ constructor: 'x' }, 'constructor is not a claim'],
    [{ name: 'x'.repeat(2_000) }, 'name'],
    [{ groups: ['x'.repeat(20_000)] }, '16 KB'],
  ];
  for (const [claims, sentence] of bad) {
    it(`${JSON.stringify(claims).slice(0, 50)} is refused`, () => {
      const result = readClaims(claims, ['groups']);
      expect(result.ok ? '' : result.problems.join('\n')).toContain(sentence);
    });
  }

  it('may be what a scope of signoff.yaml carries', () => {
    expect(readClaims({ groups: ['admin'] }, ['groups']).ok).toBe(true);
    expect(readClaims({ groups: ['admin'] }, []).ok).toBe(false);
  });

  it('come from name=value texts', () => {
    const texts = [
      'name=007',
      'email_verified=true',
      'updated_at=1',
      'address.locality=Berlin',
      'address.country=DE',
      'groups=["a","b"]',
      'team=red',
    ];
    const claims = texts.reduce((all, one) => withClaimText(all, one) ?? all, {});
    expect(claims).toEqual({
      name: '007',
      email_verified: true,
      updated_at: 1,
      address: { locality: 'Berlin', country: 'DE' },
      groups: ['a', 'b'],
      team: 'red',
    });
    expect(withClaimText({}, 'name')).toBeUndefined();
  });
});
