import { isMainThread } from 'node:worker_threads';

// Loaded into every process of the demo (node --import): when the channel to the one that started it is gone, because
// that one was killed and could stop nobody, the process stops itself. So the demo leaves no orphan on its ports.
if (isMainThread && process.channel) {
  process.on('disconnect', () => {
    setTimeout(() => process.exit(1), 3000).unref();
    process.kill(process.pid, 'SIGTERM');
  });
  process.channel.unref();
}
