// Asks the browser for a passkey, or to make one, and sends its answer with the form around the button. All words are in
// the page; without script the button is not there, and the page says so. A module: it stands beside another script.
const form = document.querySelector('form[data-passkey]');
const button = form.querySelector('button[data-ask]');
const field = form.querySelector('[data-answer]');
const trouble = form.querySelector('[data-trouble]');
const options = JSON.parse(form.dataset.options);

function bytes(text) {
  const plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(plain, (character) => character.charCodeAt(0));
}

function text(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function described(list = []) {
  return list.map((one) => ({ ...one, id: bytes(one.id) }));
}

async function make() {
  const publicKey = {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: described(options.excludeCredentials),
  };
  const made = await navigator.credentials.create({ publicKey });
  const { clientDataJSON, attestationObject } = made.response;
  return answer(made, {
    clientDataJSON: text(clientDataJSON),
    attestationObject: text(attestationObject),
    transports: made.response.getTransports?.() ?? [],
  });
}

async function ask() {
  const publicKey = {
    ...options,
    challenge: bytes(options.challenge),
    allowCredentials: described(options.allowCredentials),
  };
  const given = await navigator.credentials.get({ publicKey });
  const { clientDataJSON, authenticatorData, signature, userHandle } = given.response;
  return answer(given, {
    clientDataJSON: text(clientDataJSON),
    authenticatorData: text(authenticatorData),
    signature: text(signature),
    ...(userHandle && { userHandle: text(userHandle) }),
  });
}

function answer(credential, response) {
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    response,
    clientExtensionResults: {},
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
  };
}

async function go() {
  trouble.hidden = true;
  button.disabled = true;
  try {
    const given = await (form.dataset.passkey === 'create' ? make() : ask());
    field.value = JSON.stringify(given);
    form.submit();
  } catch {
    // Cancelled, too late, or nothing fitting: browsers tell us little, on purpose.
    trouble.hidden = false;
    button.disabled = false;
    button.focus();
  }
}

if (window.PublicKeyCredential) {
  button.hidden = false;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void go();
  });
} else {
  form.querySelector('[data-unable]').hidden = false;
}
