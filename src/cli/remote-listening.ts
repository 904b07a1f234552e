import { listenToClient, tokenCopy } from '../admin/listen.ts';
import { AppError } from '../errors.ts';
import { ENDPOINTS } from '../http/api/endpoints.ts';
import { writeRequest } from '../http/api/write-request.ts';
import { pause } from '../ops/pause.ts';
import type { Listener } from './desk.ts';
import { callServer, reach, readJson, strange } from './server-call.ts';
import type { Server } from './server-choice.ts';

/** The server says something each 15 s, and be it that it is still there. */
const SILENT_MS = 45_000;
/** Before it is asked again: doubled up to the longest. */
const AGAIN_MS = { first: 1_000, longest: 30_000 };
/** Of those that were handed over: a stream that begins anew begins a little earlier. */
const REMEMBERED = 500;

/** Listens by the event stream of a server, and comes again where that ends. Throws AppError where it never began. */
export async function listenAt(server: Server, listener: Listener): Promise<void> {
  const { signal, heard } = listener;
  const place: Place = { since: undefined, known: new Set() };
  let againMs = AGAIN_MS.first;
  while (!signal.aborted) {
    try {
      for await (const event of eventsOf(server, listener, place.since)) {
        againMs = AGAIN_MS.first;
        await take(event, place, listener);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (place.since === undefined || !isPassing(error)) throw error;
      await heard({ kind: 'lost', why: error.publicMessage });
    }
    await pause(againMs, signal);
    againMs = Math.min(2 * againMs, AGAIN_MS.longest);
  }
}

/** How far a listener is. */
interface Place {
  since: string | undefined;
  readonly known: Set<string>;
}

interface StreamEvent {
  readonly name: string;
  readonly data: unknown;
}

async function take({ name, data }: StreamEvent, place: Place, { heard }: Listener): Promise<void> {
  if (name === 'missed') return heard({ kind: 'missed' });
  if (name === 'listening') {
    const isFirst = place.since === undefined;
    place.since ??= listenToClient.output.parse(data).since;
    return isFirst ? heard({ kind: 'begun' }) : undefined;
  }
  const read = tokenCopy.safeParse(data);
  if (!read.success) throw strange('The server sent what this program does not know; are both of the same version?');
  const { delivery_id: id, made_at: madeAt } = read.data;
  if (place.known.has(id)) return;
  remember(place.known, id);
  if (place.since === undefined || madeAt > place.since) place.since = madeAt;
  await heard({ kind: 'copy', copy: read.data });
}

function remember(known: Set<string>, id: string): void {
  known.add(id);
  const [oldest] = known;
  if (known.size > REMEMBERED && oldest !== undefined) known.delete(oldest);
}

/** Time, or a restart, heals it. */
function isPassing(error: unknown): error is AppError {
  return error instanceof AppError && error.code !== 'server_strange' && (error.status >= 500 || error.status === 429);
}

/** WHATWG HTML §9.2.6, as far as our server speaks it: `event` and one line of `data`. */
async function* eventsOf(
  server: Server,
  { clientId, signal }: Listener,
  since: string | undefined,
): AsyncGenerator<StreamEvent> {
  const endpoint = ENDPOINTS.find(({ stream }) => stream === 'client');
  if (!endpoint) return;
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENT_MS);
  const request = writeRequest({ endpoint, dryRun: false }, { id: clientId, since });
  try {
    const response = await callServer(server, request, AbortSignal.any([signal, silence.signal]));
    if (!response.body) return;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = ''; ; ) {
      const { done, value } = await reach(server.url, () => reader.read());
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENT_MS);
      const blocks = (rest + value).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) yield* eventIn(block);
    }
  } finally {
    clearTimeout(timer);
  }
}

function* eventIn(block: string): Generator<StreamEvent> {
  const [, name] = /^event: (.*)$/m.exec(block) ?? [];
  const [, data = ''] = /^data: (.*)$/m.exec(block) ?? [];
  if (name !== undefined) yield { name, data: readJson(data) };
}
