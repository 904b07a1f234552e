// Keeps what moves on a page of operators up to date. The server makes all words: at every event the page is read again and
// its moving part is put in; what can be done, only when that has changed and nobody is at it just then.
import { gathered, putLive, tell } from './live-part.js';

const POLL_MS = 5000;

let events;

function part(id, page = document) {
  return page.getElementById(id);
}

function isOver() {
  return part('live').dataset.events === undefined;
}

function isBusy() {
  const rest = part('rest');
  return rest.contains(document.activeElement) || rest.querySelector('details[open]') !== null;
}

function put(page) {
  const fresh = part('live', page);
  if (!fresh) return;
  tell('headline', page);
  tell('summary', page);
  if (part('rest').dataset.of !== fresh.dataset.state && !isBusy()) {
    const rest = document.adoptNode(part('rest', page));
    rest.dataset.of = fresh.dataset.state;
    part('rest').replaceWith(rest);
  }
  putLive(page);
  if (isOver()) events?.close();
}

async function read() {
  const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
  // Somebody has to sign in again.
  if (answer.redirected) location.reload();
  else if (answer.ok) put(new DOMParser().parseFromString(await answer.text(), 'text/html'));
}

const changed = gathered(read);

function poll() {
  if (isOver()) return;
  if (!document.hidden) changed();
  setTimeout(poll, POLL_MS);
}

function listen() {
  events = new EventSource(part('live').dataset.events);
  events.addEventListener('logout', changed);
  events.onerror = () => {
    if (events.readyState === EventSource.CLOSED && !isOver()) setTimeout(poll, POLL_MS);
  };
}

// A tab that nobody looks at holds no connection.
document.addEventListener('visibilitychange', () => {
  if (document.hidden) events?.close();
  else if (!isOver()) listen();
});
part('rest').dataset.of = part('live').dataset.state;
if (!isOver() && !document.hidden) listen();
