import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';

/**
 * A browser as far as a session provider can tell: a cookie jar with the rules that matter here (host, path, `Max-Age`,
 * `SameSite=Lax` on requests that start elsewhere), redirects that become GET, forms that are read from the page.
 * Cookies ignore ports, as they do in real browsers: give the provider and the apps different host names.
 */
export interface Browser {
  readonly userAgent: string;
  get(url: string, options?: RequestOptions): Promise<Page>;
  post(url: string, fields: Fields, options?: RequestOptions): Promise<Page>;
  /** Sends the page's form (the only one, or the one whose action ends in `action`) with these fields filled in. */
  submit(page: Page, fields?: Fields, options?: RequestOptions & { action?: string }): Promise<Page>;
  /** Cookies as the jar holds them, by name; `path` as it was set. */
  cookies(): readonly StoredCookie[];
  /** Forgets cookies: all, or those of this name. */
  forget(name?: string): void;
  setCookie(cookie: StoredCookie): void;
}

export type Fields = Readonly<Record<string, string | readonly string[]>>;

export interface RequestOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** The request starts on a page of another site: a POST then carries no Lax cookie. */
  readonly crossSite?: boolean;
  /** Default true. False: the first answer, redirect or not. */
  readonly follow?: boolean;
  /** Stops before a redirect to an address that begins with this; the page is then the redirect. */
  readonly stopAt?: string;
}

export interface Page {
  readonly url: string;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Where it redirects to, absolute. */
  readonly location: string | undefined;
  readonly forms: readonly Form[];
  /** Every address visited on the way here, this one included. */
  readonly trail: readonly string[];
}

export interface Form {
  readonly action: string;
  readonly method: string;
  /** Hidden fields and preset values; radio buttons and boxes as far as they are checked. */
  readonly fields: Readonly<Record<string, string>>;
  /** Every value that a radio button or submit button of this name may send. */
  readonly choices: Readonly<Record<string, readonly string[]>>;
}

export interface StoredCookie {
  readonly name: string;
  readonly value: string;
  readonly host: string;
  readonly path: string;
  readonly sameSite: string;
  readonly expiresAt: number | undefined;
  /** The attributes as they came. */
  readonly attributes: string;
}

const REDIRECTS_MAX = 15;

export function createBrowser(
  userAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  /** Where it says it is; a product that believes 127.0.0.1 (`SIGNOFF_PROXY`) takes it for true. */
  address?: string,
): Browser {
  let jar: StoredCookie[] = [];

  function cookiesFor(url: URL, lax: boolean): string {
    return jar
      .filter((cookie) => cookie.host === url.hostname && pathMatches(url.pathname, cookie.path))
      .filter((cookie) => cookie.expiresAt === undefined || cookie.expiresAt > Date.now())
      .filter((cookie) => lax || cookie.sameSite === 'none')
      .map((cookie) => `${cookie.name}=${cookie.value}`)
      .join('; ');
  }

  function keep(cookie: StoredCookie): void {
    jar = jar.filter((old) => old.name !== cookie.name || old.host !== cookie.host || old.path !== cookie.path);
    if (cookie.expiresAt === undefined || cookie.expiresAt > Date.now()) jar.push(cookie);
  }

  async function visit(
    method: string,
    url: string,
    fields: Fields | undefined,
    options: RequestOptions,
  ): Promise<Page> {
    const trail: string[] = [];
    let step = { method, url, fields };
    for (let count = 0; count < REDIRECTS_MAX; count++) {
      const page = await once(step, options, trail);
      if (options.follow === false || page.location === undefined) return page;
      if (options.stopAt && page.location.startsWith(options.stopAt)) return page;
      step = { method: 'GET', url: page.location, fields: undefined };
    }
    throw new Error(`more than ${REDIRECTS_MAX} redirects: ${trail.join(' → ')}`);
  }

  async function once(
    step: { method: string; url: string; fields: Fields | undefined },
    options: RequestOptions,
    trail: string[],
  ): Promise<Page> {
    const url = new URL(step.url);
    trail.push(step.url);
    const lax = !(options.crossSite && step.method === 'POST');
    const body = step.fields === undefined ? undefined : encode(step.fields).toString();
    const cookie = cookiesFor(url, lax);
    const headers: Record<string, string> = {
      accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
      'user-agent': userAgent,
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
      'sec-fetch-site': options.crossSite ? 'cross-site' : 'same-origin',
      ...(cookie && { cookie }),
      ...(address !== undefined && { 'x-forwarded-for': address }),
      ...(body !== undefined && {
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': String(Buffer.byteLength(body)),
        origin: options.crossSite ? 'https://elsewhere.example' : url.origin,
      }),
      ...options.headers,
    };
    const answer = await send(step.method, url, headers, body);
    for (const line of answer.headers['set-cookie'] ?? []) keep(parseCookie(line, url));
    const location = answer.headers.location && new URL(answer.headers.location, url).href;
    const redirects = [301, 302, 303, 307, 308].includes(answer.status);
    return {
      url: step.url,
      ...answer,
      location: redirects ? location : undefined,
      forms: readForms(answer.body, step.url),
      trail: [...trail],
    };
  }

  return {
    userAgent,
    get: (url, options = {}) => visit('GET', url, undefined, options),
    post: (url, fields, options = {}) => visit('POST', url, fields, options),
    submit(page, fields = {}, options = {}) {
      const form = formOf(page, options.action);
      const target = new URL(form.action);
      const all = { ...form.fields, ...fields };
      if (form.method === 'POST') return visit('POST', target.href, all, options);
      target.search = encode(all).toString();
      return visit('GET', target.href, undefined, options);
    },
    cookies: () => jar,
    forget: (name) => {
      jar = name === undefined ? [] : jar.filter((cookie) => cookie.name !== name);
    },
    setCookie: keep,
  };
}

function formOf(page: Page, action: string | undefined): Form {
  const fitting = page.forms.filter((form) => action === undefined || new URL(form.action).pathname.endsWith(action));
  const [form] = fitting;
  if (form === undefined) throw new Error(`no such form on ${page.url} (${page.status}):\n${page.body.slice(0, 3000)}`);
  return form;
}

function encode(fields: Fields): URLSearchParams {
  const body = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    for (const one of typeof value === 'string' ? [value] : value) body.append(name, one);
  }
  return body;
}

/** A tab as it is now: it does not see what the other one is answered with. */
export function sameCookies(from: Browser): Browser {
  const tab = createBrowser();
  for (const cookie of from.cookies()) tab.setCookie(cookie);
  return tab;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** One request over a connection of its own. */
export function send(method: string, url: URL, headers: Record<string, string>, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** RFC 6265 §5.1.4. */
function pathMatches(path: string, cookiePath: string): boolean {
  if (path === cookiePath) return true;
  return path.startsWith(cookiePath) && (cookiePath.endsWith('/') || path[cookiePath.length] === '/');
}

function parseCookie(line: string, url: URL): StoredCookie {
  const [pair = '', ...rest] = line.split(';');
  const cut = pair.indexOf('=');
  const attributes = new Map(
    rest.map((part) => {
      const [name = '', value = ''] = part.trim().split('=');
      return [name.toLowerCase(), value];
    }),
  );
  const maxAge = attributes.get('max-age');
  const expires = attributes.get('expires');
  const expiresAt = maxAge ? Date.now() + Number(maxAge) * 1000 : expires ? Date.parse(expires) : undefined;
  return {
    name: pair.slice(0, cut).trim(),
    value: pair.slice(cut + 1).trim(),
    host: url.hostname,
    path: attributes.get('path') ?? '/',
    sameSite: (attributes.get('samesite') ?? 'lax').toLowerCase(),
    expiresAt,
    attributes: rest.join(';').trim(),
  };
}

// ---------------------------------------------------------------- forms

function readForms(html: string, url: string): Form[] {
  return [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/gi)].map(([, open = '', inner = '']) => ({
    action: new URL(attribute(open, 'action') ?? url, url).href,
    method: (attribute(open, 'method') ?? 'GET').toUpperCase(),
    ...readFields(inner),
  }));
}

function readFields(inner: string): Pick<Form, 'fields' | 'choices'> {
  const fields: Record<string, string> = {};
  const choices: Record<string, string[]> = {};
  for (const [, kind = '', text = ''] of inner.matchAll(/<(input|button)\b([^>]*)>/gi)) {
    const name = attribute(text, 'name');
    if (name === undefined) continue;
    const value = attribute(text, 'value') ?? '';
    const type = (attribute(text, 'type') ?? (kind.toLowerCase() === 'button' ? 'submit' : 'text')).toLowerCase();
    if (type === 'radio' || type === 'submit') choices[name] = [...(choices[name] ?? []), value];
    if (type === 'submit') continue;
    const isBox = type === 'radio' || type === 'checkbox';
    if (!isBox || /\schecked(\s|=|\/|$)/i.test(text)) fields[name] = isBox ? value || 'on' : value;
  }
  for (const [, open = '', content = ''] of inner.matchAll(/<textarea\b([^>]*)>\r?\n?([\s\S]*?)<\/textarea>/gi)) {
    fields[attribute(open, 'name') ?? ''] = unescapeHtml(content);
  }
  for (const [, open = '', content = ''] of inner.matchAll(/<select\b([^>]*)>([\s\S]*?)<\/select>/gi)) {
    const options = [...content.matchAll(/<option\b([^>]*)>/gi)].map(([, option = '']) => option);
    const chosen = options.find((option) => /\sselected(\s|=|$)/i.test(option)) ?? options[0];
    fields[attribute(open, 'name') ?? ''] = attribute(chosen ?? '', 'value') ?? '';
    choices[attribute(open, 'name') ?? ''] = options.map((option) => attribute(option, 'value') ?? '');
  }
  return { fields, choices };
}

function attribute(text: string, name: string): string | undefined {
  const match = new RegExp(`(?:^|\\s)${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`, 'i').exec(text);
  const value = match?.[1] ?? match?.[2] ?? match?.[3];
  return value === undefined ? undefined : unescapeHtml(value);
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", '#39': "'" };

/** The text that html stands for. */
function unescapeHtml(text: string): string {
  return text.replace(/&(#x[0-9a-f]+|#\d+|\w+);/gi, (whole, name: string) => {
    if (/^#x/i.test(name)) return String.fromCodePoint(Number.parseInt(name.slice(2), 16));
    if (name.startsWith('#')) return String.fromCodePoint(Number(name.slice(1)));
    return ENTITIES[name] ?? whole;
  });
}
