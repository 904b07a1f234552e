// Keeps the receipt up to date and continues to the app. The server makes all words: at every event the page is read
// again and its changing parts are put in. The sentence in #summary is the only thing screen readers are told about.
const receipt = document.getElementById('receipt');
const onward = document.getElementById('onward');
const link = document.getElementById('continue');
const GLANCE_MS = 1500;
const GATHER_MS = 150;
const POLL_MS = 5000;

let gathering = false;
let again = false;
let events;

function put(page) {
  const fresh = page.getElementById('receipt');
  if (!fresh) return;
  const summary = document.getElementById('summary');
  const sentence = page.getElementById('summary').textContent;
  if (summary.textContent !== sentence) summary.textContent = sentence;
  // The link of a row may have the focus: keep it where it was.
  const focused = document.activeElement?.closest('#live a')?.getAttribute('href');
  document.getElementById('live').replaceWith(document.adoptNode(page.getElementById('live')));
  if (focused) document.querySelector(`#live a[href="${CSS.escape(focused)}"]`)?.focus();
  receipt.dataset.state = fresh.dataset.state;
  if (fresh.dataset.state === 'settled') settled();
}

async function read() {
  const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
  if (answer.ok) put(new DOMParser().parseFromString(await answer.text(), 'text/html'));
}

// Many apps answer at once: one reading for all of them, and never two at a time.
function changed() {
  if (gathering) {
    again = true;
    return;
  }
  gathering = true;
  setTimeout(async () => {
    await read().catch(() => undefined);
    gathering = false;
    if (again) {
      again = false;
      changed();
    }
  }, GATHER_MS);
}

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
