import { X509Certificate } from 'node:crypto';

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g;
const NONE = 'must be a file of certificates in PEM form, which begin with -----BEGIN CERTIFICATE-----';

/**
 * What is wrong with the text of a file of certificates, as a clause that follows its name; undefined when all can be
 * used. Each is looked at: OpenSSL silently stops at the first broken one, and who is signed by the next is "unknown".
 */
export function certificatesProblem(text: string): string | undefined {
  const begun = text.match(/-----BEGIN /g)?.length ?? 0;
  const blocks = [...text.matchAll(BLOCK)];
  if (blocks.some(([, label = '']) => label.endsWith('PRIVATE KEY'))) {
    return 'holds a private key; leave only certificates in it';
  }
  if (begun === 0) return NONE;
  const broken = blocks.findIndex(([block, label]) => label !== 'CERTIFICATE' || !isCertificate(block));
  const number = broken >= 0 ? broken + 1 : begun > blocks.length ? blocks.length + 1 : undefined;
  return number === undefined
    ? undefined
    : `has a broken certificate: number ${number} of ${begun} cannot be read; copy it again, or take it out`;
}

function isCertificate(block: string): boolean {
  try {
    return new X509Certificate(block).subject !== undefined;
  } catch {
    return false;
  }
}
