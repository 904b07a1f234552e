/** The way out: the sign-off pages, and what is said when nobody is signed in (any more). */
export const signOff = {
  'sign-off.title': 'Sign out',
  'sign-off.headline': 'What do you want to sign out of?',
  'sign-off.other-account':
    '{app} asked to sign out another account than this one. If you sign out here, you stay on our pages afterwards.',
  'sign-off.old-request': 'The request is about an earlier sign-in, so we ask before anything ends.',
  'sign-off.legend': 'What to sign out of',
  'sign-off.this-app': 'This app',
  'sign-off.app-here': '{app}, on this device',
  'sign-off.app-here-detail': 'Everything else stays signed in',
  'sign-off.all-here': 'All apps, on this device',
  'sign-off.all-here-none': 'No app is signed in here',
  'sign-off.app-everywhere': '{app}, on all devices',
  'sign-off.all-everywhere': 'Everything, everywhere',
  'sign-off.all-everywhere-detail': '{devices}, {signIns}; apps that work in the background stop too',
  'sign-off.yes': 'Sign out',
  'sign-off.no': 'Stay signed in',
  'sign-off.cannot-be-told': '{apps} cannot be told. Why, and what to do',
  'sign-off.cannot-be-told-why': {
    one: 'The other apps get a message from us and confirm it. This one has no address for such messages: please sign out there as well, or close the window.',
    other:
      'The other apps get a message from us and confirm it. These have no address for such messages: please sign out there as well, or close the window.',
  },
  'sign-off-app.headline': 'Sign out of {app}?',
  'sign-off-app.what':
    'Nobody is signed in to this service in this browser, but a sign-in to {app} goes on. You can end it now; other apps stay signed in.',
  'signed-out.title': 'Signed out',
  'signed-out.headline': 'You are signed out',
  'signed-out.what':
    'Nobody is signed in to this service in this browser. If an app still shows you as signed in, load its page again or sign out there.',
} as const;
