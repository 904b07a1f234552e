import type { Context } from 'koa';
import { showLogout } from '../../admin/logouts.ts';
import { type Operator, perform } from '../../admin/use-case.ts';
import { AppError } from '../../errors.ts';
import { createPacedLook } from '../paced-look.ts';
import type { ApiParts } from './api.ts';
import type { RequestInput } from './request-input.ts';

/** A large logout settles many batches a second, and each look counts all of it. */
const LOOK_AT_MOST_EVERY_MS = 1_000;
/** How often it looks although nobody signalled: another process may be the one that delivers. */
const LOOK_EVERY_MS = 2_000;

/** Sends the logout now, and whenever it moves, until it is settled. */
export async function followLogout(
  ctx: Context,
  { members }: RequestInput,
  who: Operator,
  { admin, streams, onSettled }: ApiParts,
): Promise<void> {
  const show = () => perform(showLogout, admin, who, members);
  const first = await show();
  const stream = streams.open(ctx, first.logout_id);
  if (stream === undefined) throw tooManyStreams();
  let sent = '';
  const send = (logout: typeof first) => {
    const text = JSON.stringify(logout);
    if (text !== sent) stream.send('logout', logout);
    sent = text;
    if (logout.state === 'settled') stream.close();
  };
  /** A store that is gone for a moment costs one look, not the stream. */
  const look = async () => {
    try {
      send(await show());
    } catch (error) {
      if (error instanceof AppError && error.status === 404) stream.close();
    }
  };
  const paced = createPacedLook(LOOK_AT_MOST_EVERY_MS, look);
  const timer = setInterval(paced.ask, LOOK_EVERY_MS);
  const unlisten = onSettled((ids) => {
    if (ids.includes(first.logout_id)) paced.ask();
  });
  stream.onClose(() => {
    clearInterval(timer);
    paced.stop();
    unlisten();
  });
  send(first);
}

function tooManyStreams(): AppError {
  return new AppError({
    code: 'busy',
    status: 503,
    publicMessage: 'Too many streams are open just now. Ask for the logout itself instead.',
    retryAfterS: 10,
  });
}
