/**
 * Tells the processes of one machine apart, so that a dead one is known at once and not by its silence. A pid alone says
 * nothing: pids are used again, start anew at each boot, and are numbers of a container's own. Linux only; elsewhere there
 * are no marks, and silence tells.
 */
import { readFileSync, readlinkSync } from 'node:fs';

/** Boot, pid namespace, pid and start time of this process; undefined where they cannot be read. */
export function ownMark(): string | undefined {
  const place = ownPlace();
  const startedAt = startOf(process.pid);
  return place && startedAt && `${place} ${process.pid} ${startedAt}`;
}

/** What became of the process of this mark. `unknown`: of another machine, another container, or no mark. */
export function fateOf(mark: string | undefined): 'alive' | 'dead' | 'unknown' {
  const [, place, pid, startedAt] = /^(.+) (\d+) (\d+)$/.exec(mark ?? '') ?? [];
  if (place === undefined || place !== ownPlace()) return 'unknown';
  if (!exists(Number(pid))) return 'dead';
  const started = startOf(Number(pid));
  // Hidden from us: there is such a process, and nobody can say whether it is still the same.
  return started === undefined || started === startedAt ? 'alive' : 'dead';
}

function ownPlace(): string | undefined {
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return undefined;
  }
}

const GONE = '';

/** In clock ticks since boot; a value of its own for one that ended and was not buried yet; undefined where hidden. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program, in parentheses, may hold anything; after it come state and, as the 20th, the start.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? GONE : fields[19];
  } catch {
    return undefined;
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
