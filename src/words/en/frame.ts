/** What stands around every page, and what several pages say. */
export const frame = {
  'foot.privacy': 'Privacy',
  'foot.help': 'Help',
  'facts.code': 'Code',
  'facts.request': 'Request',
  'list.more': '{count} more',
  'app.asked-by': 'Asked by',
  'app.continue-to': 'Continue to',
  'app.privacy': 'privacy policy',
  'app.terms': 'terms of service',
  'app.back': 'Back to {app}',
  'count.devices': { one: '{count} device', other: '{count} devices' },
  'count.apps': { one: '{count} app', other: '{count} apps' },
  'count.sign-ins': { one: '{count} sign-in', other: '{count} sign-ins' },
  'count.app-sign-ins': { one: '{count} app sign-in', other: '{count} app sign-ins' },
  'signed-in-as': 'You are signed in as {person}.',
} as const;
