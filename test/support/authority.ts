import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** A key and its certificate, as servers want them. `cert` may hold several, the server's own first. */
export interface Identity {
  readonly key: string;
  readonly cert: string;
  /** As in `tls_pin`. */
  readonly pin: string;
}

/** Somebody who signs certificates. */
export interface Authority extends Identity {
  /** A certificate for these DNS names. `expired`: since yesterday. */
  issue(names: readonly string[], options?: { readonly expired?: boolean }): Identity;
  /** An authority below this one. */
  below(name: string): Authority;
}

interface Issuer {
  readonly name: string;
  readonly key: KeyObject;
}

const DAY_MS = 86_400_000;

/** A root that nobody knows. Just enough DER (RFC 5280 §4.1). */
export function createAuthority(name: string): Authority {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return authority(
    { name, key: keys.privateKey },
    identity(
      keys.privateKey,
      certificate(name, keys.publicKey, { name, key: keys.privateKey }, IS_AUTHORITY),
      keys.publicKey,
    ),
  );
}

/** A certificate for these DNS names, valid for a day, signed by its own key. */
export function selfSigned(...names: string[]): Identity {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = { name: 'test', key: privateKey };
  return identity(privateKey, certificate('test', publicKey, issuer, altNames(names)), publicKey);
}

function authority(issuer: Issuer, own: Identity): Authority {
  return {
    ...own,
    issue(names, { expired = false } = {}) {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const until = expired ? Date.now() - DAY_MS : Date.now() + DAY_MS;
      return identity(privateKey, certificate(names[0] ?? '', publicKey, issuer, altNames(names), until), publicKey);
    },
    below(name) {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const cert = certificate(name, publicKey, issuer, IS_AUTHORITY);
      return authority({ name, key: privateKey }, identity(privateKey, cert, publicKey));
    },
  };
}

function identity(key: KeyObject, cert: string, publicKey: KeyObject): Identity {
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return {
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert,
    pin: `sha256/${createHash('sha256').update(spki).digest('base64')}`,
  };
}

function certificate(
  subject: string,
  publicKey: KeyObject,
  issuer: Issuer,
  extension: Buffer,
  until = Date.now() + DAY_MS,
): string {
  const algorithm = sequence(oid('2a8648ce3d040302'));
  const name = (text: string) => sequence(tag(0x31, sequence(oid('550403'), tag(0x0c, Buffer.from(text)))));
  const validity = sequence(utcTime(until - 2 * DAY_MS), utcTime(until));
  const version = tag(0xa0, tag(0x02, Buffer.from([2])));
  const serial = tag(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)]));
  const key = publicKey.export({ type: 'spki', format: 'der' });
  const extensions = tag(0xa3, sequence(extension));
  const body = sequence(version, serial, algorithm, name(issuer.name), validity, name(subject), key, extensions);
  const signature = tag(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', body, issuer.key)]));
  const der = sequence(body, algorithm, signature).toString('base64').replace(/.{64}/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${der}\n-----END CERTIFICATE-----\n`;
}

function tag(type: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const size = Buffer.from(body.length.toString(16).padStart(body.length > 255 ? 4 : 2, '0'), 'hex');
  const length = body.length < 128 ? size : Buffer.concat([Buffer.from([0x80 + size.length]), size]);
  return Buffer.concat([Buffer.from([type]), length, body]);
}

function altNames(names: readonly string[]): Buffer {
  const all = sequence(...names.map((one) => tag(0x82, Buffer.from(one))));
  return sequence(oid('551d11'), tag(0x04, all));
}

function sequence(...parts: Buffer[]): Buffer {
  return tag(0x30, ...parts);
}

function oid(hex: string): Buffer {
  return tag(0x06, Buffer.from(hex, 'hex'));
}

function utcTime(at: number): Buffer {
  return tag(0x17, Buffer.from(`${new Date(at).toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`));
}

/** Basic constraints, critical: an authority. */
const IS_AUTHORITY = sequence(
  oid('551d13'),
  tag(0x01, Buffer.from([0xff])),
  tag(0x04, sequence(tag(0x01, Buffer.from([0xff])))),
);
