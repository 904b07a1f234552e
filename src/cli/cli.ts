#!/usr/bin/env node
/** The command line's entry, `signoff`. */
import '../ops/thread-pool.ts';
import '../ops/compile-cache.ts';

const { runCli } = await import('./run-cli.ts');
process.exitCode = await runCli(process.argv.slice(2), process);
