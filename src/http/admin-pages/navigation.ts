import { listAccounts } from '../../admin/accounts.ts';
import { listAttention } from '../../admin/attention.ts';
import { listAudit } from '../../admin/audit.ts';
import { listClients } from '../../admin/clients.ts';
import { listDeliveries } from '../../admin/deliveries.ts';
import { OF_EVERYBODY } from '../../admin/end-target.ts';
import { listKeys } from '../../admin/keys.ts';
import { listLogouts } from '../../admin/logouts.ts';
import { listOperators } from '../../admin/operators.ts';
import { listRegistrationTokens } from '../../admin/registration-tokens.ts';
import { listSessions } from '../../admin/sessions.ts';
import { listTokens } from '../../admin/tokens.ts';
import { type Needs, type Operator, permits } from '../../admin/use-case.ts';
import type { NavLink } from './admin-page-models.ts';

interface Entry {
  readonly text: string;
  readonly href: string;
  /** The use case that its first page shows. */
  readonly shows: Needs;
}

/** The groups of pages, in their order. */
const ENTRIES: readonly Entry[] = [
  { text: 'Start', href: '/admin', shows: listAttention },
  { text: 'Clients', href: '/admin/clients', shows: listClients },
  { text: 'People', href: '/admin/people', shows: listAccounts },
  { text: 'Sessions', href: '/admin/sessions', shows: listSessions },
  { text: 'Logouts', href: '/admin/logouts', shows: listLogouts },
  { text: 'Deliveries', href: '/admin/deliveries', shows: listDeliveries },
  { text: 'Keys', href: '/admin/keys', shows: listKeys },
  { text: 'Registration tokens', href: '/admin/registration-tokens', shows: listRegistrationTokens },
  { text: 'Operators', href: '/admin/operators', shows: listOperators },
  { text: 'Tokens', href: '/admin/tokens', shows: listTokens },
  { text: 'Audit', href: '/admin/audit', shows: listAudit },
  { text: 'Everybody', href: '/admin/everybody', shows: OF_EVERYBODY },
];

/** What the role may look at; the group of `path` is marked. */
export function navigationFor(who: Operator, path: string): readonly NavLink[] {
  const group = groupOf(path);
  return ENTRIES.filter(({ shows }) => permits(who, shows)).map(({ text, href }) => ({
    text,
    href,
    current: href === group,
  }));
}

/** Whether a link to this address leads somewhere for `who`. */
export function mayOpen(who: Operator, address: string): boolean {
  const group = groupOf(address);
  return ENTRIES.some(({ href, shows }) => href === group && permits(who, shows));
}

/** The first page of a group: where a page of it leads back to. */
export function groupOf(address: string): string {
  const [path = ''] = address.split('?');
  return path.split('/').slice(0, 3).join('/');
}
