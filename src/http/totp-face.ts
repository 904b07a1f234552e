import type { TotpOffer } from '../accounts/enrolment.ts';
import type { TotpFace } from './factor-models.ts';
import { qrPath } from './qr-path.ts';

/** A key for an authenticator app as a page shows it: to scan, to type, to open. */
export function totpFace({ key, address, ticket }: TotpOffer): TotpFace {
  return { key, address, ticket, qr: qrPath(address) };
}
