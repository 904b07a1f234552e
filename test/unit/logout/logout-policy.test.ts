import { describe, expect, it } from '@jest/globals';
import { SCOPES, type Scope } from '../../../src/logout/logout.ts';
import { type AskingClient, decideLogout, type LogoutFacts } from '../../../src/logout/logout-policy.ts';

const ALL: Scope[] = [...SCOPES];
const WITHOUT_APP: Scope[] = ['all-here', 'all-everywhere'];

function aClient(party: 'first' | 'third', logout: Partial<AskingClient['logout']> = {}): AskingClient {
  const defaults: AskingClient['logout'] =
    party === 'first'
      ? { scope: 'all-here', ask: 'auto', allowed_scopes: ['app-here', 'all-here'] }
      : { scope: 'app-here', ask: 'auto', allowed_scopes: ['app-here'] };
  return { party, logout: { ...defaults, ...logout } };
}

function facts(given: Partial<LogoutFacts>): LogoutFacts {
  return {
    signedIn: true,
    fault: undefined,
    client: undefined,
    hint: 'none',
    hintLives: false,
    wished: undefined,
    ...given,
  };
}

function asks(preselected: Scope, more: { offered?: Scope[]; redirects?: boolean } = {}) {
  return { kind: 'ask', preselected, offered: more.offered ?? ALL, redirects: more.redirects ?? true };
}

/** DESIGN §5's table, cell by cell: [row, facts, first-party, third-party]. */
const TABLE: readonly [string, Partial<LogoutFacts>, Partial<AskingClient['logout']>, unknown, unknown][] = [
  ['good hint', { hint: 'good' }, {}, { kind: 'proceed', scope: 'all-here' }, asks('app-here')],
  [
    'good hint and ask: never',
    { hint: 'good' },
    { ask: 'never' },
    { kind: 'proceed', scope: 'all-here' },
    { kind: 'proceed', scope: 'app-here' },
  ],
  ['good hint and ask: always', { hint: 'good' }, { ask: 'always' }, asks('all-here'), asks('app-here')],
  [
    'good hint that asks for a listed scope',
    { hint: 'good', wished: 'app-here' },
    {},
    { kind: 'proceed', scope: 'app-here' },
    { kind: 'proceed', scope: 'app-here' },
  ],
  [
    'good hint that asks for a listed scope, ask: never',
    { hint: 'good', wished: 'app-everywhere' },
    { ask: 'never', allowed_scopes: ['app-everywhere'] },
    { kind: 'proceed', scope: 'app-everywhere' },
    { kind: 'proceed', scope: 'app-everywhere' },
  ],
  [
    'good hint that asks for a listed scope, ask: always',
    { hint: 'good', wished: 'app-here' },
    { ask: 'always' },
    asks('app-here'),
    asks('app-here'),
  ],
  [
    'good hint that asks for a scope that is not listed, whatever ask says',
    { hint: 'good', wished: 'all-everywhere' },
    { ask: 'never' },
    asks('all-everywhere'),
    asks('all-everywhere'),
  ],
  ['client_id alone', { hint: 'none' }, {}, asks('all-here'), asks('app-here')],
  ['client_id alone and ask: never', { hint: 'none' }, { ask: 'never' }, asks('all-here'), asks('app-here')],
  ['hint of another session, or too old', { hint: 'stale' }, {}, asks('all-here'), asks('app-here')],
  [
    'hint of another account',
    { hint: 'other-account' },
    {},
    asks('all-here', { redirects: false }),
    asks('app-here', { redirects: false }),
  ],
  [
    'forged hint, contradiction, unregistered redirect',
    { hint: 'none', fault: 'hint_invalid' },
    {},
    { kind: 'refuse', code: 'hint_invalid' },
    { kind: 'refuse', code: 'hint_invalid' },
  ],
  [
    'nobody signed in, the hint’s participation lives',
    { signedIn: false, hint: 'stale', hintLives: true },
    {},
    { kind: 'ask-own' },
    { kind: 'ask-own' },
  ],
  [
    'nobody signed in, verified hint, nothing left',
    { signedIn: false, hint: 'stale' },
    {},
    { kind: 'already-out', redirects: true },
    { kind: 'already-out', redirects: true },
  ],
  [
    'nobody signed in, client_id alone',
    { signedIn: false, hint: 'none' },
    {},
    { kind: 'already-out', redirects: false },
    { kind: 'already-out', redirects: false },
  ],
];

describe.each(TABLE)('%s', (_row, given, logout, first, third) => {
  it('first-party app', () => {
    expect(decideLogout(facts({ ...given, client: aClient('first', logout) }))).toEqual(first);
  });
  it('third-party app', () => {
    expect(decideLogout(facts({ ...given, client: aClient('third', logout) }))).toEqual(third);
  });
});

describe('beside the table', () => {
  it('no hint and no client: the page without the two app scopes, and a redirect has nobody to belong to', () => {
    expect(decideLogout(facts({}))).toEqual(asks('all-here', { offered: WITHOUT_APP }));
  });

  it('"everywhere" as a client’s own scope is shown before it happens unless the client may ask for it silently', () => {
    const loud = aClient('first', { scope: 'all-everywhere' });
    const silent = aClient('first', { scope: 'all-everywhere', allowed_scopes: ['all-everywhere'] });
    expect(decideLogout(facts({ hint: 'good', client: loud }))).toEqual(asks('all-everywhere'));
    expect(decideLogout(facts({ hint: 'good', client: silent }))).toEqual({ kind: 'proceed', scope: 'all-everywhere' });
  });

  it('a fault beats everything, also when nobody is signed in', () => {
    expect(decideLogout(facts({ signedIn: false, fault: 'redirect_unregistered' }))).toEqual({
      kind: 'refuse',
      code: 'redirect_unregistered',
    });
  });
});
