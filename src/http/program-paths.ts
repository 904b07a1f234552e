/**
 * Addresses that programs call, not people (DESIGN §8.11): they answer under any Host, and their errors are JSON.
 * `/auth`, `/session/end` and all other pages are not among them. Assets are, so that the 421 page looks like a page.
 */
const PROGRAM_PATHS =
  /^\/(\.well-known\/.*|jwks|token(\/(introspection|revocation))?|me|request|reg(\/.*)?|health\/.*|metrics|api\/.*|assets\/.*)$/u;

/** Whether an address is for programs. */
export function isProgramPath(path: string): boolean {
  return PROGRAM_PATHS.test(path);
}
