/** What a process costs the processors, where the system tells (Linux); `NaN` elsewhere, which no target accepts. */
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessorTime {
  /** Milliseconds that all threads of the process ran. */
  readonly all: number;
  /** Of those, its main thread: what every request waits for. */
  readonly main: number;
}

/** Since the process began. The kernel counts in nanoseconds (Documentation/scheduler/sched-stats). */
export function processorTime(pid: number): ProcessorTime {
  try {
    const threads = readdirSync(`/proc/${pid}/task`).map((thread) => ranMs(pid, thread));
    return { all: threads.reduce((sum, ms) => sum + ms, 0), main: ranMs(pid, String(pid)) };
  } catch {
    return { all: Number.NaN, main: Number.NaN };
  }
}

/** What was spent between two looks. */
export function spentBetween(before: ProcessorTime, after: ProcessorTime): ProcessorTime {
  return { all: after.all - before.all, main: after.main - before.main };
}

/** Memory that the process holds now. */
export function residentBytes(pid: number): number {
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kilobytes) * 1024;
  } catch {
    return Number.NaN;
  }
}

/** A thread that ended takes its figure with it: nothing is lost while the same threads live on. */
function ranMs(pid: number, thread: string): number {
  return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
}
