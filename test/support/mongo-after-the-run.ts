export { stopAfterTheRun as default } from './mongo-for-the-run.ts';
