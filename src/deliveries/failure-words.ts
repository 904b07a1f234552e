/**
 * Why a call failed, for operators: the cause and the way out, in words. Node's codes come from four libraries and change
 * with their versions, so the long ones are told by their ending.
 */

/** One sentence without full stop. `message` is Node's, or ours where the code is ours. */
export function failureWords(code: string, message: string): string {
  // Our own limits and checks say what they mean.
  if (code === 'ETIMEDOUT' || code === 'EPIN' || code === 'EPROXY') return message;
  if (code.startsWith('HPE_')) return brokenHttp(code.slice('HPE_'.length));
  const words = PLAIN[code] ?? PATTERNS.find(([pattern]) => pattern.test(code))?.[1] ?? 'the call failed';
  return `${words} (${code})`;
}

const ADD_AUTHORITY = 'add it as tls_ca of this app, or as SIGNOFF_OUTBOUND_CA';
const UNKNOWN_AUTHORITY = `its certificate is of an authority we do not know; ${ADD_AUTHORITY}`;

const PLAIN: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its host name is not known',
  ENODATA: 'its host name has no address',
  EAI_AGAIN: 'its name servers did not answer',
  ESERVFAIL: 'its name servers have a problem',
  ETIMEOUT: 'its name servers did not answer',
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'it closed the connection without an answer',
  EPIPE: 'it closed the connection without an answer',
  EHOSTUNREACH: 'there is no way to its network',
  ENETUNREACH: 'there is no way to its network',
  CERT_HAS_EXPIRED: 'its certificate, or one above it, has expired; renew it',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet; look at the clocks',
  DEPTH_ZERO_SELF_SIGNED_CERT: `its certificate is signed by itself; ${ADD_AUTHORITY}`,
  // Only the server's own certificate came, and it is not one of the authorities themselves.
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'it sends only its own certificate, not the intermediate that signed it; let it send the whole chain ("fullchain"), ' +
    'or put who signed it into tls_ca of this app or SIGNOFF_OUTBOUND_CA',
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  INVALID_CA: 'its certificate is signed by one that may not sign; let its authority issue it anew',
  CERT_SIGNATURE_FAILURE: 'the signature of its certificate is wrong; let its authority issue it anew',
};

const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/PROTOCOL_VERSION$|UNSUPPORTED_PROTOCOL$/, 'it speaks only TLS 1.1 or older; switch TLS 1.2 or newer on there'],
  [
    /WRONG_VERSION_NUMBER$|PACKET_LENGTH_TOO_LONG$|RECORD_TOO_SMALL$/,
    'what answers there is not TLS; check scheme and port of its address',
  ],
  [/CERTIFICATE_REQUIRED$/, 'it wants a certificate from us, and we have none; let it take this path without'],
  [/HANDSHAKE_FAILURE$|NO_CIPHERS?_/, 'its TLS and ours have nothing in common, or it wants a certificate from us'],
  [/UNRECOGNIZED_NAME$/, 'it has no certificate for that host; check the host of its address'],
  [/(KEY|MD)_TOO_(SMALL|WEAK)$/, 'its certificate is too weak: RSA of 2048 bits and SHA-256 are the least'],
  [/^ERR_SSL_/, 'TLS failed'],
];

/** The parser's names of what is wrong with an answer. */
const BROKEN: Readonly<Record<string, string>> = {
  INVALID_CONSTANT: 'it does not begin like one; check that the port is one of a web server',
  INVALID_VERSION: 'it does not begin like one; check that the port is one of a web server',
  INVALID_STATUS: 'its status is not a number of three digits',
  INVALID_HEADER_TOKEN: 'one of its headers has no colon, or holds characters that no header may hold',
  UNEXPECTED_CONTENT_LENGTH: 'it says twice how long it is',
  INVALID_CONTENT_LENGTH: 'it says how long it is, and comes in chunks as well, or not in digits',
  INVALID_TRANSFER_ENCODING: 'it says how long it is, and comes in chunks as well',
  INVALID_CHUNK_SIZE: 'one of its chunks does not say how long it is',
  CR_EXPECTED: 'its lines do not end with CR LF',
  LF_EXPECTED: 'its lines do not end with CR LF',
};

function brokenHttp(what: string): string {
  if (what === 'HEADER_OVERFLOW') return 'the head of its answer is longer than 8 KiB';
  return `its answer is not valid HTTP${BROKEN[what] === undefined ? '' : `: ${BROKEN[what]}`}`;
}
