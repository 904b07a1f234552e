/** Why a logout token was not accepted. `code` is stable; the sentence is for the log and the OP's operator. */
export type LogoutTokenProblem =
  | 'token_malformed'
  | 'alg_not_allowed'
  | 'typ_not_allowed'
  | 'key_not_found'
  | 'keys_unavailable'
  | 'signature_invalid'
  | 'claim_missing'
  | 'claim_invalid'
  | 'claim_not_allowed'
  | 'token_expired'
  | 'token_replayed';

/** A logout token failed a check; `claim` names the claim or header member that failed, where it was one. */
export class LogoutTokenError extends Error {
  readonly code: LogoutTokenProblem;
  readonly claim: string | undefined;

  constructor(code: LogoutTokenProblem, message: string, facts: { claim?: string; cause?: unknown } = {}) {
    super(message, { cause: facts.cause });
    this.name = 'LogoutTokenError';
    this.code = code;
    this.claim = facts.claim;
  }
}
