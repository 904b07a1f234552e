// Adds a "Show" button to the password field, in the words that the field brings along. Without script there is none,
// and the form works the same.
const field = document.getElementById('password');
const wrap = document.createElement('div');
const button = document.createElement('button');
wrap.className = 'with-button';
button.type = 'button';
button.className = 'plain inside';
button.setAttribute('aria-controls', 'password');

function setVisible(visible) {
  field.type = visible ? 'text' : 'password';
  const { show, showLabel, hide, hideLabel } = field.dataset;
  button.textContent = visible ? hide : show;
  button.setAttribute('aria-label', visible ? hideLabel : showLabel);
}

button.addEventListener('click', () => setVisible(field.type === 'password'));
// Sent as a password, so that password managers save it and the browser keeps no text of it.
field.form.addEventListener('submit', () => setVisible(false));
setVisible(false);
field.replaceWith(wrap);
wrap.append(field, button);
if (field.autofocus) field.focus();
