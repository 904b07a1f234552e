/**
 * The receiving kit, published as `signoff/rp`: all an app (relying party) needs to act on logout tokens of any OpenID
 * provider. It verifies, finds the local sessions and answers; signing users in and keeping sessions stays with the
 * app. It imports jose and Node only, nothing of the provider.
 */
// biome-ignore lint/performance/noBarrelFile: the door of a published package.
export { createLogoutHandler, type LogoutHandlerParts, type LogoutOutcome } from './logout-handler.ts';
export { LogoutTokenError, type LogoutTokenProblem } from './logout-token-error.ts';
export { createReplayGuard, type ReplayGuard } from './replay-guard.ts';
export { createSidIndex, type LocalSession, type LogoutTarget, type SidIndex } from './sid-index.ts';
export { type LogoutToken, type LogoutTokenRules, verifyLogoutToken } from './verify-logout-token.ts';
