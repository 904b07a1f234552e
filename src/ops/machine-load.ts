import { type CpuInfo, cpus } from 'node:os';

/** Says how busy this machine's processors were since it was last asked, whoever used them: from 0 to 1, all of them. */
export function createMachineLoad(read: () => readonly Pick<CpuInfo, 'times'>[] = cpus): () => number {
  let last = spent(read());
  return () => {
    const now = spent(read());
    const [all, idle] = [now.all - last.all, now.idle - last.idle];
    last = now;
    // Asked twice within one tick of the kernel's counters.
    return all <= 0 ? 0 : 1 - idle / all;
  };
}

function spent(processors: readonly Pick<CpuInfo, 'times'>[]): { readonly all: number; readonly idle: number } {
  const sum = (of: (times: CpuInfo['times']) => number) =>
    processors.reduce((total, { times }) => total + of(times), 0);
  return { all: sum((times) => Object.values(times).reduce((a, b) => a + b, 0)), idle: sum(({ idle }) => idle) };
}
