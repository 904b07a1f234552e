import { once } from 'node:events';
import https from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createTransport, type Transport } from '../../src/deliveries/transport.ts';
import { systemClock } from '../../src/ops/clock.ts';
import { createOutbound, type Outbound } from '../../src/ops/outbound.ts';
import { createOutboundClient } from '../../src/ops/outbound-client.ts';
import { selfSigned } from '../support/authority.ts';

/** Stands for the public internet: the only address that may be called. */
const PUBLIC = '127.0.0.2';
/** What the attacker is after. */
const PRIVATE = '127.0.0.1';
const NAME = 'rp.example';

describe('A11 a name that changes its mind', () => {
  const identity = selfSigned(NAME);
  let port: number;
  let app: https.Server;
  let inside: Server;
  let connectionsInside = 0;
  /** What the attacker's name server answers, in turn; the last one for ever. */
  let answers: (readonly string[])[] = [];
  let asked = 0;
  let outbound: Outbound;
  let transport: Transport;

  beforeAll(async () => {
    app = https.createServer(identity, (_, response) => response.writeHead(204, { connection: 'close' }).end());
    app.listen(0, PUBLIC);
    await once(app, 'listening');
    port = (app.address() as AddressInfo).port;
    // On the same port, so that only the address tells them apart.
    inside = createServer((socket: Socket) => {
      connectionsInside += 1;
      socket.destroy();
    });
    inside.listen(port, PRIVATE);
    await once(inside, 'listening');
    outbound = createOutbound({ allow: [`${PUBLIC}/32`], resolve: async () => resolve() });
    transport = createTransport({
      client: createOutboundClient({ outbound, ca: identity.cert }),
      clock: systemClock,
    });
  });
  beforeEach(() => {
    asked = 0;
  });
  afterAll(() => {
    transport.close();
    app.close();
    inside.close();
  });

  it('A11 dns-rebinding: an address is looked up once for each call, and the call goes to what was checked', async () => {
    answers = [[PUBLIC], [PRIVATE]];

    expect(await call()).toMatchObject({ kind: 'answer', status: 204 });

    expect(asked).toBe(1);
    expect(connectionsInside).toBe(0);
  });

  it.each([
    ['flips to the inside', [PRIVATE]],
    ['hides the inside behind a good address', [PUBLIC, PRIVATE]],
    ['writes the inside as IPv6', ['::ffff:127.0.0.1']],
    ['means the inside of every machine', ['0.0.0.0']],
  ])('A11 dns-rebinding: a name that was good at registration and then %s gets no connection', async (_, flipped) => {
    answers = [[PUBLIC], flipped];
    expect(outbound.refusal(address())).toBeUndefined();
    expect(await call()).toMatchObject({ kind: 'answer', status: 204 });

    const outcome = await call();

    expect(outcome).toMatchObject({ kind: 'blocked', why: expect.stringContaining(NAME) });
    expect(connectionsInside).toBe(0);
  });

  function resolve(): readonly string[] {
    const answer = answers[Math.min(asked, answers.length - 1)] ?? [];
    asked += 1;
    return answer;
  }

  function address(): string {
    return `https://${NAME}:${port}/backchannel`;
  }

  function call() {
    return transport.post(address(), async () => 'a.logout.token', { answerMs: 2_000 });
  }
});
