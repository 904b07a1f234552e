/** Operators at their pages (`/admin`), as flows need them. */
import type { Role } from '../../src/accounts/account.ts';
import { type Browser, createBrowser, type Fields, type Page } from './browser.ts';
import { anAuditEntry } from './builders.ts';
import { addAccount, type World } from './product.ts';

/** Somebody with a role who is signed in at `/admin`. */
export interface OperatorAtWork {
  readonly accountId: string;
  readonly username: string;
  readonly browser: Browser;
  /** A page below `/admin`: `at('/keys')`. */
  at(path?: string): Promise<Page>;
  /** Sends a form of the page: the one whose action ends like this. */
  send(page: Page, action: string, fields?: Fields): Promise<Page>;
  /** The same, and says yes on the page that asks; throws where none does. */
  sendAndConfirm(page: Page, action: string, fields?: Fields, more?: Fields): Promise<Page>;
}

type Where = Pick<World<string>, 'issuer' | 'store' | 'password'>;

/** Makes an account of this role, and signs it in. */
export async function anOperator(world: Where, role: Role, username: string = role): Promise<OperatorAtWork> {
  const accountId = await addAccount(world.store, username);
  const now = Date.now();
  await world.store.operators.setRole(accountId, role, now, anAuditEntry({ at: now }));
  const browser = createBrowser();
  await signInAtAdmin(world, browser, username);
  return { accountId, username, browser, ...work(world, browser) };
}

/** Answers the page that `/admin` shows to whoever has signed in. */
export async function signInAtAdmin(world: Where, browser: Browser, username: string): Promise<Page> {
  const signIn = await browser.get(`${world.issuer}/admin`);
  return browser.submit(signIn, { username, password: world.password });
}

function work(world: Where, browser: Browser): Pick<OperatorAtWork, 'at' | 'send' | 'sendAndConfirm'> {
  const send: OperatorAtWork['send'] = (page, action, fields = {}) => browser.submit(page, fields, { action });
  return {
    at: (path = '') => browser.get(`${world.issuer}/admin${path}`),
    send,
    async sendAndConfirm(page, action, fields, more) {
      const asked = await send(page, action, fields);
      const [form] = asked.forms;
      if (form?.fields['confirm'] !== 'yes')
        throw new Error(`nobody asked for a yes (${asked.status}):\n${asked.body}`);
      return browser.submit(asked, more ?? {});
    },
  };
}

/** The words of a page, without its tags. */
export function wordsOf({ body }: Page): string {
  return body
    .replace(/<head>[\s\S]*?<\/head>/u, '')
    .replace(/<svg[\s\S]*?<\/svg>/gu, '')
    .replace(/<[^>]*>/gu, ' ')
    .replace(/\s+/gu, ' ');
}

/** The groups of pages that the navigation offers, the current one in brackets. */
export function groupsOn({ body }: Page): readonly string[] {
  const nav = /<nav>([\s\S]*?)<\/nav>/u.exec(body)?.[1] ?? '';
  return [...nav.matchAll(/<a ([^>]*)>([^<]*)<\/a>/gu)].map(([, attributes = '', words = '']) =>
    attributes.includes('aria-current') ? `[${words}]` : words,
  );
}
