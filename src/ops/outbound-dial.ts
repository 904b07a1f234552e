import net, { isIP, type Socket } from 'node:net';
import { callError, timedOut } from './outbound-error.ts';

/** Where to, and until when. */
interface Place {
  readonly host: string;
  readonly port: number;
  readonly signal: AbortSignal;
}

/** Only to addresses that were checked. */
export async function dial(
  { host, port, signal }: Place,
  addresses: readonly string[],
  connectMs: number,
): Promise<Socket> {
  const [only, ...others] = addresses;
  if (only === undefined) throw callError('ENOTFOUND', `${host} has no address`);
  const socket = others.length === 0 ? net.connect({ host: only, port, noDelay: true }) : race(host, port, addresses);
  await step(socket, 'connect', { signal, ms: connectMs, what: 'no connection' });
  return socket;
}

/** Both families in parallel, the quicker one wins (RFC 8305). */
function race(host: string, port: number, addresses: readonly string[]): Socket {
  const found = addresses.map((address) => ({ address, family: isIP(address) }));
  return net.connect({
    host,
    port,
    autoSelectFamily: true,
    noDelay: true,
    lookup: (_, options, callback) => {
      const first = found.find(({ family }) => !options.family || family === options.family) ?? found[0];
      if (options.all) callback(null, found);
      else callback(null, first?.address ?? '', first?.family);
    },
  });
}

/** Waits for one event of a socket that is being made; destroys it when that does not come in time. */
export function step(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  { signal, ms, what }: { readonly signal: AbortSignal; readonly ms: number; readonly what: string },
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const closed = () => reject(callError('ECONNRESET', 'the connection was closed'));
  const stop = (error: unknown) => {
    reject(error);
    socket.destroy();
  };
  const abort = () => stop(signal.reason);
  const timer = setTimeout(() => stop(timedOut(what, ms)), ms);
  socket.once(event, resolve).once('error', reject).once('close', closed);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
    socket.off('error', reject).off('close', closed);
  });
}
