import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** An Apache with mod_auth_openidc in front of one page. */
export interface Apache {
  /** The page behind the sign-in. */
  readonly page: string;
  /** What Apache has logged; for a test that failed. */
  log(): Promise<string>;
  stop(): Promise<void>;
}

export interface ApacheSettings {
  readonly port: number;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

const APACHE = '/usr/sbin/apache2';
const MODULES = '/usr/lib/apache2/modules';
const WANTED = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'auth_openidc'];
const UP_WITHIN_MS = 10_000;

/** What is not installed here, in words; undefined when all of it is. */
export function missingApache(): string | undefined {
  if (!existsSync(APACHE)) return 'apache2 is not installed';
  return existsSync(join(MODULES, 'mod_auth_openidc.so')) ? undefined : 'libapache2-mod-auth-openidc is not installed';
}

/** Where the module takes codes and, with a query of its own, logout tokens. */
export function apacheFile(port: number): Readonly<Record<string, unknown>> {
  const redirectUri = `http://127.0.0.1:${port}/secure/redirect`;
  return {
    redirect_uris: [redirectUri],
    post_logout_redirect_uris: [`http://127.0.0.1:${port}/`],
    backchannel_logout_uri: `${redirectUri}?logout=backchannel`,
  };
}

/** Starts one with a configuration of its own in a temporary folder. */
export async function startApache(settings: ApacheSettings): Promise<Apache> {
  const folder = await mkdtemp(join(tmpdir(), 'signoff-apache-'));
  await mkdir(join(folder, 'htdocs', 'secure'), { recursive: true });
  await writeFile(join(folder, 'htdocs', 'secure', 'index.html'), 'behind the sign-in\n');
  await writeFile(join(folder, 'apache.conf'), configuration(folder, settings));
  const owner = await giveAway(folder);
  const child = spawn(APACHE, ['-f', join(folder, 'apache.conf'), '-D', 'FOREGROUND'], { ...owner, stdio: 'ignore' });
  const log = () => readFile(join(folder, 'error.log'), 'utf8').catch(() => '');
  try {
    await up(settings.port, child);
  } catch (error) {
    throw new Error(`apache did not start:\n${await log()}`, { cause: error });
  }
  return {
    page: `http://127.0.0.1:${settings.port}/secure/index.html`,
    log,
    async stop() {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** `server-cache`: a session that lives in a cookie cannot be ended from outside. */
function configuration(folder: string, { port, issuer, clientId, clientSecret }: ApacheSettings): string {
  return `
ServerRoot ${folder}
ServerName 127.0.0.1
Listen 127.0.0.1:${port}
PidFile ${folder}/apache.pid
Mutex file:${folder} default
ErrorLog ${folder}/error.log
LogLevel warn auth_openidc:info
StartServers 1
ServerLimit 1
${WANTED.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`).join('\n')}
DocumentRoot ${folder}/htdocs

OIDCProviderMetadataURL ${issuer}/.well-known/openid-configuration
OIDCClientID ${clientId}
OIDCClientSecret ${clientSecret}
OIDCRedirectURI http://127.0.0.1:${port}/secure/redirect
OIDCCryptoPassphrase a-pass-phrase-for-the-state-cookie
OIDCScope "openid profile"
OIDCResponseType code
OIDCPKCEMethod S256
OIDCSessionType server-cache
OIDCCacheType shm
OIDCSSLValidateServer Off

<Location /secure>
  AuthType openid-connect
  Require valid-user
</Location>
`;
}

/** Apache serves nothing as root: there it runs as Debian's user for web servers, who must be able to write its folder. */
async function giveAway(folder: string): Promise<{ readonly uid?: number; readonly gid?: number }> {
  if (process.getuid?.() !== 0) return {};
  const id = (kind: '-u' | '-g') => Number(execFileSync('id', [kind, 'www-data'], { encoding: 'utf8' }));
  const owner = { uid: id('-u'), gid: id('-g') };
  await chmod(folder, 0o755);
  await chown(folder, owner.uid, owner.gid);
  return owner;
}

/** Apache says nowhere that it listens: knock until somebody opens. */
async function up(port: number, child: ChildProcess): Promise<void> {
  const late = performance.now() + UP_WITHIN_MS;
  while (!(await opens(port))) {
    if (child.exitCode !== null) throw new Error(`it stopped with ${child.exitCode}`);
    if (performance.now() > late) throw new Error(`nobody listens within ${UP_WITHIN_MS} ms`);
    await pause(20);
  }
}

function opens(port: number): Promise<boolean> {
  return new Promise((answer) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      answer(true);
    });
    socket.once('error', () => answer(false));
  });
}
