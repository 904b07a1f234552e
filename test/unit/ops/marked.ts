import { ownMark } from '../../../src/ops/process-mark.ts';

/** A process that says its mark and lives until it is killed. */
process.send?.(ownMark());
setInterval(() => undefined, 1_000);
