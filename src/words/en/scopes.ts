/** OpenID Connect Core §5.4 and §11 in plain words. `openid` is missing on purpose: it is signing in itself. */
export const scopes = {
  'scope.profile': 'See your name and profile',
  'scope.profile-detail': 'Name, user name, picture, language and the like',
  'scope.email': 'See your email address',
  'scope.address': 'See your postal address',
  'scope.phone': 'See your phone number',
  'scope.offline_access': 'Work for you while you are away',
  'scope.offline_access-detail': 'It keeps its access when you sign out here; “Everything, everywhere” ends it too',
  'scope.claims': 'See your {claims}',
  'scope.unknown': 'Use “{scope}”',
} as const;
