/** What somebody who is signed in proves once more before an act that takes it (`SIGNOFF_STEP_UP`). */
import type { Context } from 'koa';
import type { Passkey } from '../../accounts/credential.ts';
import { factorWays } from '../../accounts/factor-ways.ts';
import { BY_PASSWORD, BY_PASSWORD_AND_CODE, byPasskey, isTwoFactor, type Proof } from '../../accounts/proof.ts';
import type { SecondStep } from '../../accounts/second-step.ts';
import type { SignInResult, SignInTry } from '../../accounts/verify-sign-in.ts';
import type { Clock } from '../../ops/clock.ts';
import type { HeldSession } from '../../store/store.ts';
import { clientAddressOf } from '../middleware/client-address.ts';
import { formOf } from '../middleware/read-body.ts';
import { retryAfter } from '../retry-after.ts';
import type { ProofAsk, ProofNotice } from './own-page-models.ts';
import { type Person, personOf } from './signed-in.ts';

/**
 * `one`: the password, or a passkey. Whoever lost the phone with the codes must be able to end what is signed in on it. `all`:
 * what a sign-in takes, so a code beside the password where the account has more than that.
 */
export type WantedProof = 'nothing' | 'one' | 'all';

/** What a page has to ask for. */
export interface DueProof {
  readonly typed: ProofAsk['typed'];
  readonly passkeys: readonly Passkey[];
  /** The password alone would not sign in here: it is good for the act at hand, and not remembered. */
  readonly hasMore: boolean;
}

export interface ProofAgain {
  /** Undefined where the last proof will do. */
  due(person: Person, wanted: WantedProof): Promise<DueProof | undefined>;
  /** The same as the page shows it. */
  ask(person: Person, due: DueProof, notice: ProofNotice | undefined): Promise<ProofAsk>;
  /**
   * What is wrong with what the form gives; undefined where it proves enough. `unasked` where it gives nothing, as before the
   * page was shown. Throws `busy` and `store_unavailable`.
   */
  judge(ctx: Context, due: DueProof): Promise<ProofNotice | 'unasked' | undefined>;
}

export interface ProofAgainParts {
  readonly verifySignIn: (given: SignInTry) => Promise<SignInResult>;
  readonly secondStep: Pick<SecondStep, 'of' | 'ask' | 'verifyCode' | 'verifyPasskey'>;
  /** Keeps what was proved just now as the latest proof of this session. */
  readonly provedAgain: (ctx: Context, held: HeldSession, proof: Proof) => Promise<void>;
  readonly clock: Clock;
  /** `SIGNOFF_STEP_UP`. */
  readonly stepUpMs: number;
}

/** Fields of its own, since the act may have a code or a passkey among its fields. */
const CODE = 'proof_code';
const PASSKEY = 'proof_passkey';
const TICKET = 'proof_ticket';

/** Never part of what was asked for. */
export const PROOF_FIELDS: readonly string[] = ['password', CODE, PASSKEY, TICKET];

export function createProofAgain(parts: ProofAgainParts): ProofAgain {
  const { verifySignIn, secondStep, provedAgain, clock, stepUpMs } = parts;

  function isFresh({ browser }: Person): boolean {
    const { loginTs } = browser.payload;
    return typeof loginTs === 'number' && clock.now() - loginTs * 1000 <= stepUpMs;
  }

  async function judgePassword(ctx: Context, password: string): Promise<ProofNotice | undefined> {
    const { account, browser } = personOf(ctx);
    const { username, id } = account;
    const { name: device } = browser.session.device;
    const result = await verifySignIn({ username, password, address: clientAddressOf(ctx), device });
    if (result.kind === 'limited') return { kind: 'wait', seconds: retryAfter(ctx, result.retryAfterMs) };
    return result.kind === 'ok' && result.account.id === id ? undefined : { kind: 'wrong' };
  }

  async function judgeCode(ctx: Context, code: string): Promise<ProofNotice | undefined> {
    const result = await secondStep.verifyCode(personOf(ctx).account.id, code);
    if (result.kind === 'limited') return { kind: 'wait', seconds: retryAfter(ctx, result.retryAfterMs) };
    return result.kind === 'ok' ? undefined : { kind: 'wrong-code' };
  }

  async function judgeTyped(ctx: Context, { typed, hasMore }: DueProof): Promise<ProofNotice | undefined> {
    const { values } = formOf(ctx);
    const [password, code] = [values.get('password') ?? '', values.get(CODE)?.trim() ?? ''];
    const wantsCode = typed === 'password-and-code';
    if (password === '' || (wantsCode && code === '')) return { kind: 'empty' };
    const wrong = (await judgePassword(ctx, password)) ?? (wantsCode ? await judgeCode(ctx, code) : undefined);
    if (wrong) return wrong;
    if (wantsCode || !hasMore) await remember(ctx, wantsCode ? BY_PASSWORD_AND_CODE : BY_PASSWORD);
    return undefined;
  }

  async function judgePasskey(ctx: Context, answer: string): Promise<ProofNotice | undefined> {
    const ticket = formOf(ctx).values.get(TICKET) ?? '';
    const result = await secondStep.verifyPasskey({ answer, ticket }, personOf(ctx).account.id);
    if (result.kind === 'refused') return { kind: 'wrong-passkey' };
    await remember(ctx, byPasskey(result.passkey, undefined));
    return undefined;
  }

  function remember(ctx: Context, proof: Proof): Promise<void> {
    return provedAgain(ctx, personOf(ctx).browser, proof);
  }

  return {
    async due(person, wanted) {
      const fresh = isFresh(person);
      if (wanted === 'nothing' || (wanted === 'one' && fresh)) return undefined;
      const credentials = await secondStep.of(person.account.id);
      const hasMore = credentials.list.length > 0;
      if (fresh && (!hasMore || isTwoFactor(person.browser.payload['acr']))) return undefined;
      const { passkeys, takesCode } = factorWays(credentials);
      if (wanted === 'one' || !hasMore) return { typed: 'password', passkeys, hasMore };
      return { typed: takesCode ? 'password-and-code' : 'nothing', passkeys, hasMore };
    },
    async ask({ account }, { typed, passkeys }, notice) {
      return {
        username: account.username,
        typed,
        ...(passkeys.length > 0 && { passkey: await secondStep.ask(passkeys) }),
        ...(notice && { notice }),
      };
    },
    async judge(ctx, due) {
      const { values } = formOf(ctx);
      const answer = values.get(PASSKEY) ?? '';
      if (answer !== '') return judgePasskey(ctx, answer);
      return due.typed !== 'nothing' && values.has('password') ? judgeTyped(ctx, due) : 'unasked';
    },
  };
}
