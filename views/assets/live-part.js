// What pages that move have in common: a part of the page is read again at every event.
const GATHER_MS = 150;

// Many apps answer at once: one reading for all of them, and never two at a time.
export function gathered(read) {
  let gathering = false;
  let again = false;
  return function changed() {
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
  };
}

// The link of a row may have the focus: it is kept where it was.
export function putLive(page) {
  const focused = document.activeElement?.closest('#live a')?.getAttribute('href');
  document.getElementById('live').replaceWith(document.adoptNode(page.getElementById('live')));
  if (focused) document.querySelector(`#live a[href="${CSS.escape(focused)}"]`)?.focus();
}

// Screen readers are told of words that changed, and of no others.
export function tell(id, page) {
  const words = page.getElementById(id).textContent;
  const told = document.getElementById(id);
  if (told.textContent !== words) told.textContent = words;
}
