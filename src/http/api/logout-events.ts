import type { Context } from 'koa';
import { showLogout } from '../../admin/logouts.ts';
import { type Operator, perform } from '../../admin/use-case.ts';
import { AppError } from '../../errors.ts';
import { followLogout } from '../follow-logout.ts';
import type { ApiParts } from './api.ts';
import type { RequestInput } from './request-input.ts';

/** Answers with the stream of a logout. Throws what the use case throws, and `busy`. */
export async function streamLogout(
  ctx: Context,
  { members }: RequestInput,
  who: Operator,
  { admin, streams, onSettled }: ApiParts,
): Promise<void> {
  const look = () => perform(showLogout, admin, who, members);
  const first = await look();
  const stream = streams.open(ctx, first.logout_id);
  if (stream === undefined) throw tooManyStreams();
  followLogout(stream, first, { look, message: (logout) => logout, onSettled });
}

function tooManyStreams(): AppError {
  return new AppError({
    code: 'busy',
    status: 503,
    publicMessage: 'Too many streams are open just now. Ask for the logout itself instead.',
    retryAfterS: 10,
  });
}
