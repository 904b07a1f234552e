/** What may be a password (NIST SP 800-63B §5.1.1.2): long enough, not one that everybody tries first, and nothing else. */

/** UTF-16 units, as a form's `maxlength` counts: more than any password has, so that no browser cuts one short silently. */
export const PASSWORD_CHARS_MAX = 1_000;
const PASSWORD_BYTES_MAX = 512;
const PASSWORD_CHARS_MIN = 8;
/** Ten per address and quarter of an hour: who may try for weeks tries these. */
const COMMONEST = 10_000;

/** What is wrong with a password that somebody wants to set. */
export type PasswordFault = 'empty' | 'byte-order-mark' | 'control-character' | 'short' | 'long' | 'common';

/** Why this may not be set as a password; undefined when it may. */
export async function passwordFault(password: string): Promise<PasswordFault | undefined> {
  if (password === '') return 'empty';
  if (password.startsWith('\uFEFF')) return 'byte-order-mark';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/u.test(password)) return 'control-character';
  if ([...password].length < PASSWORD_CHARS_MIN) return 'short';
  if (isTooLong(password)) return 'long';
  return (await isCommon(password)) ? 'common' : undefined;
}

/** The same for operators, as what follows "The password ". */
export async function passwordProblem(password: string): Promise<string | undefined> {
  const fault = await passwordFault(password);
  return fault && PROBLEMS[fault];
}

const PROBLEMS: Readonly<Record<PasswordFault, string>> = {
  empty: 'is empty',
  'byte-order-mark': 'begins with a byte order mark, which nobody can type; save the file as UTF-8 without one',
  'control-character': 'has a line break or another control character in it',
  short: `is shorter than ${PASSWORD_CHARS_MIN} characters; a few words make a good one`,
  long: `is longer than ${PASSWORD_BYTES_MAX} bytes`,
  common: `is one of the ${COMMONEST} that are tried first; take another`,
};

/** Longer than any password here: in bytes of UTF-8, in the form in which it is hashed. */
export function isTooLong(password: string): boolean {
  return password.length > PASSWORD_CHARS_MAX || Buffer.byteLength(password.normalize('NFC')) > PASSWORD_BYTES_MAX;
}

/** The list is half a megabyte: loaded when somebody sets a password, never by a server. */
async function isCommon(password: string): Promise<boolean> {
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  const commonest = dictionary['passwords-common'].slice(0, COMMONEST);
  return commonest.includes(password.normalize('NFKC').toLowerCase());
}
