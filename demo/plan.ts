import type { AppSettings } from './app-settings.ts';

/** What the demo consists of: three apps, two people, and what the provider is told about the apps. */

interface PlannedApp {
  readonly id: string;
  readonly name: string;
  readonly tagline: string;
  readonly colour: string;
  readonly party: 'first' | 'third';
}

export interface Person {
  readonly username: string;
  readonly password: string;
  readonly name: string;
  readonly email: string;
}

const apps: readonly PlannedApp[] = [
  { id: 'bookshop', name: 'Bookshop', tagline: 'Paper, mostly', colour: '#d9572b', party: 'first' },
  { id: 'calendar', name: 'Calendar', tagline: 'Where the week went', colour: '#7a3fb8', party: 'first' },
  { id: 'polls', name: 'Polls', tagline: 'Somebody else’s app: it asks first', colour: '#2f7d5b', party: 'third' },
];

/** Known to everybody, which is right for a provider that only answers on loopback. */
export const people: readonly Person[] = [
  { username: 'mira', password: 'paper-lantern-31', name: 'Mira Holm', email: 'mira@example.com' },
  { username: 'jonas', password: 'copper-kettle-58', name: 'Jonas Weber', email: 'jonas@example.com' },
];

/** One app of a running demo. */
export interface DemoApp extends PlannedApp {
  readonly settings: AppSettings;
}

export interface DemoPlan {
  readonly port: number;
  readonly issuer: string;
  readonly apps: readonly DemoApp[];
}

/**
 * The addresses of a demo: the provider on `port`, the apps on the three after it. `secret` answers each app's own; `outbox` is
 * the folder of the provider's mails, which the first app shows.
 */
export function planDemo(port: number, secret: (id: string) => string, outbox: string): DemoPlan {
  const issuer = `http://localhost:${port}`;
  const address = (index: number): string => `http://localhost:${port + 1 + index}`;
  const mails = { name: 'Mails', url: mailsAddress(address(0)) };
  const links = [...apps.map(({ name }, index) => ({ name, url: address(index) })), mails];
  return {
    port,
    issuer,
    apps: apps.map((app, index) => {
      const { id, name, tagline, colour } = app;
      const place = { host: '127.0.0.1', port: port + 1 + index, url: address(index), issuer };
      const shown = index === 0 ? { outbox } : {};
      return { ...app, settings: { id, name, tagline, colour, ...place, secret: secret(id), links, ...shown } };
    }),
  };
}

/** Where the app at `url` shows mails. */
export function mailsAddress(url: string): string {
  return `${url}/mails`;
}

/** The client file of one app. JSON is YAML too; the secret comes from the environment, as it should in earnest. */
export function clientFile({ party, settings }: DemoApp): string {
  return `${JSON.stringify(
    {
      client_id: settings.id,
      client_name: settings.name,
      client_secret: `\${${secretVariable(settings.id)}}`,
      party,
      redirect_uris: [`${settings.url}/callback`],
      post_logout_redirect_uris: [`${settings.url}/signed-out`],
      backchannel_logout_uri: `${settings.url}/backchannel-logout`,
      backchannel_logout_session_required: true,
      scope: 'openid profile email',
    },
    undefined,
    2,
  )}\n`;
}

/** Where the provider finds an app's secret. */
export function secretVariable(id: string): string {
  return `DEMO_${id.toUpperCase()}_SECRET`;
}
