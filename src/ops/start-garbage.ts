/**
 * Gives back what the start of this thread has left behind: V8 keeps its young generation as large as the start made it, and
 * pages between what lives in the old one, 12 MB in both threads of a server that has nothing to do. Holds the thread for
 * some 40 ms, once. Asked for by the inspector's protocol (HeapProfiler.collectGarbage) inside of this process, since Node has no
 * function for it; no port is opened, and a Node without an inspector keeps what it has. Never rejects.
 */
export async function giveBackStart(): Promise<void> {
  const inspector = await import('node:inspector/promises').catch(() => undefined);
  if (!inspector) return;
  const session = new inspector.Session();
  session.connect();
  await session.post('HeapProfiler.collectGarbage').catch(() => undefined);
  session.disconnect();
}
