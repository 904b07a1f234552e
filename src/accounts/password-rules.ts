/** What may be a password (NIST SP 800-63B §5.1.1.2): long enough, not one that everybody tries first, and nothing else. */

/** UTF-16 units, as a form's `maxlength` counts. */
export const PASSWORD_CHARS_MAX = 1_000;
const CHARS_MIN = 8;
/** Ten per address and quarter of an hour: who may try for weeks tries these. */
const COMMONEST = 10_000;

/** Why this may not be set as a password, as what follows "The password "; undefined when it may. */
export async function passwordProblem(password: string): Promise<string | undefined> {
  if (password === '') return 'is empty';
  if (password.startsWith('\uFEFF')) {
    return 'begins with a byte order mark, which nobody can type; save the file as UTF-8 without one';
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/u.test(password)) return 'has a line break or another control character in it';
  if ([...password].length < CHARS_MIN) return `is shorter than ${CHARS_MIN} characters; a few words make a good one`;
  if (password.length > PASSWORD_CHARS_MAX) return `is longer than ${PASSWORD_CHARS_MAX} characters`;
  if (await isCommon(password)) return `is one of the ${COMMONEST} that are tried first; take another`;
  return undefined;
}

/** The list is half a megabyte: loaded when somebody sets a password, never by a server. */
async function isCommon(password: string): Promise<boolean> {
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  const commonest = dictionary['passwords-common'].slice(0, COMMONEST);
  return commonest.includes(password.normalize('NFKC').toLowerCase());
}
