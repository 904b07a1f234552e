/** As little of a browser as a sign-in needs: the load generator shares the cores with what it measures. */
import { type Agent, request } from 'node:http';

export interface LightBrowser {
  get(url: string): Promise<Answer>;
  post(url: string, fields: Readonly<Record<string, string>>): Promise<Answer>;
  /** What it would send as its `Cookie` header. */
  cookie(): string;
}

export interface Answer {
  /** Where it redirects to, absolute; undefined for a page. */
  readonly location: string | undefined;
  readonly body: string;
}

/** One cookie jar for one host, all paths alike. `address`: where it says it is, to a product that believes loopback. */
export function createLightBrowser(agent: Agent, address?: string): LightBrowser {
  const jar = new Map<string, string>();

  function visit(method: string, url: string, body?: string): Promise<Answer> {
    const headers: Record<string, string> = {
      accept: 'text/html',
      cookie: cookie(),
      ...(address !== undefined && { 'x-forwarded-for': address }),
      ...(body !== undefined && { 'content-type': 'application/x-www-form-urlencoded', origin: new URL(url).origin }),
    };
    return new Promise((resolve, reject) => {
      const outgoing = request(url, { method, headers, agent }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => {
          for (const line of response.headers['set-cookie'] ?? []) keep(line);
          const { location } = response.headers;
          resolve({ location: location && new URL(location, url).href, body: text });
        });
      });
      outgoing.on('error', reject).end(body);
    });
  }

  function cookie(): string {
    return [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  function keep(line: string): void {
    const [pair = ''] = line.split(';', 1);
    const cut = pair.indexOf('=');
    jar.set(pair.slice(0, cut), pair.slice(cut + 1));
  }

  return {
    cookie,
    get: (url) => visit('GET', url),
    post: (url, fields) => visit('POST', url, new URLSearchParams(fields).toString()),
  };
}
