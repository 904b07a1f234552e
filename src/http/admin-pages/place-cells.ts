/** Names of things, each a link where its page is there for whoever looks. */
import type { Visit } from './admin-frame.ts';
import type { Cell } from './admin-page-models.ts';
import { code, link, pathTo, soft, text } from './cells.ts';
import { mayOpen } from './navigation.ts';

type Looks = Pick<Visit, 'who'>;

export function appCell(id: string, { who }: Looks): Cell {
  const href = pathTo('clients', id);
  return mayOpen(who, href) ? link(id, href) : text(id);
}

/** By its name where that is known. */
export function accountCell(id: string, { who }: Looks, username: string | null = null): Cell {
  const href = pathTo('people', id);
  const name = username ?? id;
  return mayOpen(who, href) ? link(name, href) : text(name);
}

export function logoutCell(id: string | null, { who }: Looks): Cell {
  if (id === null) return soft('–');
  const href = pathTo('logouts', id);
  return mayOpen(who, href) ? link(id, href) : code(id);
}

const GROUP_OF: Readonly<Record<string, string>> = {
  account: 'people',
  client: 'clients',
  logout: 'logouts',
  delivery: 'deliveries',
};

/** What the audit and the list of logouts say an act is about: `account 7Fd…` leads to the page of that account. */
export function subjectCell(subject: string, { who }: Looks): Cell {
  const [, kind = '', id = ''] = /^(\w+) (\S+)$/.exec(subject) ?? [];
  const group = Object.hasOwn(GROUP_OF, kind) ? GROUP_OF[kind] : undefined;
  const href = group === undefined ? undefined : pathTo(group, id);
  return href !== undefined && mayOpen(who, href) ? link(subject, href) : text(subject);
}
