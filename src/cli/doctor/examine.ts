/**
 * `signoff doctor`: what is wrong with how Signoff is run, why, and exactly what to do. It looks and changes nothing; with
 * `fix` it first does what is safe: permissions, migrations, keys that are due.
 */
import { existsSync } from 'node:fs';
import { loadClients } from '../../clients/load-clients.ts';
import type { Config } from '../../config.ts';
import { registrableScopes } from '../../extra-scopes.ts';
import { createKeyAging } from '../../oidc/key-aging.ts';
import { createOutbound } from '../../ops/outbound.ts';
import { type Foundation, openFoundation, type Surroundings } from '../../wire.ts';
import { schemaOf } from '../../wire-upkeep.ts';
import { type Check, ill, reasonOf, someOf, well } from './check.ts';
import { checkCertificate, checkIssuer } from './issuer-checks.ts';
import { checkDisk, checkFileModes, checkProxy, fixFileModes } from './machine-checks.ts';
import {
  checkApps,
  checkDeliveries,
  checkEngine,
  checkKeyAge,
  checkMails,
  checkOwner,
  checkWriting,
} from './store-checks.ts';

export interface DoctorParts extends Surroundings {
  readonly config: Config;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** All checks, in the order in which somebody would mend things. */
export async function examine(parts: DoctorParts, { fix }: { readonly fix: boolean }): Promise<readonly Check[]> {
  const { config } = parts;
  if (fix) await mend(parts);
  const outside = [checkFileModes(config), await checkDisk(config), checkProxy(config), checkFiles(parts)];
  const store = await checkSchema(config);
  const inside = store.result === 'ok' ? await checkInside(parts) : [];
  return [...outside, store, ...inside, ...(await checkIssuer(config)), ...(await checkCertificate(config))];
}

/** What was put off is done; what fails shows in the checks. */
async function mend(parts: DoctorParts): Promise<void> {
  fixFileModes(parts.config);
  if (isMissing(parts.config)) return;
  // Opening brings the store up to date.
  await withFoundation(parts, (foundation) =>
    createKeyAging({ ...foundation, maxMs: parts.config.keyAgeMs }).run(),
  ).catch(() => undefined);
}

function isMissing({ store }: Config): boolean {
  return store.kind === 'sqlite' && !existsSync(store.path);
}

const SCHEMA = 'The store is there and up to date';

async function checkSchema(config: Config): Promise<Check> {
  const failed = (cause: string, fix: string) => ill('store', SCHEMA, 'failed', { cause, fix });
  if (isMissing(config)) return failed('there is no store yet', 'signoff start makes one, or signoff accounts add');
  try {
    const { version, known } = await schemaOf(config);
    if (version === 0) return failed('there is no store yet', 'signoff start makes one, or signoff accounts add');
    if (version > known)
      return failed(`it is of version ${version}, this program knows ${known}`, 'install the newer Signoff again');
    if (version < known)
      return failed(
        `it is of version ${version}, this program wants ${known}`,
        'signoff backup DIR, then signoff migrate (or doctor --fix)',
      );
    return well('store', SCHEMA);
  } catch (error) {
    return failed(reasonOf(error), 'see that SIGNOFF_STORE is right and that the database runs');
  }
}

async function checkInside(parts: DoctorParts): Promise<readonly Check[]> {
  try {
    return await withFoundation(parts, async (foundation) => {
      const owner = await checkOwner(foundation);
      if (owner.result === 'failed') return [owner];
      const looks = [checkWriting, checkKeyAge, checkEngine, checkDeliveries, checkApps, checkMails];
      const checks = [owner];
      for (const look of looks) checks.push(await look(foundation));
      return checks;
    });
  } catch (error) {
    return [
      ill('owner', 'The store can be opened', 'failed', { cause: reasonOf(error), fix: 'mend that, then ask again' }),
    ];
  }
}

async function withFoundation<T>(parts: DoctorParts, work: (foundation: Foundation) => Promise<T>): Promise<T> {
  const foundation = await openFoundation(parts.config, parts, { create: false });
  try {
    return await work(foundation);
  } finally {
    await foundation.store.close();
  }
}

function checkFiles({ config, env }: DoctorParts): Check {
  const title = 'Every client file is good';
  const outbound = createOutbound({ allow: config.outboundAllow });
  const options = {
    folder: config.clients,
    env,
    scopes: registrableScopes(config.scopes),
    refusal: (url: string) => outbound.refusal(url),
  };
  try {
    const { rejected } = loadClients(options);
    if (rejected.length === 0) return well('client-files', title);
    const names = someOf(rejected.map((one) => one.client_id));
    return ill('client-files', title, 'failed', {
      cause: `${names}: refused`,
      fix: 'signoff clients check says what is wrong, line by line',
    });
  } catch (error) {
    return ill('client-files', title, 'failed', {
      cause: reasonOf(error),
      fix: `see to the folder ${config.clients}, or set SIGNOFF_CLIENTS`,
    });
  }
}
