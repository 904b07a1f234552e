/** `npm start`: the command `start`, in production unless `NODE_ENV` says otherwise. */
import './ops/thread-pool.ts';
import './ops/compile-cache.ts';

const { runCli } = await import('./cli/run-cli.ts');
process.exitCode = await runCli(['start', ...process.argv.slice(2)], process);
