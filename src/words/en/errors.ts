/** Errors that a person reads. Programs get the English sentence in their JSON, so none of these has a hole. */
export const errors = {
  'error.store_unavailable':
    'This service cannot reach its records just now. Nothing was lost; please try again in a moment.',
  'error.page_old': 'This page is old. Nothing was done; please start again.',
  'error.cookies_off':
    'Your browser did not send back our cookie. Please allow cookies for this site, then start again.',
  'error.foreign_form': 'This form was sent from another site, so nothing was done.',
  'error.body_too_large': 'The form that was sent is larger than this service accepts (16 KB). Nothing was done.',
  'error.not_a_form': 'This address takes forms only (application/x-www-form-urlencoded).',
  'error.body_cut_off': 'The form did not arrive whole.',
  'error.bad_request': 'This service could not make sense of the request.',
  'error.internal': 'This should not have happened. It was written down, and nothing that was confirmed is lost.',
  'error.not_found': 'The address is wrong, or what it led to is gone.',
  'error.no_receipt': 'There is no receipt here. It may have been closed, or it is older than a day.',
  'error.first_link_gone':
    'This link was used, or its 15 minutes are over. Run "signoff operators link" for a new one.',
  'error.busy_streams': 'Too many pages are being kept up to date just now. Reload the page to see how things stand.',
  'error.busy_sign_ins': 'Too many people are signing in just now. Please try again in a moment.',
  'error.too_many_requests':
    'More requests came from your network than this service answers at once. Nothing was lost.',
  'error.visit_needed': 'Signing out takes a visit of this page; looking ahead at it does nothing.',
  'error.form_twice': 'The form says the same thing twice. Nothing was ended.',
  'error.form_decision': 'The form says neither "sign-out" nor "stay". Nothing was ended.',
  'error.form_scope': 'The form names none of the four scopes. Nothing was ended.',
  'error.form_no_app': 'No app asked, so none can be signed out alone. Nothing was ended.',
  'error.sign_in_first': 'Nobody is signed in in this browser.',
  'error.form_what': 'The form does not say what to end. Nothing was ended.',
  'error.name_too_long': 'A name has 60 characters at most. Nothing was changed.',
  'error.invalid_client': 'The app that sent you here is not registered with this service.',
  'error.invalid_redirect_uri':
    'The app that sent you here gave an address to return to that is not registered for it.',
  'error.invalid_request': 'The app that sent you here asked for something this service does not understand.',
  'error.invalid_request_uri': 'The request of the app is not known here any more. Please start again at the app.',
  'error.session_not_found': 'This sign-in has been open for too long. Please start again at the app.',
  'error.access_denied': 'The app was not allowed to do this.',
  'error.app_mistake': 'The app that sent you here made a mistake. Please go back to it and try again.',
  'fault.duplicate_parameter': 'The app sent a request that says the same thing twice. Nothing was ended.',
  'fault.invalid_hint': 'The app could not prove which sign-in its request is about. Nothing was ended.',
  'fault.client_mismatch': 'The request names one app and proves to be from another. Nothing was ended.',
  'fault.unknown_client': 'The request comes from an app that is not registered here. Nothing was ended.',
  'fault.unregistered_redirect_uri':
    'The app wants to go on to an address that is not registered for it. Nothing was ended.',
  'fault.invalid_scope': 'The app asked to sign out of something that does not exist. Nothing was ended.',
  'fault.invalid_request': 'The app sent a wrong request. Nothing was ended.',
} as const;

/** A sentence about what went wrong. */
export type ErrorKey = keyof typeof errors;

/** What stands around such a sentence. */
export const errorPages = {
  'title.did-not-work': 'That did not work',
  'title.not-allowed': 'That is not allowed',
  'title.no-page': 'There is no such page',
  'title.gone': 'This is gone',
  'title.too-many': 'Too many requests',
  'title.out-of-order': 'Out of order for a moment',
  'title.our-side': 'Something went wrong on our side',
  'title.cookies-off': 'Cookies are switched off',
  'title.bad-sign-off': 'This sign-out request is not right',
  'advice.wait': 'Please wait {span}, then try again.',
  'advice.support': 'Please try again. If it stays like this, tell support the two codes below.',
  'error.sign-out-still': 'Did you want to sign out? You still can.',
  'error.sign-out': 'Sign out on this device',
  'error.developers': 'For developers',
  'old.title': 'Start again',
  'old.headline': 'This page is old',
  'old.what': 'It was open for too long, or your sign-in changed in another tab. Nothing was done.',
  'old.again': 'Please start again.',
  'old.again-at-app': 'Please start again: open the app and sign in or sign out from there.',
  'old.signed-in-title': 'Signed in',
  'old.signed-in': 'You are signed in already',
  'old.signed-in-what': 'This page has done its work; there is nothing left to do here.',
  'old.continue': 'Continue to {app}',
  'old.where': 'Where am I signed in?',
  'host.title': 'Another address',
  'host.headline': 'This service lives at another address',
  'host.what': 'Signing in and out works only there.',
  'host.go': 'Go to {host}',
  'too-large.title': 'Too large',
  'too-large.body': 'That was too much to read',
  'too-large.body-advice':
    'Please go back and try again with less. If an app sent you here, its operators should know.',
  'too-large.headers': 'The address or the cookies are too long',
  'too-large.headers-what':
    'Your browser sent more than this service accepts in one request (16 KB). Nothing was done.',
  'too-large.headers-advice':
    'If an app sent you here to sign out, {instead} instead. If it happens again, delete the cookies of this site.',
  'too-large.headers-link': 'sign out from here',
} as const;
