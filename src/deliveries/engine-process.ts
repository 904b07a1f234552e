import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { KeptEngine } from './engine-keeper.ts';
import type { KeeperLine, Order, Report } from './engine-orders.ts';

/**
 * Begins a process at `url`, whose entry calls `serveEngine`: threads of one process share its pool, where RSA signatures
 * wait behind password hashes and the other way round (engine.md §9). `settings` go over the line, not into its arguments
 * or its environment, where others could read them.
 */
export function startEngineProcess(url: URL, settings: unknown): KeptEngine {
  const child = fork(url, { serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  // A line that broke is a child that ended, which is heard of by itself.
  const send = (message: unknown) => void (child.connected && child.send(message as object, () => undefined));
  send(settings);
  return {
    pid: child.pid,
    order: send,
    onReport: (listener) => void child.on('message', (message) => !isLastWord(message) && listener(message as Report)),
    onEnd(listener) {
      let cause: unknown;
      child.on('message', (message) => {
        if (isLastWord(message)) cause = message.failed;
      });
      child.on('error', (error) => {
        cause = error;
      });
      child.once('close', (code, signal) => {
        listener(cause ?? new Error(`the delivery process ended with ${signal ?? `code ${code}`}`));
      });
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

/** What a process says of the error that it dies of. */
interface LastWord {
  readonly failed: Error;
}

function isLastWord(message: unknown): message is LastWord {
  return typeof message === 'object' && message !== null && 'failed' in message;
}

/** Signals go to the whole group of a terminal or a service; when this process stops is its keeper's decision. */
const KEEPERS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** An engine whose keeper died drains as ever, but nobody is left to end it if it cannot. */
const ORPHAN_MAX_MS = 25_000;

/** The process' end of the line, and what it was started with. A keeper that died, however, is an order to stop. */
export async function lineOfProcess(): Promise<{ readonly line: KeeperLine; readonly settings: unknown }> {
  for (const signal of KEEPERS) process.on(signal, () => undefined);
  process.once('uncaughtException', (failed) => process.send?.({ failed }, () => process.exit(1)));
  const [settings] = (await once(process, 'message')) as [unknown];
  const early: Order[] = [];
  let take = (order: Order): unknown => early.push(order);
  process.on('message', (order) => take(order as Order));
  process.once('disconnect', () => {
    setTimeout(() => process.exit(1), ORPHAN_MAX_MS).unref();
    take('stop');
  });
  const line: KeeperLine = {
    report(one) {
      if (process.connected) process.send?.(one);
    },
    onOrder(listener) {
      take = listener;
      early.forEach(listener);
    },
    close: () => process.disconnect?.(),
  };
  return { line, settings };
}
