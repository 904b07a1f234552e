/** Pages of those who run this service. */
export const operators = {
  'first-owner.title': 'First owner',
  'first-owner.headline': 'Become the owner',
  'first-owner.words':
    'Nobody owns this service yet. Sign in with an account that is there, or choose a name and a password for a new one. The link works once.',
  'first-owner.wrong': 'There is such an account, and that is not its password.',
  'first-owner.button': 'Become the owner',
  'first-owner.done': 'You are the owner now',
  'first-owner.may': '{person} may do everything here, and give roles to others. The link does not work any more.',
  'first-owner.open': 'Open the pages for operators',
  'first-owner.next': 'What to do next, on the machine of this service',
};
