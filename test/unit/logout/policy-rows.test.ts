import { expect, it } from '@jest/globals';
import type { AskingClient } from '../../../src/logout/logout-policy.ts';
import { policyRow, policyRows } from '../../../src/logout/policy-rows.ts';

const first: AskingClient = {
  party: 'first',
  logout: { scope: 'all-here', ask: 'auto', allowed_scopes: ['app-here', 'all-here'] },
};

it('shows what each row of DESIGN §5 means for this client, by the table that decides', () => {
  const rows = policyRows(first).map(({ asking, wished, decision }) => [asking, wished, decision.kind]);
  expect(rows).toEqual([
    ['good-hint', undefined, 'proceed'],
    ['good-hint', 'app-here', 'proceed'],
    ['good-hint', 'all-here', 'proceed'],
    ['good-hint', 'app-everywhere', 'ask'],
    ['good-hint', 'all-everywhere', 'ask'],
    ['no-hint', undefined, 'ask'],
    ['old-hint', undefined, 'ask'],
    ['foreign-hint', undefined, 'ask'],
    ['nobody-here', undefined, 'ask-own'],
    ['nobody-anywhere', undefined, 'already-out'],
    ['bad-request', undefined, 'refuse'],
  ]);
});

it('a hint of somebody else never leads on to the app', () => {
  expect(policyRow(first, 'foreign-hint', undefined).decision).toMatchObject({ redirects: false });
  expect(policyRow(first, 'old-hint', undefined).decision).toMatchObject({ redirects: true });
});
