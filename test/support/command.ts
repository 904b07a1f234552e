import { spawn } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { runCli } from '../../src/cli/run-cli.ts';

/** How a command ended. */
export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line's entry, as `npx signoff` runs it. */
export const CLI = fileURLToPath(new URL('../../src/cli/cli.ts', import.meta.url));

/** Runs `signoff …` as a process beside the product of this folder and environment; standard input is `input`. */
export async function runCommand(
  { folder, env }: { readonly folder: string; readonly env: Readonly<Record<string, string>> },
  args: readonly string[],
  input = '',
): Promise<Finished> {
  return runNode([CLI, ...args], { cwd: folder, env: { ...surroundings(), ...env }, input });
}

/** Runs Node with these arguments in a process, to its end. */
export async function runNode(
  argv: readonly string[],
  { cwd, env, input }: { readonly cwd: string; readonly env: Readonly<Record<string, string>>; readonly input: string },
): Promise<Finished> {
  const child = spawn(process.execPath, argv, { cwd, env });
  child.stdin.end(input);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const code = await new Promise<number | null>((closed) => child.once('close', closed));
  return { code: code ?? -1, stdout, stderr };
}

/** The same without a process of its own: a hundred commands in the time of ten. */
export async function runCommandHere(
  { folder, env }: { readonly folder: string; readonly env: Readonly<Record<string, string>> },
  args: readonly string[],
  input = '',
): Promise<Finished> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  stdin.end(input);
  const code = await runCli(args, { stdin, stdout, stderr }, { env: { ...surroundings(), ...env }, cwd: folder });
  return { code, stdout: allOf(stdout), stderr: allOf(stderr) };
}

/** What was written; one `read` is one piece of it. */
function allOf(stream: PassThrough): string {
  let all = '';
  for (let piece = stream.read(); piece !== null; piece = stream.read()) all += piece;
  return all;
}

/** What a process of the product needs beside its settings. */
export function surroundings(): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', NODE_NO_WARNINGS: '1', SIGNOFF_LOG_FORMAT: 'json' };
}
