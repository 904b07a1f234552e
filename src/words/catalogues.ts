/** One catalogue a language: every sentence that a person reads, under the same keys in each. */
import { account as accountDe } from './de/account.ts';
import { devices as devicesDe } from './de/devices.ts';
import { entry as entryDe } from './de/entry.ts';
import { errorPages as errorPagesDe, errors as errorsDe } from './de/errors.ts';
import { factorPages as factorPagesDe } from './de/factor-pages.ts';
import { factors as factorsDe } from './de/factors.ts';
import { frame as frameDe } from './de/frame.ts';
import { mails as mailsDe } from './de/mails.ts';
import { operators as operatorsDe } from './de/operators.ts';
import { receipts as receiptsDe } from './de/receipts.ts';
import { scopes as scopesDe } from './de/scopes.ts';
import { signOff as signOffDe } from './de/sign-off.ts';
import { time as timeDe } from './de/time.ts';
import { account } from './en/account.ts';
import { devices } from './en/devices.ts';
import { entry } from './en/entry.ts';
import { errorPages, errors } from './en/errors.ts';
import { factorPages } from './en/factor-pages.ts';
import { factors } from './en/factors.ts';
import { frame } from './en/frame.ts';
import { mails } from './en/mails.ts';
import { operators } from './en/operators.ts';
import { receipts } from './en/receipts.ts';
import { scopes } from './en/scopes.ts';
import { signOff } from './en/sign-off.ts';
import { time } from './en/time.ts';
import type { Language } from './language.ts';
import type { Translation } from './message.ts';

/** The source: its keys, and the holes of its sentences, are what the others are held to. */
const en = {
  ...account,
  ...mails,
  ...frame,
  ...time,
  ...entry,
  ...factors,
  ...factorPages,
  ...signOff,
  ...receipts,
  ...scopes,
  ...devices,
  ...errors,
  ...errorPages,
  ...operators,
};

const de: Translation<typeof en> = {
  ...accountDe,
  ...mailsDe,
  ...frameDe,
  ...timeDe,
  ...entryDe,
  ...factorsDe,
  ...factorPagesDe,
  ...signOffDe,
  ...receiptsDe,
  ...scopesDe,
  ...devicesDe,
  ...errorsDe,
  ...errorPagesDe,
  ...operatorsDe,
};

export type Source = typeof en;
export type Key = keyof Source;

export const CATALOGUES: Readonly<Record<Language, Translation<Source>>> = { en, de };
