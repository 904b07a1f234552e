/**
 * `/admin`: the pages of those who run this service. Each group of pages is a file here; `admin-frame.ts` is what they have in
 * common. They perform use cases of `src/admin/` and show what comes out: what may be done, by whom, and what is said about it
 * is decided there, for the command line and the API alike.
 */
import type { Router } from '@koa/router';
import type { Clock } from '../../ops/clock.ts';
import { type AskFirstParts, createAskFirst } from '../own-pages/ask-first.ts';
import { type AdminFrameParts, createAdminFrame } from './admin-frame.ts';
import { mountAudit } from './audit.ts';
import { mountClient } from './client.ts';
import { mountClientChange } from './client-change.ts';
import { mountClients } from './clients.ts';
import { mountDeliveries } from './deliveries.ts';
import { mountDelivery } from './delivery.ts';
import { mountEverybody } from './everybody.ts';
import { mountKeys } from './keys.ts';
import { mountLogout } from './logout.ts';
import type { LogoutStreamParts } from './logout-stream.ts';
import { mountLogouts } from './logouts.ts';
import { mountOperators } from './operators.ts';
import { mountPeople } from './people.ts';
import { mountPerson } from './person.ts';
import { mountPersonActs } from './person-acts.ts';
import { mountPersonMails } from './person-mails.ts';
import { mountRegistrationTokens } from './registration-tokens.ts';
import { mountSessions } from './sessions.ts';
import { mountStart } from './start.ts';
import { mountTokens } from './tokens.ts';

export interface AdminPagesParts
  extends Omit<AdminFrameParts, 'askFirst'>,
    LogoutStreamParts,
    Pick<AskFirstParts, 'verifySignIn' | 'secondStep' | 'provedAgain'> {
  readonly clock: Clock;
}

/** How old the last password may be at a write. Not a setting: who may end everybody's sessions proves that it is them. */
const OPERATOR_STEP_UP_MS = 15 * 60 * 1000;

export function mountAdminPages(router: Router, parts: AdminPagesParts): void {
  const askFirst = createAskFirst({ ...parts, stepUpMs: OPERATOR_STEP_UP_MS });
  const frame = createAdminFrame(router, { ...parts, askFirst });
  mountStart(frame);
  mountClients(frame);
  mountClient(frame);
  mountClientChange(frame);
  mountPeople(frame);
  mountPerson(frame);
  mountPersonActs(frame);
  mountPersonMails(frame);
  mountSessions(frame);
  mountLogouts(frame);
  mountLogout(frame, parts);
  mountDeliveries(frame);
  mountDelivery(frame);
  mountKeys(frame);
  mountRegistrationTokens(frame);
  mountOperators(frame);
  mountTokens(frame);
  mountAudit(frame);
  mountEverybody(frame);
}
