/** What `docs/ops/` asks of Signoff is what Signoff says. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { createMetrics } from '../../src/ops/metrics.ts';

const metrics = createMetrics('main');
afterAll(() => metrics.stop());

const read = (name: string) => readFileSync(new URL(`../../docs/ops/${name}`, import.meta.url), 'utf8');

/** Every series that can be asked for, and which labels it has. */
async function series(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  metrics.attempted('delivered');
  metrics.confirmed('user', 1);
  metrics.answered(1);
  metrics.storeCalled('sessions.end', 1);
  metrics.stands({
    deliveries: { trying: 1 },
    sessions: { live: 1 },
    mails: { waiting: 1 },
    oldestSeconds: 1,
    breakers: new Map([['wiki', 0]]),
  });
  const found = new Map<string, Set<string>>();
  for (const [, name = '', labels = ''] of (await metrics.text([])).matchAll(/^(signoff_\w+)(?:\{(.*)\})? /gm)) {
    const known = found.get(name) ?? new Set(['instance']);
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) known.add(label);
    found.set(name, known);
  }
  return found;
}

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[];
}
interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}

const { groups } = parse(read('alerts.yaml')) as Rules;
const { panels } = JSON.parse(read('grafana-dashboard.json')) as Dashboard;
const EXPRESSIONS = [
  ...groups.flatMap(({ rules }) => rules.map(({ alert, expr }) => [`the alert ${alert}`, expr] as const)),
  ...panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [`the panel ${title}`, expr] as const)),
];

describe.each(EXPRESSIONS)('%s', (_, expression) => {
  it('asks for series and labels that there are', async () => {
    const known = await series();
    const asked = [...expression.matchAll(/(signoff_\w+)(?:\{([^}]*)\})?/g)];
    expect(asked.length).toBeGreaterThan(0);
    for (const [, name = '', selector = ''] of asked) {
      expect([...known.keys()]).toContain(name);
      for (const [, label] of selector.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g))
        expect([...(known.get(name) ?? [])]).toContain(label);
    }
  });
});

it('leave no metric unwatched', async () => {
  const all = EXPRESSIONS.map(([, expression]) => expression).join(' ');
  const names = new Set([...(await series()).keys()].map((name) => name.replace(/_(bucket|sum|count)$/, '')));
  expect([...names].filter((name) => !all.includes(name))).toEqual([]);
});

describe('the unit for systemd', () => {
  const unit = read('signoff.service');

  it('starts what npm start starts, and leaves a stop the time that it takes', () => {
    expect(unit).toContain('src/main.ts');
    expect(unit).toContain('KillSignal=SIGTERM');
    // Serving on 2 s, requests 5 s, deliveries twice 10 s.
    expect(Number(/TimeoutStopSec=(\d+)/.exec(unit)?.[1])).toBeGreaterThanOrEqual(27);
    expect(unit).toMatch(/^DynamicUser=yes$/m);
    expect(unit).toMatch(/^ProtectSystem=strict$/m);
  });

  const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;
  (hasSystemd ? it : it.skip)('is one that systemd understands', () => {
    const folder = mkdtempSync(join(tmpdir(), 'signoff-unit-'));
    const file = join(folder, 'signoff.service');
    writeFileSync(file, unit.replace('/usr/bin/node', process.execPath).replace('/opt/signoff', folder));
    const verified = spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8' });
    expect(verified.stderr.split('\n').filter((line) => line.includes('signoff.service'))).toEqual([]);
    rmSync(folder, { recursive: true });
  });
});
