import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';

/** After this long a process that was asked to stop is killed. */
const STOP_MS = 8000;
const tether = new URL('tether.ts', import.meta.url).href;

export interface Start {
  /** What people call it. */
  readonly name: string;
  /** The program, from the top of the project, and its arguments. */
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Each line of its standard output and standard error. */
  readonly onLine: (line: string) => void;
}

export interface Children {
  /** Starts a process that lives as long as the demo; the demo is over when it ends by itself. */
  start(child: Start): ChildProcess;
  /** Runs a command to its end. Rejects only when it cannot be started. */
  run(
    command: Omit<Start, 'onLine' | 'name'>,
    input?: string,
  ): Promise<{ code: number; stdout: string; stderr: string }>;
  /** Ends all of them and waits until they are gone. Safe twice. */
  stop(): Promise<void>;
}

/** The demo's processes. Each is tied to this one and ends with it, also when this one is killed (tether.ts). */
export function createChildren(onUnexpectedEnd: (name: string, code: number | string) => void): Children {
  const running = new Map<ChildProcess, Promise<unknown>>();
  let stopping = false;
  return {
    start({ name, argv, env, onLine }) {
      const child = spawn(process.execPath, [...nodeFlags(), '--import', tether, ...argv], {
        env,
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      });
      for (const input of [child.stdout, child.stderr]) if (input) createInterface({ input }).on('line', onLine);
      running.set(child, once(child, 'exit'));
      child.on('exit', (code, signal) => {
        running.delete(child);
        if (!stopping) onUnexpectedEnd(name, code ?? signal ?? 'unknown');
      });
      return child;
    },
    async run({ argv, env }, input = '') {
      const child = spawn(process.execPath, [...nodeFlags(), ...argv], { env, stdio: 'pipe' });
      child.stdin.end(input);
      const [stdout, stderr, [code]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'close'),
      ]);
      return { code: typeof code === 'number' ? code : 1, stdout, stderr };
    },
    async stop() {
      stopping = true;
      const last = setTimeout(() => signalAll(running.keys(), 'SIGKILL'), STOP_MS);
      signalAll(running.keys(), 'SIGTERM');
      await Promise.all(running.values());
      clearTimeout(last);
    },
  };
}

function signalAll(children: Iterable<ChildProcess>, signal: NodeJS.Signals): void {
  for (const child of children) child.kill(signal);
}

/** What this process was started with, such as the filter for warnings about node:sqlite. */
function nodeFlags(): readonly string[] {
  return process.execArgv.filter((flag) => flag.startsWith('--disable-warning'));
}
