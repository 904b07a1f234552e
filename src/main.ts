/** `npm start`: the command `start`, in production unless `NODE_ENV` says otherwise. */
process.argv.splice(2, 0, 'start');
await import('./cli/cli.ts');
