import { spawnSync } from 'node:child_process';
import vm from 'node:vm';

// Jest runs ES modules only when Node was started with this flag: start ourselves again with it.
if (!('SourceTextModule' in vm)) {
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const again = spawnSync(process.execPath, [...flags, ...process.argv.slice(1)], { stdio: 'inherit' });
  process.exit(again.status ?? 1);
}

// `npm test` runs everything on SQLite; `npm run test:mongo` runs again, on a real replica set, what meets a store.
const onMongo = process.env.SIGNOFF_TEST_STORE === 'mongo';
const meetAStore = ['store', 'flows', 'crash', 'spec', 'regressions'];

export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': ['babel-jest', { presets: [['@babel/preset-typescript', { onlyRemoveTypeImports: true }]] }] },
  testMatch: onMongo
    ? meetAStore.map((folder) => `<rootDir>/test/${folder}/**/*.test.ts`)
    : ['<rootDir>/test/**/*.test.ts'],
  testTimeout: 30_000,
  ...(onMongo && {
    globalSetup: '<rootDir>/test/support/mongo-for-the-run.ts',
    globalTeardown: '<rootDir>/test/support/mongo-after-the-run.ts',
  }),
};
