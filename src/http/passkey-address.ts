/** The address of the page that asks for a passkey instead. */
export function withPasskey(address: string): string {
  return `${address}${address.includes('?') ? '&' : '?'}with=passkey`;
}
