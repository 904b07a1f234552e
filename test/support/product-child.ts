import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { CLI } from './command.ts';

/** One run of the product as a process of its own. */
export interface ProductChild {
  readonly pid: number;
  /** Resolves when it is gone, whoever ended it. */
  readonly exited: Promise<void>;
  /** kill -9; answers when it is gone. */
  kill(): Promise<void>;
  /** Stops it as an operator would. */
  stop(): Promise<void>;
}

export interface ChildOptions {
  /** Where it runs. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly log: LogReader;
  /** A module that is loaded before the product, in the same process. */
  readonly preload?: URL | undefined;
  /** The command line, where it is not the source's. */
  readonly program?: string | undefined;
}

/** Starts it at once; what is answered may be killed before it is ready. */
export function spawnProduct({
  folder,
  env,
  log,
  preload,
  program = CLI,
}: ChildOptions): ProductChild & { ready(): Promise<void> } {
  const flags = preload ? ['--import', preload.href] : [];
  const before = log.count('server.ready');
  const child = spawn(process.execPath, [...flags, program, 'start'], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close').then(() => undefined);
  createInterface(child.stdout).on('line', log.add);
  return {
    pid: child.pid ?? 0,
    exited: closed,
    ready: () => Promise.race([log.waitFor('server.ready', {}, before + 1).then(() => undefined), gone(child, closed)]),
    kill: () => end(child, closed, 'SIGKILL'),
    stop: () => end(child, closed, 'SIGTERM'),
  };
}

/** Resolves when it listens. */
export async function startProductChild(options: ChildOptions): Promise<ProductChild> {
  const child = spawnProduct(options);
  await child.ready();
  return child;
}

async function gone(child: ChildProcess, closed: Promise<void>): Promise<never> {
  await closed;
  throw new Error(`the product stopped with ${child.exitCode ?? child.signalCode} before it was ready`);
}

async function end(child: ChildProcess, closed: Promise<void>, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill(signal);
  await closed;
}

// ---------------------------------------------------------------- its log

export type LineFacts = Readonly<Record<string, unknown>>;

export interface ProcessLine extends LineFacts {
  readonly event: string;
}

export type LogReader = ReturnType<typeof createLogReader>;

/** Collects the lines of one process after the other. */
export function createLogReader() {
  const lines: ProcessLine[] = [];
  const readers = new Set<() => void>();
  const found = (event: string, facts: LineFacts) =>
    lines.filter((line) => Object.entries({ event, ...facts }).every(([name, value]) => line[name] === value));

  return {
    lines: lines as readonly ProcessLine[],
    count: (event: string) => found(event, {}).length,
    add(text: string): void {
      const line = parse(text);
      if (line === undefined) return;
      lines.push(line);
      for (const look of [...readers]) look();
    },
    waitFor(event: string, facts: LineFacts = {}, count = 1): Promise<readonly ProcessLine[]> {
      return new Promise((resolve) => {
        function look(): void {
          const fitting = found(event, facts);
          if (fitting.length < count) return;
          readers.delete(look);
          resolve(fitting);
        }
        readers.add(look);
        look();
      });
    },
  };
}

/** Undefined for the half of a line that a killed process leaves behind. */
function parse(text: string): ProcessLine | undefined {
  try {
    return JSON.parse(text) as ProcessLine;
  } catch {
    return undefined;
  }
}
