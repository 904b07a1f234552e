/** What the store says: whether it is ours and up to date, and what waits in it. */

import { keyAge } from '../../oidc/key-aging.ts';
import { openKeys } from '../../oidc/keys.ts';
import { iso } from '../../ops/clock.ts';
import { deliveriesWait, keysAreDue } from '../../standing-warnings.ts';
import type { Foundation } from '../../wire.ts';
import { type Check, ill, reasonOf, someOf, well } from './check.ts';

const COUNT_MAX = 10_000;
/** Engines beat each second or so. */
const SILENCE_MS = 5_000;

const OPENS = 'The store belongs to this issuer and key';
const WRITES = 'The store can be written';

/** Its issuer and its key are ours. */
export async function checkOwner(foundation: Foundation): Promise<Check> {
  try {
    await openKeys({ ...foundation, issuer: foundation.config.issuer });
    return well('owner', OPENS);
  } catch (error) {
    return ill('owner', OPENS, 'failed', {
      cause: reasonOf(error),
      fix: 'set SIGNOFF_ISSUER, and SIGNOFF_KEY or SIGNOFF_KEY_FILE, to what this store was started with',
    });
  }
}

export async function checkWriting({ store }: Foundation): Promise<Check> {
  try {
    await store.ping();
    return well('writable', WRITES);
  } catch (error) {
    return ill('writable', WRITES, 'failed', {
      cause: reasonOf(error),
      fix: 'let this user write the file and its folder; on MongoDB see that a primary is there',
    });
  }
}

export async function checkKeyAge(foundation: Foundation): Promise<Check> {
  const { store, clock, config } = foundation;
  const { dueAt } = keyAge(await store.keys.signingKeys(), clock.now(), config.keyAgeMs);
  const title =
    dueAt === undefined ? 'Signing keys (they do not age)' : `Signing keys, next ones on ${iso(dueAt).slice(0, 10)}`;
  const cause = await keysAreDue(foundation);
  if (cause === undefined) return well('keys', title);
  return ill('keys', title, 'warning', { cause, fix: 'start a server, which makes them; or signoff keys rotate' });
}

export async function checkDeliveries(foundation: Foundation): Promise<Check> {
  const title = 'Apps are told';
  const { figures } = foundation.store;
  const waits = await deliveriesWait(foundation);
  if (waits !== undefined) {
    return ill('deliveries', title, 'warning', {
      cause: waits,
      fix: 'signoff deliveries list --state trying says which app, and why',
    });
  }
  const [refused, givenUp] = [
    await figures.deliveries('refused', COUNT_MAX),
    await figures.deliveries('given-up', COUNT_MAX),
  ];
  if (refused + givenUp === 0) return well('deliveries', title);
  const state = refused > 0 ? 'refused' : 'given-up';
  return ill('deliveries', title, 'warning', {
    cause: `${refused} refused, ${givenUp} given up: people may still be signed in there`,
    fix: `signoff deliveries list --state ${state}, then signoff deliveries retry --state ${state}`,
  });
}

/** Whether mails to people go out, as far as the store knows. */
export async function checkMails({ store, config }: Foundation): Promise<Check> {
  const title = 'People are mailed';
  if (config.mails.length === 0) return well('mails', title);
  if (config.production && config.smtp === undefined && config.smtpFile === undefined) {
    return ill('mails', title, 'warning', {
      cause: 'no mail server is set: nobody hears of a new device, and no forgotten password is set anew',
      fix: 'set SIGNOFF_SMTP (or SIGNOFF_SMTP_FILE), or SIGNOFF_MAILS=off',
    });
  }
  const givenUp = await store.figures.mails('given-up', COUNT_MAX);
  if (givenUp === 0) return well('mails', title);
  return ill('mails', title, 'warning', {
    cause: `${givenUp} could not be sent for a day`,
    fix: 'signoff mails list --state given-up says why; then signoff mails retry ID',
  });
}

export async function checkEngine({ store, clock }: Foundation): Promise<Check> {
  const title = 'Somebody makes deliveries';
  const silence = await store.deliveries.silence(clock.now());
  if (silence !== undefined && silence < SILENCE_MS) return well('engine', title);
  const cause =
    silence === undefined ? 'no process has made any' : `no process was heard for ${Math.round(silence / 1_000)} s`;
  return ill('engine', title, 'warning', { cause, fix: 'start a server without SIGNOFF_DELIVERY_RUN=off' });
}

export async function checkApps({ registry }: Foundation): Promise<Check> {
  const title = 'Every app can be told';
  await registry.refresh();
  const { cannotBeTold, suspended } = registry.ignored();
  if (cannotBeTold.length > 0) {
    return ill('apps', title, 'warning', {
      cause: `${someOf(cannotBeTold)}: no backchannel_logout_uri, people stay signed in there`,
      fix: `add backchannel_logout_uri to clients/${cannotBeTold[0]}.yaml once the app has one`,
    });
  }
  if (suspended.length === 0) return well('apps', title);
  return ill('apps', title, 'warning', {
    cause: `${someOf(suspended)}: the file is gone, nobody new can sign in`,
    fix: `bring the file back, or signoff clients remove ${suspended[0]}`,
  });
}
