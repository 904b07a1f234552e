// Adds a "Show" button to the password field. Without script there is none, and the form works the same.
const field = document.getElementById('password');
const wrap = document.createElement('div');
const button = document.createElement('button');
wrap.className = 'with-button';
button.type = 'button';
button.className = 'plain inside';
button.textContent = 'Show';
button.setAttribute('aria-label', 'Show password');
button.setAttribute('aria-controls', 'password');

function show(visible) {
  field.type = visible ? 'text' : 'password';
  button.textContent = visible ? 'Hide' : 'Show';
  button.setAttribute('aria-label', visible ? 'Hide password' : 'Show password');
}

button.addEventListener('click', () => show(field.type === 'password'));
// Sent as a password, so that password managers save it and the browser keeps no text of it.
field.form.addEventListener('submit', () => show(false));
field.replaceWith(wrap);
wrap.append(field, button);
if (field.autofocus) field.focus();
