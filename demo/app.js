// Keeps an open page true: the app says when something changed, so that a sign-off elsewhere shows here by itself.
const changes = new EventSource('/events');
changes.addEventListener('change', () => location.reload());
// Somebody is on the way to another page, which may take a second: a reload now would call them back.
addEventListener('submit', () => changes.close());
