// Keeps the list of devices up to date. The server makes all words: at every event the page is read again and its list is put
// in, unless somebody is at it just then: an opened detail or a name that is being typed must not vanish.
import { gathered } from './live-part.js';

const list = document.getElementById('devices');
const news = document.getElementById('news');

let events;

function isBusy() {
  return (
    document.querySelector('#devices details[open]') !== null || document.activeElement?.closest('#devices') != null
  );
}

async function read() {
  const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
  if (answer.redirected) {
    location.reload();
    return;
  }
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const fresh = page.getElementById('devices');
  const current = document.getElementById('devices');
  if (!fresh || fresh.outerHTML === current.outerHTML) return;
  if (isBusy()) {
    news.hidden = false;
    return;
  }
  current.replaceWith(document.adoptNode(fresh));
  document.getElementById('all').replaceWith(document.adoptNode(page.getElementById('all')));
  document.getElementById('summary').textContent = page.getElementById('summary').textContent;
}

const changed = gathered(read);

function listen() {
  // The first event says what this page was made from.
  let first = true;
  events = new EventSource(list.dataset.events);
  events.addEventListener('devices', () => {
    if (!first) changed();
    first = false;
  });
}

// A tab that nobody looks at holds no connection.
document.addEventListener('visibilitychange', () => {
  if (document.hidden) events?.close();
  else {
    listen();
    changed();
  }
});
if (list.dataset.events && !document.hidden) listen();
