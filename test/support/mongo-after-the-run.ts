import { stopAfterTheRun } from './mongo-for-the-run.ts';

/** Jest's global tear-down: stops what the set-up started. */
export default stopAfterTheRun;
