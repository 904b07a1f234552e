/** An app that takes its time: each logout token is answered 200 after `afterMs`, however many come at once. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SlowApp {
  readonly clientId: string;
  readonly origin: string;
  /** Its client file. */
  readonly file: Readonly<Record<string, unknown>>;
  /** Calls so far, and the most of them at once. */
  readonly calls: number;
  readonly most: number;
  stop(): void;
}

export async function startSlowApp(
  clientId: string,
  afterMs: number,
  onTold: () => void = () => undefined,
): Promise<SlowApp> {
  let [calls, now, most] = [0, 0, 0];
  const server = createServer((incoming, response) => {
    calls += 1;
    now += 1;
    most = Math.max(most, now);
    incoming.resume();
    setTimeout(() => {
      now -= 1;
      response.end();
      onTold();
    }, afterMs);
  });
  await new Promise<void>((up) => server.listen(0, '127.0.0.1', up));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    clientId,
    origin,
    file: {
      client_id: clientId,
      client_name: clientId,
      client_secret: 'a secret that is long enough for everybody',
      redirect_uris: [`${origin}/callback`],
      backchannel_logout_uri: `${origin}/backchannel`,
    },
    get calls() {
      return calls;
    },
    get most() {
      return most;
    },
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
