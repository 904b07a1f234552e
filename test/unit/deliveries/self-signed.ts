import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** A certificate for these DNS names, valid for a day, signed by its own key. Just enough DER (RFC 5280 §4.1). */
export function selfSigned(...names: string[]): { key: string; cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(oid('2a8648ce3d040302'));
  const name = sequence(tag(0x31, sequence(oid('550403'), tag(0x0c, Buffer.from('test')))));
  const validity = sequence(utcTime(Date.now() - 60_000), utcTime(Date.now() + 86_400_000));
  const altNames = sequence(...names.map((one) => tag(0x82, Buffer.from(one))));
  const extensions = sequence(sequence(oid('551d11'), tag(0x04, altNames)));
  const version = tag(0xa0, tag(0x02, Buffer.from([2])));
  const serial = tag(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)]));
  const key = publicKey.export({ type: 'spki', format: 'der' });
  const body = sequence(version, serial, algorithm, name, validity, name, key, tag(0xa3, extensions));
  const signature = tag(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', body, privateKey)]));
  const der = sequence(body, algorithm, signature).toString('base64').replace(/.{64}/g, '$&\n');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${der}\n-----END CERTIFICATE-----\n`,
  };
}

function tag(type: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const size = Buffer.from(body.length.toString(16).padStart(body.length > 255 ? 4 : 2, '0'), 'hex');
  const length = body.length < 128 ? size : Buffer.concat([Buffer.from([0x80 + size.length]), size]);
  return Buffer.concat([Buffer.from([type]), length, body]);
}

const sequence = (...parts: Buffer[]) => tag(0x30, ...parts);
const oid = (hex: string) => tag(0x06, Buffer.from(hex, 'hex'));
const utcTime = (at: number) =>
  tag(0x17, Buffer.from(`${new Date(at).toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`));
