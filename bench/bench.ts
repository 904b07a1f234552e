/**
 * `npm run bench`: what we promise about speed, each against a baseline of the same run. Machines are shared and noisy:
 * an absolute time is a hint, a ratio is a result. `--quick` takes under a minute; `--only NAME` runs one; `--json`.
 */
import { parseArgs } from 'node:util';
import { logoutAnswer } from './logout-answer.ts';
import { quietDelivery } from './quiet-delivery.ts';
import type { Effort, Row } from './row.ts';
import { signIns } from './sign-ins.ts';
import { startUp } from './start-up.ts';

const BENCHES: Readonly<Record<string, (effort: Effort) => Promise<readonly Row[]>>> = {
  'logout-answer': logoutAnswer,
  'quiet-delivery': quietDelivery,
  'sign-ins': signIns,
  'start-up': startUp,
};

const HELP = `Usage: npm run bench -- [--quick] [--only NAME] [--json]

  --quick       under a minute
  --only NAME   one of: ${Object.keys(BENCHES).join(', ')}
  --json        one JSON object a row

Exit code 1 when a target is not met.`;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

// The stock library tells its notices on standard output, which is for rows.
console.info = () => undefined;

if (values.help) console.log(HELP);
else if (values.only !== undefined && !(values.only in BENCHES)) {
  console.error(`There is no benchmark named ${values.only}.\n\n${HELP}`);
  process.exitCode = 2;
} else await run(Object.keys(BENCHES).filter((name) => values.only === undefined || values.only === name));

async function run(names: readonly string[]): Promise<void> {
  let missed = 0;
  for (const name of names) {
    console.error(`${name} …`);
    for (const row of (await BENCHES[name]?.({ quick: values.quick })) ?? []) {
      if (!row.met) missed += 1;
      console.log(values.json ? JSON.stringify(row) : describe(row));
    }
  }
  process.exitCode = missed > 0 ? 1 : 0;
}

function describe(row: Row): string {
  const mark = row.met ? 'met   ' : 'MISSED';
  return `${mark} ${row.name}\n       ${row.value}   baseline ${row.baseline}   ratio ${row.ratio}   target ${row.target}`;
}
