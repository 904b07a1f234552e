/**
 * Use cases by a server's API: the same list of addresses that the server answers at, read the other way round. What it
 * answers is checked by the use case's own schema; what went wrong there is thrown as it would be here.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import { showLogout } from '../admin/logouts.ts';
import type { UseCase } from '../admin/use-case.ts';
import { AppError } from '../errors.ts';
import { endpointOf } from '../http/api/endpoints.ts';
import { type ApiRequest, writeRequest } from '../http/api/write-request.ts';
import type { Desk } from './desk.ts';
import { UsageError } from './exit-codes.ts';
import type { Server } from './server-choice.ts';

/** Longer than any use case waits for apps. */
const ANSWER_MS = 90_000;
/** Between two looks at a logout: most are settled soon. */
const LOOK_FIRST_MS = 100;
const LOOK_EVERY_MS = 1_000;

export function remoteDesk(server: Server): Desk {
  async function act<In extends z.ZodType, Out extends z.ZodType>(useCase: UseCase<In, Out>, input: unknown) {
    const found = endpointOf(useCase as unknown as UseCase);
    if (!found) throw new UsageError('A server does not do this by its API: leave --server, or SIGNOFF_SERVER, out.');
    const answer = await send(server, writeRequest(found, (input ?? {}) as Record<string, unknown>));
    const read = useCase.output.safeParse(answer);
    if (read.success) return read.data;
    throw strange(`${server.url} answered what this program does not know; are both of the same version?`);
  }

  return {
    act,
    async follow(logoutId, waitMs, onLook) {
      let deadline = performance.now() + waitMs;
      for (let pauseMs = LOOK_FIRST_MS; ; pauseMs = Math.min(2 * pauseMs, LOOK_EVERY_MS)) {
        const { progress } = await act(showLogout, { id: logoutId });
        onLook?.(progress);
        if (onLook && progress.walking) deadline = performance.now() + waitMs + LOOK_EVERY_MS;
        const leftMs = deadline - performance.now();
        const isOver = progress.walking ? progress.paused : progress.trying === 0;
        if (isOver || leftMs <= 0) return;
        await sleep(Math.min(pauseMs, leftMs));
      }
    },
  };
}

async function send({ url, token }: Server, { method, path, headers, body }: ApiRequest): Promise<unknown> {
  const response = await reach(url, () =>
    fetch(`${url}${path}`, {
      method,
      headers: { ...headers, authorization: `Bearer ${token}` },
      ...(body !== undefined && { body }),
      // A token goes where it was meant to, and nowhere else.
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_MS),
    }),
  );
  const json = readJson(await reach(url, () => response.text()));
  if (response.ok && json !== undefined) return json;
  throw problemIn(json, response.status) ?? strange(`${url} answered ${response.status}, and not as Signoff does.`);
}

async function reach<T>(url: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const cause = (error as Error).cause ?? error;
    const publicMessage = `${url} cannot be reached, or did not answer in time.`;
    throw new AppError({ code: 'server_unreachable', status: 503, publicMessage, cause });
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What the server said, as the use case there threw it. */
function problemIn(json: unknown, status: number): AppError | undefined {
  const { code, detail } = (json ?? {}) as { readonly code?: unknown; readonly detail?: unknown };
  if (typeof code !== 'string' || typeof detail !== 'string') return undefined;
  return new AppError({ code, status, publicMessage: detail });
}

function strange(publicMessage: string): AppError {
  return new AppError({ code: 'server_strange', status: 502, publicMessage });
}
