import { type DemoPlan, mailsAddress, people } from './plan.ts';

/** What the demo says to people, and to programs that start it. */

/** The sheet that is printed once, when all is up. `folder` is where the provider keeps its records. */
export function welcome({ issuer, port, apps }: DemoPlan, folder: string): string {
  const row = (name: string, url: string, remark: string): string => `    ${name.padEnd(10)}  ${url}   ${remark}`;
  const [first, second] = apps.map(({ name }) => name);
  const command = `PORT=${port} SIGNOFF_DATA=${folder} npm run -s signoff -- logout --account ${people[0]?.username} --wait 10s`;
  return [
    '',
    '  Signoff is up. Sign in once, sign off everywhere.',
    '',
    row('Signoff', issuer, 'the provider'),
    ...apps.map(({ name, party, settings }) =>
      row(name, settings.url, party === 'first' ? 'one of its own apps' : 'somebody else’s app: it asks first'),
    ),
    row('Mails', mailsAddress(apps[0]?.settings.url ?? ''), `as they are sent; .eml files in ${folder}/outbox`),
    '',
    '  Sign in as',
    ...people.map(({ username, password }) => `    ${username.padEnd(8)} ${password}`),
    '',
    '  Four things to try',
    `    1. Sign in at ${first}, then at the others (no password there). Sign out of ${first}: all of them are out.`,
    `    2. Switch ${second} to Down on its page and sign out again: you wait one second, not for ${second}.`,
    `       The receipt says who has not confirmed yet. Switch it back to Healthy: it is told by itself.`,
    `    3. Be on two devices: open ${first} in a private window and sign in as the same person. On ${issuer}/devices`,
    `       of the first window sign the other one out: ${first} there is out too. (A phone on your network needs https.)`,
    '    4. Be the operator. Sign in again, then, in another terminal:',
    `       ${command}`,
    '',
    '  Logout tokens show here as they arrive. Ctrl-C ends everything.',
    '',
  ].join('\n');
}

/** The same facts as one JSON line. */
export function welcomeJson({ issuer, apps }: DemoPlan, folder: string): string {
  return JSON.stringify({
    provider: issuer,
    apps: apps.map(({ id, name, party, settings }) => ({ client_id: id, name, party, url: settings.url })),
    accounts: people.map(({ username, password, name, email }) => ({ username, password, name, email })),
    data: folder,
    mails: `${folder}/outbox`,
  });
}

/** One line for one logout token that reached an app, or one attempt of the provider; undefined for all other lines. */
export function newsLine(line: string, plan: DemoPlan): string | undefined {
  const facts = parse(line);
  const nameOf = (id: unknown): string => plan.apps.find((app) => app.id === id)?.name ?? String(id);
  switch (facts?.['event']) {
    case 'logout_token':
      return columns(nameOf(facts['app']), 'got a logout token', String(facts['verdict']), facts['sid'], facts['ms']);
    case 'delivery.attempted':
      return columns('Signoff', `posted to ${nameOf(facts['client_id'])}`, attempt(facts), undefined, facts['ms']);
    case 'mail.sent':
      return columns('Signoff', 'sent a mail', String(facts['kind']), undefined, facts['ms']);
    default:
      return undefined;
  }
}

function attempt(facts: Readonly<Record<string, unknown>>): string {
  const answer = facts['status'] ?? facts['error'] ?? 'no answer';
  return `attempt ${String(facts['attempt'] ?? 1)}: ${String(facts['verdict'])} (${String(answer)})`;
}

function columns(who: string, what: string, verdict: string, sid: unknown, ms: unknown): string {
  const time = new Date().toLocaleTimeString('en-GB');
  const which = typeof sid === 'string' ? `  sid ${sid.slice(0, 8)}…` : '';
  return `  ${time}  ${who.padEnd(9)}  ${what.padEnd(18)}  ${verdict}${which}  ${Math.round(Number(ms))} ms`;
}

/** The facts of a JSON line, or undefined when it is none. */
export function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
