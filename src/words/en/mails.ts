/** Mails. Plain letters only, and no line that a mail server would have to fold. */
export const mails = {
  'mail.greeting': 'Hello {name},',
  'mail.device': 'Device',
  'mail.place': 'Place',
  'mail.place-about': '{place} (approximate)',
  'mail.time': 'Time',
  'mail.time-in': '{date} ({zone})',
  'mail.apps': 'Apps',
  'mail.apps-more': '{apps} and {count} more',
  'mail.devices-link': 'See where you are signed in, and sign out there:',
  'mail.not-me-link':
    'If it was not you, open this page and press its button. It signs you out everywhere and locks your password. The link works once, until {until}:',
  'mail.foot':
    'Sent by {service} because it concerns the safety of your account. Nobody reads answers to this address.',
  'mail.new-device.subject': 'New sign-in to {service} from {device}',
  'mail.new-device.what': 'Your account signed in on a device that it was not seen on before.',
  'mail.new-device.calm': 'If that was you, there is nothing to do.',
  'mail.signed-out.subject': 'You were signed out of {service} on your devices',
  'mail.signed-out.user': {
    one: 'As was asked for, {count} sign-in of your account has ended, with all the apps in it.',
    other: 'As was asked for, {count} sign-ins of your account have ended, with all the apps in them.',
  },
  'mail.signed-out.operator': {
    one: 'An operator of {service} has ended {count} sign-in of your account, with all the apps in it.',
    other: 'An operator of {service} has ended {count} sign-ins of your account, with all the apps in them.',
  },
  'mail.password.subject': 'Your password at {service} was changed',
  'mail.password.user': 'The password of your account was changed. The old one opens nothing any more.',
  'mail.password.operator': 'An operator of {service} has set a new password for your account.',
  'mail.password.ended': {
    one: '{count} other sign-in has ended with it.',
    other: '{count} other sign-ins have ended with it.',
  },
  'mail.factor.subject': 'How you sign in to {service} was changed',
  'mail.factor.added': 'Besides your password, "{name}" now proves that it is you.',
  'mail.factor.removed': '"{name}" does not prove any more that it is you.',
  'mail.factor.codes': 'New recovery codes were made for your account. The old ones are worth nothing.',
  'mail.factor.reset': 'An operator of {service} has taken all passkeys and codes away from your account.',
  'mail.reset.subject': 'Choose a new password for {service}',
  'mail.reset.asked':
    'Somebody asked for a new password for your account. If that was not you, there is nothing to do: the old one stays as it is.',
  'mail.reset.forced':
    'You said that somebody else was signed in with your account. Every sign-in has ended, and the old password opens nothing any more.',
  'mail.reset.link': 'Choose a new password here. The link works once, until {until}:',
} as const;
