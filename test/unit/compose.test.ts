import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import type { AppSettings } from '../../demo/app-settings.ts';

// docker-compose.yml cannot be run here; what can be checked without Docker is.

const root = path.resolve(import.meta.dirname, '../..');
const apps = ['bookshop', 'calendar', 'polls'];

interface Compose {
  readonly services: Readonly<Record<string, { readonly environment: Readonly<Record<string, string>> }>>;
}

const compose = parse(readFileSync(path.join(root, 'docker-compose.yml'), 'utf8'), { merge: true }) as Compose;

function environmentOf(service: string): Readonly<Record<string, string>> {
  return compose.services[service]?.environment ?? {};
}

describe('docker-compose.yml', () => {
  it('gives both processes the same settings, and they are good for production', () => {
    expect(environmentOf('signoff-2')).toEqual(environmentOf('signoff-1'));
    const environment = {
      ...environmentOf('signoff-1'),
      PATH: process.env['PATH'],
      NODE_ENV: 'production',
      SIGNOFF_KEY: Buffer.alloc(32, 7).toString('base64'),
      SIGNOFF_CLIENTS: path.join(root, 'demo/compose/clients'),
    };
    const checked = spawnSync(process.execPath, ['src/cli/cli.ts', 'clients', 'check'], {
      cwd: root,
      env: environment,
      encoding: 'utf8',
    });
    expect(checked).toMatchObject({ status: 0, stdout: apps.map((app) => `${app}.yaml: good\n`).join('') });
  });

  it('runs both on a root that nobody writes to, as nobody in particular, with time to stop', () => {
    for (const name of ['signoff-1', 'signoff-2']) {
      expect(compose.services[name]).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        stop_grace_period: '30s',
      });
    }
  });

  it('has a store that any one member may leave', () => {
    const { SIGNOFF_STORE = '' } = environmentOf('signoff-1');
    const members = [...SIGNOFF_STORE.matchAll(/(mongo-\d):27017/g)].map(([, name = '']) => name);
    expect(members).toHaveLength(3);
    const volumes = members.map((name) => JSON.stringify(compose.services[name]));
    expect(new Set(volumes).size).toBe(3);
    // The one that makes the replica set knows all of them.
    for (const name of members) expect(volumes[0]).toContain(`${name}:27017`);
  });

  it.each(apps)('tells %s its own secret and address, as the provider knows them', (app) => {
    const provider = environmentOf('signoff-1');
    const settings = JSON.parse(environmentOf(app)['DEMO_APP'] ?? '') as AppSettings;
    const file = parse(readFileSync(path.join(root, `demo/compose/clients/${app}.yaml`), 'utf8')) as object;
    expect(settings).toMatchObject({
      id: app,
      issuer: provider['SIGNOFF_ISSUER'],
      secret: provider[`DEMO_${app.toUpperCase()}_SECRET`],
    });
    expect(file).toMatchObject({
      client_name: settings.name,
      redirect_uris: [`${settings.url}/callback`],
      backchannel_logout_uri: `http://${app}:${settings.port}/backchannel-logout`,
    });
  });
});
