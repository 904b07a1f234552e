import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { readAppSettings } from './app-settings.ts';
import { createLocalSessions, type LocalSession } from './local-sessions.ts';
import { readMails } from './mailbox.ts';
import { createOidcClient, type SignInAttempt } from './oidc-client.ts';
import { appPage, MODES, type Mode, mailsPage, type TokenNews } from './page.ts';
import { createLogoutReceiver } from './receive-logout.ts';

/**
 * One demo app, a process of its own: one page, a sign-in, a sign-out and a logout address, on node:http and the
 * receiving kit. For each logout token it writes one JSON line to standard output.
 */

const FORGET_ATTEMPT_MS = 15 * 60_000;
const app = readAppSettings(process.env);
const oidc = createOidcClient(app);
const sessions = createLocalSessions();
const attempts = new Map<string, SignInAttempt & { readonly browser: string }>();
const signOuts = new Map<string, string>();
const watchers = new Set<ServerResponse>();
let mode: Mode = 'healthy';
let lastToken: TokenNews | undefined;

// Cookies ignore ports, so each app of this host needs names of its own.
const SESSION_COOKIE = `${app.id}_session`;
const BROWSER_COOKIE = `${app.id}_browser`;

type Route = (request: IncomingMessage, response: ServerResponse, url: URL) => void | Promise<void>;

const routes: Readonly<Record<string, Route>> = {
  'GET /': showPage,
  'GET /app.css': asset('app.css', 'text/css'),
  'GET /app.js': asset('app.js', 'text/javascript'),
  'GET /mails': showMails,
  'GET /state': showState,
  'GET /events': watch,
  'GET /sign-in': signIn,
  'POST /sign-in': signIn,
  'GET /callback': finishSignIn,
  'POST /sign-out': signOut,
  'GET /signed-out': finishSignOut,
  'POST /mode': changeMode,
  'POST /backchannel-logout': createLogoutReceiver({
    app,
    oidc,
    sessions,
    mode: () => mode,
    report(news) {
      lastToken = news;
      process.stdout.write(`${JSON.stringify({ event: 'logout_token', app: app.id, ...news })}\n`);
      announceChange();
    },
  }),
};

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', app.url);
  const route = routes[`${request.method} ${url.pathname}`];
  if (route === undefined) return void response.writeHead(404).end('Not here.');
  // The buttons are for this page only; the provider's logout tokens come from no page at all.
  if (request.method === 'POST' && request.headers['sec-fetch-site'] === 'cross-site')
    return void response.writeHead(403).end('Not from there.');
  Promise.resolve(route(request, response, url)).catch((error: unknown) => fail(request, response, error));
});
server.on('error', (error) => {
  process.stderr.write(`${app.name} cannot listen on port ${app.port}: ${error.message}\n`);
  process.exit(1);
});
server.listen(app.port, app.host, () => process.stdout.write(`${JSON.stringify({ event: 'ready', app: app.id })}\n`));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(0));

function showPage(request: IncomingMessage, response: ServerResponse): void {
  sendPage(request, response, 200, undefined);
}

/** What the provider mailed to whomever: people of a demo have no mailbox. */
async function showMails(_request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (app.outbox === undefined) return void response.writeHead(404).end('Not here.');
  response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' });
  response.end(mailsPage(app, await readMails(app.outbox)));
}

/** The page's facts for programs. */
function showState(request: IncomingMessage, response: ServerResponse): void {
  const person = currentSession(request);
  const facts = { signed_in: person !== undefined, name: person?.name, sid: person?.sid, sub: person?.sub, mode };
  response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.end(JSON.stringify({ ...facts, last_logout_token: lastToken }));
}

async function signIn(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const browser = cookie(request, BROWSER_COOKIE) ?? randomBytes(16).toString('base64url');
  const { attempt, url } = await oidc.begin();
  attempts.set(attempt.state, { ...attempt, browser });
  setTimeout(() => attempts.delete(attempt.state), FORGET_ATTEMPT_MS).unref();
  redirect(response, url, [`${BROWSER_COOKIE}=${browser}; HttpOnly; SameSite=Lax; Path=/`]);
}

async function finishSignIn(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
  const state = url.searchParams.get('state') ?? '';
  const attempt = attempts.get(state);
  attempts.delete(state);
  // Without the browser's own cookie anybody's code could be dropped into anybody's browser.
  if (attempt === undefined || attempt.browser !== cookie(request, BROWSER_COOKIE))
    return sendPage(request, response, 400, 'This sign-in was not begun here, or too long ago. Please try again.');
  const session = sessions.start(await oidc.finish(url.searchParams, attempt));
  if (session === undefined)
    return sendPage(request, response, 200, 'You were signed out again before the sign-in had finished.');
  redirect(response, '/', [`${SESSION_COOKIE}=${session.id}; HttpOnly; SameSite=Lax; Path=/`]);
}

/** The local session stays until the logout token or the browser's return: whoever cancels at Signoff stays signed in. */
async function signOut(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const session = currentSession(request);
  if (session === undefined) return redirect(response, '/');
  const state = randomBytes(16).toString('base64url');
  signOuts.set(state, session.id);
  setTimeout(() => signOuts.delete(state), FORGET_ATTEMPT_MS).unref();
  redirect(response, await oidc.signOutUrl(session.idToken, state));
}

function finishSignOut(_request: IncomingMessage, response: ServerResponse, url: URL): void {
  const state = url.searchParams.get('state') ?? '';
  const id = signOuts.get(state);
  signOuts.delete(state);
  if (id !== undefined) sessions.end(id);
  redirect(response, '/');
}

async function changeMode(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = '';
  for await (const chunk of request as AsyncIterable<Buffer>) body = (body + chunk.toString('utf8')).slice(0, 1000);
  const wanted = new URLSearchParams(body).get('mode');
  mode = MODES.find((each) => each === wanted) ?? mode;
  announceChange();
  redirect(response, '/');
}

function watch(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  response.write(': watching\n\n');
  watchers.add(response);
  response.on('close', () => watchers.delete(response));
}

function announceChange(): void {
  for (const watcher of watchers) watcher.write('event: change\ndata: {}\n\n');
}

function fail(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  if (response.headersSent) response.destroy();
  else sendPage(request, response, 502, `That did not work: ${reason}`);
}

function sendPage(request: IncomingMessage, response: ServerResponse, status: number, problem: string | undefined) {
  response.writeHead(status, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' });
  response.end(appPage({ app, person: currentSession(request), mode, lastToken, problem }));
}

function redirect(response: ServerResponse, location: string, cookies: string[] = []): void {
  response.writeHead(303, { Location: location, 'Set-Cookie': cookies, 'Cache-Control': 'no-store' }).end();
}

function asset(file: string, type: string): Route {
  const content = readFileSync(new URL(file, import.meta.url));
  return (_request, response) => void response.writeHead(200, { 'Content-Type': type }).end(content);
}

function currentSession(request: IncomingMessage): LocalSession | undefined {
  return sessions.find(cookie(request, SESSION_COOKIE));
}

function cookie(request: IncomingMessage, name: string): string | undefined {
  const pairs = (request.headers.cookie ?? '').split(/;\s*/);
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}
