// Keeps an open page true: the app says when something changed, so that a sign-off elsewhere shows here by itself.
// The page is replaced, not loaded again: a reload would cancel the click that somebody is just making.
new EventSource('/events').addEventListener('change', async () => {
  const answer = await fetch('/');
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
  document.querySelector('main').replaceWith(fresh.querySelector('main'));
});
