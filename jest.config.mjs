import { spawnSync } from 'node:child_process';
import vm from 'node:vm';

// Jest runs ES modules only when Node was started with this flag: start ourselves again with it.
if (!('SourceTextModule' in vm)) {
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const again = spawnSync(process.execPath, [...flags, ...process.argv.slice(1)], { stdio: 'inherit' });
  process.exit(again.status ?? 1);
}

const common = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': ['babel-jest', { presets: [['@babel/preset-typescript', { onlyRemoveTypeImports: true }]] }] },
  testTimeout: 30_000,
  // Most tests wait for sockets and processes: of two cores two at a time leave a quarter idle, three a tenth. Jest's own
  // choice there would be one.
  maxWorkers: 3,
  testSequencer: '<rootDir>/test/support/longest-first.mjs',
  setupFiles: ['<rootDir>/test/support/quiet-library.ts'],
};

// `npm test` runs everything on SQLite; `npm run test:mongo` runs again, on a real replica set, what meets a store.
const meetAStore = ['store', 'flows', 'crash', 'regressions'];

async function onMongo() {
  const { startForTheRun } = await import('./test/support/mongo-for-the-run.ts');
  return {
    ...common,
    testMatch: meetAStore.map((folder) => `<rootDir>/test/${folder}/**/*.test.ts`),
    testPathIgnorePatterns: ['/node_modules/', '/test/store/sqlite'],
    globalTeardown: '<rootDir>/test/support/mongo-for-the-run.ts',
    // Without a server every test is shown as skipped: no name matches this.
    ...((await startForTheRun()) ? {} : { testNamePattern: '(?!)' }),
  };
}

export default process.env.SIGNOFF_TEST_STORE === 'mongo'
  ? onMongo
  : { ...common, testMatch: ['<rootDir>/test/**/*.test.ts'] };
