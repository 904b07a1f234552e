import type { LogoutJson } from '../../admin/logout-json.ts';
import { showLogout } from '../../admin/logouts.ts';
import { notThere } from '../../admin/use-case.ts';
import type { OnSettled } from '../../logout/wait-for-apps.ts';
import type { Store } from '../../store/store.ts';
import { type EventStreams, tooManyStreams } from '../event-streams.ts';
import { followLogout } from '../follow-logout.ts';
import { personOf } from '../own-pages/signed-in.ts';
import type { Visit } from './admin-frame.ts';

export interface LogoutStreamParts {
  readonly streams: EventStreams;
  readonly onSettled: OnSettled;
  readonly store: {
    readonly sessions: Pick<Store['sessions'], 'get'>;
    readonly operators: Pick<Store['operators'], 'role'>;
  };
}

/** Says when the page of a logout is worth another look; with numbers only, the page has the names. */
export async function streamLogout(visit: Visit, { streams, onSettled, store }: LogoutStreamParts): Promise<undefined> {
  const { browser, account } = personOf(visit.ctx);
  /** Whoever has signed off, or is no operator any more, hears nothing more. */
  const mayLook = async () => {
    const [view, role] = await Promise.all([store.sessions.get(browser.session.uid), store.operators.role(account.id)]);
    return view?.session.state === 'live' && role !== undefined;
  };
  const show = () => visit.perform(showLogout, { id: visit.param('logout') });
  const first = await show();
  const stream = streams.open(visit.ctx, `operators ${first.logout_id}`);
  if (stream === undefined) throw tooManyStreams();
  followLogout(stream, first, {
    async look() {
      if (await mayLook()) return show();
      throw notThere('not_signed_in', 'Nobody is signed in here any more.');
    },
    message: numbersOf,
    onSettled,
  });
}

function numbersOf({ state, counts, progress, apps }: LogoutJson) {
  return { state, counts, progress, attempts: apps.reduce((sum, { attempts }) => sum + attempts, 0) };
}
