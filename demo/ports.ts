import { createServer } from 'node:net';

/** The demo cannot start as it was called; the message says what to do instead. */
export class DemoRefused extends Error {}

/** The provider's port: `PORT`, else 4000. The apps take the three after it. */
export function readPort(environment: NodeJS.ProcessEnv): number {
  const text = environment['PORT'] || '4000';
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_532) throw new DemoRefused(`PORT must be a number from 1 to 65532; it is "${text}".`);
  return port;
}

/** Throws when one of `count` ports from `first` on is taken, and names another range that may do. */
export async function requireFreePorts(first: number, count: number): Promise<void> {
  for (let port = first; port < first + count; port += 1) {
    const problem = await listenProblem(port);
    if (problem === undefined) continue;
    const why = problem === 'EADDRINUSE' ? 'is taken by another program' : `cannot be used (${problem})`;
    const other = first === 5000 ? 6000 : 5000;
    throw new DemoRefused(`Port ${port} ${why}; start the demo elsewhere: PORT=${other} npm run demo`);
  }
}

function listenProblem(port: number): Promise<string | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(undefined)));
  });
}
