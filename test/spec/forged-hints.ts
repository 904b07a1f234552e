import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { headerOf } from './scene.ts';

/** The same claims under a key of our own; under the `kid` of `like`, where that is given. */
export async function forge(claims: JWTPayload, like?: string): Promise<string> {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const own = (await exportJWK(publicKey)).n?.slice(0, 8) ?? '';
  const kid = like === undefined ? own : (headerOf(like).kid ?? '');
  return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid, typ: 'JWT' }).sign(privateKey);
}

/** The same token with `alg: none` and an empty signature. */
export function unsigned(idToken: string): string {
  const header = Buffer.from(JSON.stringify({ ...headerOf(idToken), alg: 'none' })).toString('base64url');
  return `${header}.${idToken.split('.')[1]}.`;
}
