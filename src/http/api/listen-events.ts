import type { Context } from 'koa';
import { LISTEN_EVERY_MS, listenToClient, startListening } from '../../admin/listen.ts';
import { type Operator, perform } from '../../admin/use-case.ts';
import { AppError } from '../../errors.ts';
import { createPacedLook } from '../paced-look.ts';
import type { ApiParts } from './api.ts';
import type { RequestInput } from './request-input.ts';

/** Then whoever listens comes again, with a token that still has to be good. */
const LIFE_MS = 15 * 60 * 1000;

/** Sends a copy of each logout token for an app. Tokens are in no line of the log. */
export async function followClient(
  ctx: Context,
  { members }: RequestInput,
  who: Operator,
  { admin, streams, log }: ApiParts,
): Promise<void> {
  const begun = await perform(listenToClient, admin, who, members);
  const from = members['since'] === undefined ? undefined : Date.parse(begun.since);
  const listening = await startListening(admin, begun.client_id, from);
  const stream = streams.open(ctx, `listen ${begun.client_id}`);
  if (stream === undefined) throw tooManyListeners();
  const facts = { client_id: begun.client_id, operator: `${who.actor.kind} ${who.actor.id}` };
  const look = async () => {
    try {
      const { copies, missed } = await listening.next();
      for (const copy of copies) stream.send('logout_token', copy);
      if (missed) stream.send('missed', {});
    } catch (error) {
      log.debug('listen.not_looked', { ...facts, error });
    }
    paced.ask();
  };
  const paced = createPacedLook(LISTEN_EVERY_MS, look);
  const life = setTimeout(() => stream.close(), LIFE_MS);
  stream.onClose(() => {
    clearTimeout(life);
    paced.stop();
    log.info('listen.ended', facts);
  });
  log.info('listen.begun', facts);
  stream.send('listening', begun);
  paced.ask();
}

function tooManyListeners(): AppError {
  const publicMessage = 'Too many are listening just now. Try again in a moment.';
  return new AppError({ code: 'busy', status: 503, publicMessage, retryAfterS: 10 });
}
