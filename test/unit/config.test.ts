import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Config, readConfig } from '../../src/config.ts';
import { SETTINGS } from '../../src/settings.ts';

const HOUR = 3_600_000;

let cwd: string;

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'signoff-config-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

function read(env: Record<string, string> = {}, yaml?: string): Config {
  const result = attempt(env, yaml);
  if (!result.ok) throw new Error(result.problems.join('\n'));
  return result.config;
}

function problems(env: Record<string, string>, yaml?: string): readonly string[] {
  const result = attempt(env, yaml);
  return result.ok ? [] : result.problems;
}

function attempt(env: Record<string, string>, yaml?: string) {
  if (yaml !== undefined) writeFileSync(join(cwd, 'signoff.yaml'), yaml);
  return readConfig({ env, cwd });
}

describe('settings', () => {
  it('have the defaults of the public surface', () => {
    expect(read()).toMatchObject({
      production: false,
      port: 4000,
      host: '127.0.0.1',
      issuer: 'http://localhost:4000',
      data: join(cwd, 'data'),
      store: { kind: 'sqlite', path: join(cwd, 'data/signoff.db') },
      clients: join(cwd, 'clients'),
      key: undefined,
      keyFile: join(cwd, 'data/master.key'),
      outboundAllow: [],
      outboundCa: undefined,
      logoutWaitMs: 1_000,
      sessionIdleMs: 12 * 3_600_000,
      sessionMaxMs: 14 * 86_400_000,
      idTokenTtlMs: 3_600_000,
      retentionMs: 30 * 86_400_000,
      registration: 'off',
      auditRetentionMs: 365 * 86_400_000,
      sweepMs: 10_000,
      retryFirstMs: 1_000,
      retryMaxMs: 3_600_000,
      refusalRetriesMs: [10_000, 60_000, 300_000],
      deliveryLeaseMs: 60_000,
      deliveryRun: 'thread',
      name: 'localhost:4000',
      privacyUrl: undefined,
      supportUrl: undefined,
      signinLimit: { tries: 10, windowMs: 900_000 },
      proxy: [],
      logLevel: 'info',
      logFormat: 'json',
      scopes: {},
    });
  });

  it('take the environment before signoff.yaml before the default', () => {
    const config = read({ PORT: '5000' }, 'port: 6000\nlogout_wait: 2s\n');
    expect([config.port, config.logoutWaitMs, config.sweepMs]).toEqual([5000, 2000, 10_000]);
    const origins = new Map(config.origins.map((row) => [row.name, row.origin]));
    expect([origins.get('PORT'), origins.get('SIGNOFF_LOGOUT_WAIT'), origins.get('SIGNOFF_SWEEP')]).toEqual([
      'environment',
      'signoff.yaml',
      'default',
    ]);
  });

  it('treat an empty variable as not set, as compose files write it', () => {
    expect(read({ SIGNOFF_ISSUER: '', SIGNOFF_KEY: '' }).issuer).toBe('http://localhost:4000');
  });

  it('follow PORT and SIGNOFF_DATA in what depends on them', () => {
    const config = read({ PORT: '4100', SIGNOFF_DATA: '/srv/signoff' });
    expect(config.issuer).toBe('http://localhost:4100');
    expect(config.store).toEqual({ kind: 'sqlite', path: '/srv/signoff/signoff.db' });
    expect(config.keyFile).toBe('/srv/signoff/master.key');
  });

  it('are frozen, lists included', () => {
    const config = read({ SIGNOFF_OUTBOUND_ALLOW: '127.0.0.0/8,::1' });
    expect(config.outboundAllow).toEqual(['127.0.0.0/8', '::1']);
    expect(Object.isFrozen(config) && Object.isFrozen(config.outboundAllow) && Object.isFrozen(config.origins)).toBe(
      true,
    );
  });

  it('write pretty logs on a terminal only', () => {
    const result = readConfig({ env: {}, cwd, terminal: true });
    expect(result.ok && result.config.logFormat).toBe('pretty');
  });

  it('take lists and numbers from signoff.yaml as YAML writes them', () => {
    const config = read({}, 'outbound_allow: [10.0.0.0/8, rp.internal]\nport: 4001\nproxy: off\nsignin_limit: off\n');
    expect(config.outboundAllow).toEqual(['10.0.0.0/8', 'rp.internal']);
    expect([config.port, config.proxy, config.signinLimit]).toEqual([4001, [], undefined]);
  });

  it('take more scopes, and the claims they carry, from signoff.yaml', () => {
    expect(read({}, 'scopes:\n  groups: [groups]\n').scopes).toEqual({ groups: ['groups'] });
  });
});

describe('mistakes in settings', () => {
  it('are told all at once', () => {
    const told = problems(
      { PORT: 'x', SIGNOFF_LOGOUT_WAIT: '2', SIGNOFF_ISUER: 'https://id.example.org' },
      'prot: 1\n',
    );
    expect(told).toEqual([
      'prot in signoff.yaml is not a setting. Did you mean "port"?',
      'SIGNOFF_ISUER is not a setting. Did you mean "SIGNOFF_ISSUER"?',
      'PORT must be a port between 1 and 65535',
      'SIGNOFF_LOGOUT_WAIT must be a duration like 500ms, 2s, 15m, 12h or 30d',
    ]);
  });

  const bad: readonly (readonly [string, string, string])[] = [
    ['SIGNOFF_ISSUER', 'https://id.example.org/', 'no slash at the end'],
    ['SIGNOFF_ISSUER', 'https://id.example.org/auth', 'scheme and host only'],
    ['SIGNOFF_ISSUER', 'https://user:pw@id.example.org', 'scheme and host only'],
    ['SIGNOFF_ISSUER', 'id.example.org', 'must be an address like'],
    ['SIGNOFF_STORE', 'postgres://x', 'must be sqlite:FILE or mongodb://'],
    ['SIGNOFF_STORE', 'sqlite::memory:', 'must be a file'],
    ['SIGNOFF_KEY', 'c2hvcnQ=', 'must be 32 bytes in base64'],
    ['SIGNOFF_OUTBOUND_ALLOW', 'http://localhost', 'neither a network'],
    ['SIGNOFF_OUTBOUND_ALLOW', '10.0.0.0/99', 'neither a network'],
    ['SIGNOFF_DELIVERY_RUN', 'fork', 'must be one of inline, thread, process, off'],
    ['SIGNOFF_DELIVERY_THREADS', '0', 'must be a whole number from 1 to 16'],
    ['SIGNOFF_DELIVERY_THREADS', '1.5', 'must be a whole number from 1 to 16'],
    ['SIGNOFF_DELIVERY_RUN', 'thred', 'Did you mean "thread"?'],
    ['SIGNOFF_SIGNIN_LIMIT', '10', 'must be off or tries per window'],
    ['SIGNOFF_PROXY', 'everything', '"everything" is none'],
    ['SIGNOFF_PRIVACY_URL', 'javascript:alert(1)', 'must be an address that begins with https:'],
    ['SIGNOFF_REFUSAL_RETRIES', '10s,soon', 'durations separated by commas'],
    ['SIGNOFF_SESSION_IDLE', '0s', 'longer than nothing'],
    ['SIGNOFF_SESSION_IDLE', '15d', 'longer than SIGNOFF_SESSION_MAX'],
    ['SIGNOFF_RETRY_FIRST', '2h', 'longer than SIGNOFF_RETRY_MAX'],
    ['SIGNOFF_NAME', 'a\u001b[31mb', 'control characters'],
  ];
  for (const [name, value, sentence] of bad) {
    it(`${name}=${JSON.stringify(value)} is refused`, () => {
      const told = problems({ [name]: value });
      expect(told).toHaveLength(1);
      expect(told[0]).toContain(name);
      expect(told[0]).toContain(sentence);
    });
  }

  it('SIGNOFF_SESSION_MAX alone may be shorter than a session rests by default', () => {
    expect(read({ SIGNOFF_SESSION_MAX: '8h' })).toMatchObject({ sessionMaxMs: 8 * HOUR, sessionIdleMs: 8 * HOUR });
    expect(read({}, 'session_max: 90m')).toMatchObject({ sessionIdleMs: 1.5 * HOUR });
    expect(read({ SIGNOFF_SESSION_MAX: '30d' })).toMatchObject({ sessionIdleMs: 12 * HOUR });
    expect(problems({ SIGNOFF_SESSION_MAX: '8h', SIGNOFF_SESSION_IDLE: '12h' })).toHaveLength(1);
    expect(problems({ SIGNOFF_SESSION_MAX: 'soon' })).toEqual([expect.stringMatching(/^SIGNOFF_SESSION_MAX must be/)]);
  });

  it('name the line of broken YAML', () => {
    expect(problems({}, 'port: 4000\nissuer: "http://\n')[0]).toMatch(/^signoff\.yaml line \d+: /);
  });

  it('name both where two settings contradict each other', () => {
    const key = Buffer.alloc(32).toString('base64');
    expect(problems({ SIGNOFF_KEY: key, SIGNOFF_KEY_FILE: '/x' })[0]).toContain('both set');
  });

  const badScopes = [
    ['scopes: [groups]', 'must name scopes'],
    ['scopes:\n  email: [email]', 'standard scope'],
    ['scopes:\n  groups: groups', 'names of its claims'],
    ['scopes:\n  evil: [sid]', 'belongs to the token itself'],
    ['scopes:\n  "a b": [x]', 'without spaces'],
  ] as const;
  for (const [yaml, sentence] of badScopes) {
    it(`${JSON.stringify(yaml)} is refused`, () => expect(problems({}, yaml)[0]).toContain(sentence));
  }
});

describe('production', () => {
  it('is exactly NODE_ENV=production', () => {
    expect(read({ NODE_ENV: 'prod' }).production).toBe(false);
    const config = read({ NODE_ENV: 'production', SIGNOFF_ISSUER: 'https://id.example.org', SIGNOFF_PROXY: 'off' });
    expect([config.production, config.host]).toEqual([true, '::']);
  });

  it('lists everything it needs at once', () => {
    const told = problems({ NODE_ENV: 'production', SIGNOFF_STORE: 'mongodb://db/signoff?replicaSet=rs0' });
    expect(told).toHaveLength(3);
    expect(told.join('\n')).toMatch(
      /SIGNOFF_ISSUER must be set in production[\s\S]*SIGNOFF_PROXY must be set[\s\S]*SIGNOFF_KEY or SIGNOFF_KEY_FILE/,
    );
  });

  it('must say SIGNOFF_PROXY, off included: behind a proxy that nobody named all people share one address', () => {
    const production = { NODE_ENV: 'production', SIGNOFF_ISSUER: 'https://id.example.org' };
    expect(problems(production)).toEqual([expect.stringMatching(/^SIGNOFF_PROXY must be set in production: .*or off/)]);
    expect(read({ ...production, SIGNOFF_PROXY: 'off' }).proxy).toEqual([]);
    expect(read({ ...production, SIGNOFF_PROXY: '10.0.0.0/8, ::1' }).proxy).toEqual(['10.0.0.0/8', '::1']);
    expect(read({}).proxy).toEqual([]);
  });

  it('refuses an http issuer', () => {
    const told = problems({ NODE_ENV: 'production', SIGNOFF_ISSUER: 'http://id.example.org', SIGNOFF_PROXY: 'off' });
    expect(told).toEqual(['SIGNOFF_ISSUER must begin with https:// in production']);
  });
});

describe('what Kubernetes injects for a Service', () => {
  it.each(['SIGNOFF', 'SIGNOFF_METRICS'])('named %s is passed over', (service) => {
    const address = 'tcp://10.0.171.239:4000';
    const injected = {
      [`${service}_SERVICE_HOST`]: '10.0.171.239',
      [`${service}_SERVICE_PORT`]: '4000',
      [`${service}_SERVICE_PORT_HTTP`]: '4000',
      [`${service}_PORT`]: address,
      [`${service}_PORT_4000_TCP`]: address,
      [`${service}_PORT_4000_TCP_PROTO`]: 'tcp',
      [`${service}_PORT_4000_TCP_PORT`]: '4000',
      [`${service}_PORT_4000_TCP_ADDR`]: '10.0.171.239',
    };
    expect(problems(injected)).toEqual([]);
    expect(read(injected).port).toBe(4000);
  });

  it('a misspelt setting of a like name is none', () => {
    expect(problems({ SIGNOFF_PORT: '4100' })).toEqual([expect.stringContaining('SIGNOFF_PORT is not a setting')]);
    expect(problems({ SIGNOFF_SERVICE: 'x', SIGNOFF_SERVICE_NAME: 'y' })).toHaveLength(2);
  });
});

describe('the key on MongoDB', () => {
  const mongo = { SIGNOFF_STORE: 'mongodb://app:hunter2@db/signoff?replicaSet=rs0' };

  it('is never made, always required', () => {
    expect(problems(mongo)[0]).toContain('SIGNOFF_KEY or SIGNOFF_KEY_FILE must be set with MongoDB');
    expect(read({ ...mongo, SIGNOFF_KEY: Buffer.alloc(32).toString('base64') }).store.kind).toBe('mongodb');
  });

  it('and the password of the store are hidden from "signoff config"', () => {
    const key = Buffer.alloc(32, 7).toString('base64');
    const shown = JSON.stringify(read({ ...mongo, SIGNOFF_KEY: key }).origins);
    expect(shown).not.toContain('hunter2');
    expect(shown).not.toContain(key);
    expect(shown).toContain('mongodb://app:(secret)@db/signoff');
    const careless = { SIGNOFF_STORE: 'mongodb://app:hunter2@home@db/signoff?replicaSet=rs0', SIGNOFF_KEY: key };
    expect(JSON.stringify(read(careless).origins)).not.toContain('@home');
  });
});

it('every setting has a sentence', () => {
  for (const { env, sentence } of Object.values(SETTINGS)) {
    expect(env).toMatch(/^(PORT|SIGNOFF_[A-Z_]+)$/);
    expect(sentence).toMatch(/^[A-Z].*\.$/);
  }
});

describe('a setting that would only show later', () => {
  it('SIGNOFF_OUTBOUND_CA must be a file of certificates', () => {
    expect(problems({ SIGNOFF_OUTBOUND_CA: 'gone.pem' })).toEqual([
      'SIGNOFF_OUTBOUND_CA names a file that cannot be read (ENOENT)',
    ]);
    writeFileSync(join(cwd, 'garbage.pem'), 'garbage');
    expect(problems({ SIGNOFF_OUTBOUND_CA: 'garbage.pem' })[0]).toContain('in PEM form');
    const [first = '', second = ''] = rootCertificates;
    writeFileSync(join(cwd, 'second.pem'), `${first}\n${second.replace(/\n.{30}/, '\n')}\n`);
    expect(problems({ SIGNOFF_OUTBOUND_CA: 'second.pem' })[0]).toContain('broken certificate: number 2 of 2');
    writeFileSync(join(cwd, 'good.pem'), first);
    expect(read({ SIGNOFF_OUTBOUND_CA: 'good.pem' }).outboundCa).toBe(join(cwd, 'good.pem'));
  });

  it('SIGNOFF_OUTBOUND_PROXY must be the address of a proxy, and its credentials are shown nowhere', () => {
    const good = 'http://signoff:s3cret@proxy.example.org:3128';
    const config = read({ SIGNOFF_OUTBOUND_PROXY: good, SIGNOFF_OUTBOUND_DIRECT: '10.0.0.0/8,wiki.corp' });
    expect(config).toMatchObject({ outboundProxy: good, outboundDirect: ['10.0.0.0/8', 'wiki.corp'] });
    expect(JSON.stringify(config.origins)).not.toContain('s3cret');
    for (const bad of [
      'proxy.example.org:3128',
      'socks5://s3cret@proxy',
      'http://u:s3cret%@proxy',
      'http://u:s3cret@proxy/x',
    ]) {
      const [problem = ''] = problems({ SIGNOFF_OUTBOUND_PROXY: bad });
      expect(problem).toMatch(/^SIGNOFF_OUTBOUND_PROXY /);
      expect(problem).not.toContain('s3cret');
    }
  });

  it('SIGNOFF_DELIVERY_LEASE must leave time to send', () => {
    expect(problems({ SIGNOFF_DELIVERY_LEASE: '5ms' })[0]).toContain('SIGNOFF_DELIVERY_LEASE must be at least');
  });

  it('signoff.yaml must be a file', () => {
    mkdirSync(join(cwd, 'signoff.yaml'));
    expect(problems({})[0]).toContain('signoff.yaml cannot be read');
  });
});
