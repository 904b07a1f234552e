/**
 * Use cases by a server's API: the same list of addresses that the server answers at, read the other way round. What it
 * answers is checked by the use case's own schema; what went wrong there is thrown as it would be here.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import { showLogout } from '../admin/logouts.ts';
import type { UseCase } from '../admin/use-case.ts';
import { endpointOf } from '../http/api/endpoints.ts';
import { writeRequest } from '../http/api/write-request.ts';
import type { Desk } from './desk.ts';
import { UsageError } from './exit-codes.ts';
import { listenAt } from './remote-listening.ts';
import { callServer, reach, readJson, strange } from './server-call.ts';
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
    const request = writeRequest(found, (input ?? {}) as Record<string, unknown>);
    const response = await callServer(server, request, AbortSignal.timeout(ANSWER_MS));
    const read = useCase.output.safeParse(readJson(await reach(server.url, () => response.text())));
    if (read.success) return read.data;
    throw strange(`${server.url} answered what this program does not know; are both of the same version?`);
  }

  return {
    act,
    listen: (clientId, heard, signal) => listenAt(server, { clientId, heard, signal }),
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
