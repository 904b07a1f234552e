// Keeps an open page true: the app says when something changed, so that a sign-off elsewhere shows here by itself.
new EventSource('/events').addEventListener('change', () => location.reload());
