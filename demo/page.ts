import type { AppSettings } from './app-settings.ts';
import type { DemoMail } from './mailbox.ts';

/** How the app answers logout tokens; people choose it on its page. */
export const MODES = ['healthy', 'slow', 'down', 'refuses'] as const;
export type Mode = (typeof MODES)[number];

export const SLOW_MS = 8000;

const MODE_WORDS: Readonly<Record<Mode, { name: string; means: string }>> = {
  healthy: { name: 'Healthy', means: 'Logout tokens are checked and answered at once.' },
  slow: { name: 'Slow', means: `Every logout token is answered after ${SLOW_MS / 1000} seconds.` },
  down: { name: 'Down', means: 'The connection is closed on every logout token, as if nobody were there.' },
  refuses: { name: 'Refuses', means: 'Every logout token is answered with 400, and the session goes on.' },
};

/** The last logout token, in words fit for a page. */
export interface TokenNews {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly sid: string | undefined;
  readonly verdict: string;
  readonly ended: number;
}

export interface PageModel {
  readonly app: AppSettings;
  readonly person: { readonly name: string; readonly sid: string; readonly since: number } | undefined;
  readonly mode: Mode;
  readonly lastToken: TokenNews | undefined;
  readonly problem: string | undefined;
}

/** The app's own page. */
export function appPage({ app, person, mode, lastToken, problem }: PageModel): string {
  const head = '<script src="/app.js" defer></script>';
  return frame(
    app,
    head,
    `<header><span class="logo" aria-hidden="true">${text(app.name.slice(0, 1))}</span>
<div><h1>${text(app.name)}</h1><p class="soft">${text(app.tagline)}</p></div></header>
${problem === undefined ? '' : `<p class="notice" role="alert">${text(problem)}</p>`}
<section class="card" aria-live="polite">${person === undefined ? signedOut(app) : signedIn(person)}</section>
<section class="card"><h2>When a logout token arrives, this app is</h2>
<form method="post" action="/mode" class="modes">
${MODES.map((each) => modeButton(each, each === mode)).join('\n')}
</form><p class="soft">${MODE_WORDS[mode].means}</p></section>
<section class="card"><h2>Last logout token</h2>${lastToken === undefined ? '<p class="soft">None yet.</p>' : news(lastToken)}</section>`,
  );
}

/** What the provider mailed, as its readers would have it. */
export function mailsPage(app: AppSettings, mails: readonly DemoMail[]): string {
  const none = '<p class="soft">No mail was sent yet. Sign in on a second device, or press “Forgot it?”.</p>';
  return frame(app, '', `<header><div><h1>Mails</h1></div></header>${mails.map(letter).join('\n') || none}`);
}

function letter({ to, subject, text: body }: DemoMail): string {
  const linked = text(body).replace(/https?:\/\/\S+/g, (url) => `<a href="${url}">${url}</a>`);
  return `<section class="card"><h2>${text(subject)}</h2><p class="soft">to ${text(to)}</p><pre>${linked}</pre></section>`;
}

function frame(app: AppSettings, head: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(app.name)}</title>
<link rel="stylesheet" href="/app.css">
<link rel="icon" href="data:,">
${head}
</head>
<body style="--app: ${text(app.colour)}">
<main>
${content}
</main>
<footer>${[...app.links, { name: 'Signoff', url: app.issuer }]
    .filter(({ url }) => url !== app.url)
    .map(link)
    .join(' · ')}</footer>
</body>
</html>
`;
}

function signedOut(app: AppSettings): string {
  return `<h2 class="status">Nobody is signed in here</h2>
<p class="soft">${text(app.name)} knows you by Signoff only.</p>
<form method="post" action="/sign-in"><button class="main">Sign in</button></form>`;
}

function signedIn({ name, sid, since }: NonNullable<PageModel['person']>): string {
  return `<h2 class="status">Signed in as ${text(name)}</h2>
<dl><div><dt>sid</dt><dd><code>${text(sid)}</code></dd></div><div><dt>since</dt><dd>${time(since)}</dd></div></dl>
<form method="post" action="/sign-out"><button class="main">Sign out</button></form>`;
}

function modeButton(mode: Mode, chosen: boolean): string {
  return `<button name="mode" value="${mode}" aria-pressed="${chosen}">${MODE_WORDS[mode].name}</button>`;
}

function news({ at, sid, verdict, ended }: TokenNews): string {
  return `<dl><div><dt>answer</dt><dd>${text(verdict)}${ended > 0 ? ', signed out here' : ''}</dd></div>
<div><dt>sid</dt><dd><code>${text(sid ?? 'not read')}</code></dd></div><div><dt>at</dt><dd>${time(at)}</dd></div></dl>`;
}

function link({ name, url }: { name: string; url: string }): string {
  return `<a href="${text(url)}">${text(name)}</a>`;
}

function time(instant: number): string {
  const iso = new Date(instant).toISOString();
  return `<time datetime="${iso}">${new Date(instant).toLocaleTimeString('en-GB')}</time>`;
}

function text(value: string): string {
  return value.replace(/[&<>"']/g, (each) => `&#${each.charCodeAt(0)};`);
}
