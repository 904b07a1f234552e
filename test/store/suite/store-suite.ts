import { describe } from '@jest/globals';
import { accountsSuite } from './accounts.ts';
import { activitySuite } from './activity.ts';
import { answersSuite } from './answers.ts';
import { auditSuite } from './audit.ts';
import { barriersSuite } from './barriers.ts';
import { claimingSuite } from './claiming.ts';
import { clientsSuite } from './clients.ts';
import { crashSuite } from './crash.ts';
import { credentialsSuite } from './credentials.ts';
import { cuttingOffSuite } from './cutting-off.ts';
import { deliveriesSuite } from './deliveries.ts';
import { endingSuite } from './ending.ts';
import { endingAccountsSuite } from './ending-accounts.ts';
import { endingRacesSuite } from './ending-races.ts';
import { endingSomeSuite } from './ending-some.ts';
import { enginesSuite } from './engines.ts';
import { everybodySuite } from './everybody.ts';
import { figuresSuite } from './figures.ts';
import type { MakePlace } from './fixture.ts';
import { handingOverSuite } from './handing-over.ts';
import { joiningSuite } from './joining.ts';
import { keysSuite } from './keys.ts';
import { limitsSuite } from './limits.ts';
import { logoutsSuite } from './logouts.ts';
import { mailsSuite } from './mails.ts';
import { modelledSuite } from './modelled.ts';
import { openingSuite } from './opening.ts';
import { operatorsSuite } from './operators.ts';
import { originsSuite } from './origins.ts';
import { ownSessionsSuite } from './own-sessions.ts';
import { providerSuite } from './provider.ts';
import { removingSuite } from './removing.ts';
import { savingSuite } from './saving.ts';
import { sessionsSuite } from './sessions.ts';
import { settlingSuite } from './settling.ts';
import { walkingSuite } from './walking.ts';

/** A way to keep a store, for the suite to try out. */
export interface Backend {
  place: MakePlace;
}

/** What every adapter keeps, whatever it is made of. Without a backend the suite is shown as skipped. */
export function storeSuite(name: string, backend: Backend | undefined): void {
  const describeIt = backend ? describe : describe.skip;
  describeIt(name, () => {
    const { place } = backend ?? { place: () => Promise.reject(new Error('no backend')) };
    describe('opening', () => openingSuite(place));
    describe('sessions', () => sessionsSuite(place));
    describe('sessions as their owner sees them', () => ownSessionsSuite(place));
    describe('saving', () => savingSuite(place));
    describe('joining', () => joiningSuite(place));
    describe('ending', () => endingSuite(place));
    describe('ending of many sessions', () => endingAccountsSuite(place));
    describe('ending several sessions', () => endingSomeSuite(place));
    describe('ending in races', () => endingRacesSuite(place));
    describe('handing over', () => handingOverSuite(place));
    describe('cutting off', () => cuttingOffSuite(place));
    describe('a barrier', () => barriersSuite(place));
    describe('walking', () => walkingSuite(place));
    describe('everybody', () => everybodySuite(place));
    describe('logouts', () => logoutsSuite(place));
    describe('removing', () => removingSuite(place));
    describe('claiming', () => claimingSuite(place));
    describe('origins', () => originsSuite(place));
    describe('engines', () => enginesSuite(place));
    describe('settling', () => settlingSuite(place));
    describe('deliveries, beside a model', () => modelledSuite(place));
    describe('deliveries', () => deliveriesSuite(place));
    describe('provider', () => providerSuite(place));
    describe('accounts', () => accountsSuite(place));
    describe('credentials', () => credentialsSuite(place));
    describe('clients', () => clientsSuite(place));
    describe('keys', () => keysSuite(place));
    describe('figures', () => figuresSuite(place));
    describe('limits', () => limitsSuite(place));
    describe('activity', () => activitySuite(place));
    describe('mails', () => mailsSuite(place));
    describe('operators', () => operatorsSuite(place));
    describe('audit', () => auditSuite(place));
    describe('answers', () => answersSuite(place));
    describe('crashes', () => crashSuite(place));
  });
}
