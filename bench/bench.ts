/**
 * `npm run bench`: what we promise about speed, each against a baseline of the same run. Machines are shared and noisy:
 * an absolute time is a hint, a ratio is a result. `--quick` takes under 90 seconds; names pick some; `--json`.
 */
import { barrier } from './barrier.ts';
import { type BenchOptions, readOptions } from './bench-options.ts';
import { STORE_NAMES, startStores } from './bench-stores.ts';
import { busyApp } from './busy-app.ts';
import { crash } from './crash.ts';
import { everybody } from './everybody.ts';
import { failOver } from './fail-over.ts';
import { fair } from './fair.ts';
import { flood } from './flood.ts';
import { idleMemory } from './idle-memory.ts';
import { logoutAnswer } from './logout-answer.ts';
import { manyApps } from './many-apps.ts';
import { quietDelivery } from './quiet-delivery.ts';
import type { Effort, Row } from './row.ts';
import { scale } from './scale.ts';
import { signIns } from './sign-ins.ts';
import { startUp } from './start-up.ts';
import { tlsStorm } from './tls-storm.ts';

type Bench = (effort: Effort) => Promise<readonly Row[]>;

const BENCHES: Readonly<Record<string, Bench>> = {
  fair,
  'idle-memory': idleMemory,
  'logout-answer': logoutAnswer,
  'many-apps': manyApps,
  'quiet-delivery': quietDelivery,
  'sign-ins': signIns,
  'start-up': startUp,
};

/** Minutes each: run only when they are named. */
const LONG_BENCHES: Readonly<Record<string, Bench>> = {
  barrier,
  'busy-app': busyApp,
  crash,
  everybody,
  'fail-over': failOver,
  flood,
  scale,
  storm: tlsStorm,
};

const HELP = `Usage: npm run bench -- [NAME …] [--quick] [--size N] [--store NAME] [--json]

  NAME          ${Object.keys(BENCHES).join(', ')}; without a name all of these
                only when named: ${Object.keys(LONG_BENCHES).join(', ')}
  --quick       less of each, most of them on one store: under 90 seconds without a name
  --size N      sessions in the store of "scale": 1000000 on SQLite, a tenth of it on MongoDB; apps of "storm": 10000,
                and of "many-apps": 1000; who is signed in for "everybody": 100000
  --store NAME  on this store only, where it runs on both: ${STORE_NAMES.join(', ')}
  --json        one JSON object a row

Exit code 1 when a target is not met.`;

const all = { ...BENCHES, ...LONG_BENCHES };

// The stock library tells its notices on standard output, which is for rows.
console.info = () => undefined;

const given = readOptions(process.argv.slice(2), Object.keys(all));
if ('fault' in given) {
  console.error(`${given.fault}\n\n${HELP}`);
  process.exitCode = 2;
} else if (given.help) console.log(HELP);
else await run(given);

async function run({ names, quick, size, store, json }: BenchOptions): Promise<void> {
  const stores = await startStores(store);
  const effort = { quick, size, stores: stores.all };
  let missed = 0;
  for (const name of names.length > 0 ? names : Object.keys(BENCHES)) {
    console.error(`${name} …`);
    for (const row of (await all[name]?.(effort)) ?? []) {
      if (!row.met) missed += 1;
      console.log(json ? JSON.stringify(row) : describe(row));
    }
  }
  await stores.stop();
  process.exitCode = missed > 0 ? 1 : 0;
}

function describe(row: Row): string {
  const mark = row.met ? 'met   ' : 'MISSED';
  return `${mark} ${row.name}\n       ${row.value}   baseline ${row.baseline}   ratio ${row.ratio}   target ${row.target}`;
}
