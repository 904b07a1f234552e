import type { Command } from 'commander';
import type { TokenCopy } from '../admin/listen.ts';
import { createTransport, type Transport } from '../deliveries/transport.ts';
import { verdict } from '../deliveries/verdict.ts';
import { systemClock } from '../ops/clock.ts';
import { isLoopbackHost } from '../ops/network.ts';
import { createOutbound } from '../ops/outbound.ts';
import { createOutboundClient } from '../ops/outbound-client.ts';
import { addLeaf, type Context, run } from './command.ts';
import type { Desk, Heard } from './desk.ts';
import { EXIT, type ExitCode, UsageError } from './exit-codes.ts';

interface ListenOptions {
  readonly json?: boolean;
  readonly client: string;
  readonly forwardTo: string;
  readonly anywhere?: boolean;
}

/** Somebody may stand at a breakpoint; whoever signed off does not wait for this. */
const ANSWER_MS = 60_000;

export function addListen(program: Command, context: Context): void {
  addLeaf(program, {
    usage: 'listen',
    summary: 'hand what an app is told to the one on your own machine: a fresh copy of each logout token',
    examples: [
      'listen --client wiki --forward-to http://localhost:3000/backchannel-logout',
      'listen --client wiki --forward-to http://localhost:3000/logout --server https://id.example.org --token-file token',
    ],
  })
    .requiredOption('--client <client_id>', 'the app')
    .requiredOption('--forward-to <url>', 'where the one on your machine takes logout tokens')
    .option('--anywhere', 'it is on another machine, which you trust with the tokens')
    .action(
      run(context, (options: ListenOptions) => {
        assertAddress(options);
        return context.withDesk((desk) => listen(context, desk, options));
      }),
    );
}

function assertAddress({ forwardTo, anywhere }: ListenOptions): void {
  const url = URL.parse(forwardTo);
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new UsageError('--forward-to must be an address like http://localhost:3000/backchannel-logout.');
  if (!anywhere && !isLoopbackHost(url.hostname))
    throw new UsageError(`${url.hostname} is not this machine. Say --anywhere where it may have these tokens.`);
}

async function listen(context: Context, desk: Desk, options: ListenOptions): Promise<ExitCode> {
  const enough = new AbortController();
  const stop = () => enough.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  const transport = transportTo(options.anywhere ? ['0.0.0.0/0', '::/0'] : ['127.0.0.0/8', '::1']);
  try {
    await desk.listen(options.client, (event) => hear(context, event, { options, transport }), enough.signal);
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stop);
    transport.close();
  }
  return EXIT.done;
}

/** As the engine sends them: no redirects, bounded answers, and its words for what went wrong. */
function transportTo(allow: readonly string[]): Transport {
  const outbound = createOutbound({ allow });
  return createTransport({ client: createOutboundClient({ outbound }), clock: systemClock });
}

interface Means {
  readonly options: ListenOptions;
  readonly transport: Transport;
}

async function hear({ terminal }: Context, event: Heard, { options, transport }: Means): Promise<void> {
  const { client, json } = options;
  switch (event.kind) {
    case 'begun':
      return terminal.note(`Listening to what ${client} is told; Ctrl-C ends it.`);
    case 'missed':
      return terminal.note(`More came at once than is handed over: deliveries list --client ${client} has all of it.`);
    case 'lost':
      return terminal.note(`${event.why} It is asked again.`);
    case 'copy': {
      const row = await forward(transport, event.copy, options);
      if (json) terminal.printJson(row);
      else terminal.print(sentenceOf(row));
    }
  }
}

interface Forwarded {
  readonly at: string;
  readonly delivery_id: string;
  readonly logout_id: string;
  readonly client_id: string;
  readonly reason: string | null;
  readonly taken: boolean;
  readonly status: number | null;
  readonly ms: number;
  readonly error: string | null;
  readonly answer: string | null;
}

async function forward(transport: Transport, copy: TokenCopy, options: ListenOptions): Promise<Forwarded> {
  const { logout_token: token, made_at: at, delivery_id, logout_id, reason } = copy;
  const outcome = await transport.post(options.forwardTo, async () => token, { answerMs: ANSWER_MS });
  const judged = verdict(outcome);
  return {
    at,
    delivery_id,
    logout_id,
    client_id: options.client,
    reason,
    taken: judged.kind === 'delivered',
    status: outcome.kind === 'answer' ? outcome.status : null,
    ms: Math.round(outcome.ms),
    error: judged.kind === 'delivered' ? null : judged.why,
    answer: outcome.kind === 'answer' ? (outcome.snippet ?? null) : null,
  };
}

function sentenceOf({ at, reason, taken, status, ms, error, answer }: Forwarded): string {
  const said = answer === null ? '' : ` It said: ${answer}`;
  return `${at}  ${reason ?? '-'}  ${taken ? `taken: ${status}` : `not taken: ${error}`} (${ms} ms).${said}`;
}
