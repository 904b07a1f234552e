import { InvalidInput } from '../../admin/input.ts';
import type { Sent } from './admin-forms.ts';
import type { Field } from './admin-page-models.ts';

/** Not `password`: that is what whoever sends the form proves themselves with. */
export const NEW_PASSWORD: Field = {
  name: 'new_password',
  label: 'New password',
  input: 'password',
  autocomplete: 'new-password',
};

/** What use cases say of `password` is about that field. */
export function aboutNewPassword({ values, invalid }: Sent): Sent {
  const errors = invalid.errors.map((error) =>
    error.field === 'password' ? { ...error, field: NEW_PASSWORD.name } : error,
  );
  return { values, invalid: new InvalidInput(errors) };
}
