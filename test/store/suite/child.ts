import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ActName } from './race-child.ts';

/** Another process that has the store open. */
export interface Child {
  /** Does one act of `race-child.ts`; `onTheWay` hears what it reports before it is done. */
  run<Result>(act: ActName, facts: object, onTheWay?: (facts: never) => void): Promise<Result>;
  /** As the kernel kills: no handler, no clean-up. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

type Message =
  | { readonly kind: 'open' }
  | { readonly kind: 'under way'; readonly facts: never }
  | { readonly kind: 'done'; readonly result: never }
  | { readonly kind: 'failed'; readonly reason: string };

/** Resolves when the child has opened the store. */
export async function startChild(url: string): Promise<Child> {
  const script = fileURLToPath(new URL('./race-child.ts', import.meta.url));
  const child = fork(script, [url], { execArgv: ['--disable-warning=ExperimentalWarning'] });
  await once(child, 'message');
  return {
    run: (act, facts, onTheWay) => run(child, { act, facts }, onTheWay),
    kill: () => end(child, () => child.kill('SIGKILL')),
    stop: () => end(child, () => child.disconnect()),
  };
}

function run<Result>(child: ChildProcess, order: object, onTheWay?: (facts: never) => void): Promise<Result> {
  return new Promise((resolve, reject) => {
    const gone = () => reject(new Error('the child is gone'));
    child.once('exit', gone);
    child.on('message', function listen(message: Message) {
      if (message.kind === 'under way') return onTheWay?.(message.facts);
      child.off('message', listen);
      child.off('exit', gone);
      if (message.kind === 'done') resolve(message.result);
      else reject(new Error(message.kind === 'failed' ? message.reason : message.kind));
    });
    child.send(order);
  });
}

async function end(child: ChildProcess, act: () => void): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  act();
  await exited;
}
