import { spawnSync } from 'node:child_process';
import vm from 'node:vm';

// Jest runs ES modules only when Node was started with this flag: start ourselves again with it.
if (!('SourceTextModule' in vm)) {
  const flags = ['--experimental-vm-modules', '--no-warnings=ExperimentalWarning'];
  const again = spawnSync(process.execPath, [...flags, ...process.argv.slice(1)], { stdio: 'inherit' });
  process.exit(again.status ?? 1);
}

export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': ['babel-jest', { presets: [['@babel/preset-typescript', { onlyRemoveTypeImports: true }]] }] },
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testTimeout: 30_000,
};
