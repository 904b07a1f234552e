// Keeps the receipt up to date and continues to the app. The server makes all words: at every event the page is read
// again and its changing parts are put in. The sentence in #summary is the only thing screen readers are told about.
import { gathered, putLive, tell } from './live-part.js';

const receipt = document.getElementById('receipt');
const onward = document.getElementById('onward');
const link = document.getElementById('continue');
const GLANCE_MS = 1500;
const POLL_MS = 5000;

let events;

function put(page) {
  const fresh = page.getElementById('receipt');
  if (!fresh) return;
  tell('summary', page);
  putLive(page);
  receipt.dataset.state = fresh.dataset.state;
  if (fresh.dataset.state === 'settled') settled();
}

async function read() {
  const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
  if (answer.ok) put(new DOMParser().parseFromString(await answer.text(), 'text/html'));
}

const changed = gathered(read);

function listen() {
  events = new EventSource(receipt.dataset.events);
  events.onmessage = changed;
  events.addEventListener('receipt', changed);
  events.onerror = () => {
    if (events.readyState === EventSource.CLOSED && receipt.dataset.state === 'trying') setTimeout(poll, POLL_MS);
  };
}

function poll() {
  changed();
  if (receipt.dataset.state === 'trying') setTimeout(poll, POLL_MS);
}

let due = onward ? performance.now() + Number(onward.dataset.delay) : Infinity;

function settled() {
  events?.close();
  due = Math.min(due, performance.now() + GLANCE_MS);
}

function tick() {
  const left = due - performance.now();
  if (left <= 0) {
    location.replace(link.href);
    return;
  }
  document.getElementById('countdown').textContent = String(Math.ceil(left / 1000));
  setTimeout(tick, Math.min(250, left));
}

if (receipt.dataset.state === 'trying') listen();
if (onward && link) tick();
