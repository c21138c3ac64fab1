import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { messageOf } from '../graphql/failure';
import { fields as words } from '../messages/fields';
import { Disclaimer } from './disclaimer';
import { Notice } from './notice';
import './form.css';

interface FormProps {
  readonly title: string;
  readonly lead?: ComponentChildren;
  /** Said above the fields until something goes wrong. */
  readonly said?: string | undefined;
  readonly action: string;
  readonly busy: string;
  readonly onSubmit: (values: (name: string) => string) => Promise<void>;
  readonly children: ComponentChildren;
  /** Other ways to go, below the button. */
  readonly ways?: ComponentChildren;
}

/** A screen that asks for one thing at a time. What went wrong is spoken, and the first field has the cursor again. */
export function Form({ title, lead, said, action, busy, onSubmit, children, ways }: FormProps) {
  const [fault, setFault] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const id = useId();
  const toFirst = () => form.current?.querySelector('input')?.focus();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another title is another screen
  useEffect(toFirst, [title]);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    setFault(undefined);
    setIsBusy(true);
    try {
      await onSubmit((name) => String(data.get(name) ?? ''));
    } catch (error) {
      setFault(messageOf(error));
      toFirst();
    }
    setIsBusy(false);
  };

  return (
    <main class="form-screen">
      <form ref={form} onSubmit={submit} aria-labelledby={id}>
        <img class="logo" src="/icon.svg" alt="" width={56} height={56} />
        <h1 id={id}>{title}</h1>
        {lead && <div class="muted">{lead}</div>}
        {said && !fault && <Notice kind="info" title={said} />}
        {fault && <Notice kind="error" title={fault} />}
        {children}
        <button type="submit" class="button is-primary" disabled={isBusy}>
          {isBusy ? busy : action}
        </button>
        {ways && <div class="ways">{ways}</div>}
      </form>
      <Disclaimer />
    </main>
  );
}

interface FieldProps {
  readonly label: string;
  readonly name: string;
  readonly hint?: string | undefined;
  readonly type?: 'text' | 'email' | 'password';
  readonly autocomplete: 'username' | 'name' | 'current-password' | 'new-password' | 'one-time-code';
  readonly minLength?: number;
  readonly maxLength?: number;
}

/** Every field is required; what is typed is never corrected or capitalized but a name. */
export function Field({ label, hint, type = 'text', ...input }: FieldProps) {
  const id = useId();
  const isName = input.autocomplete === 'name';
  const rest = {
    ...input,
    id,
    'aria-describedby': hint ? `${id}-hint` : undefined,
    autocapitalize: isName ? 'words' : 'none',
    spellcheck: isName,
    required: true,
  } as const;
  return (
    <>
      <label for={id}>{label}</label>
      {type === 'text' && <input type="text" {...rest} />}
      {type === 'email' && <input type="email" {...rest} />}
      {type === 'password' && <input type="password" {...rest} />}
      {hint && (
        <small id={`${id}-hint`} class="muted">
          {hint}
        </small>
      )}
    </>
  );
}

export function EmailField() {
  return <Field label={words.email} name="email" type="email" autocomplete="username" />;
}

/** Of an authenticator app, a mail or a recovery sheet. The phone offers what came in by mail. */
export function CodeField({ label = words.code, hint }: { readonly label?: string; readonly hint?: string }) {
  return <Field label={label} name="code" autocomplete="one-time-code" maxLength={40} hint={hint} />;
}

/** With a way to see what was typed: long passwords are wanted, and phones have small keys. */
export function NewPasswordField({ label = words.newPassword }: { readonly label?: string }) {
  const [isShown, setIsShown] = useState(false);
  return (
    <>
      <Field
        label={label}
        name="password"
        type={isShown ? 'text' : 'password'}
        autocomplete="new-password"
        minLength={12}
        maxLength={256}
        hint={words.passwordHint}
      />
      <label class="check">
        <input type="checkbox" checked={isShown} onChange={(event) => setIsShown(event.currentTarget.checked)} />
        {words.showPassword}
      </label>
    </>
  );
}

export function Way({ onClick, children }: { readonly onClick: () => void; readonly children: ComponentChildren }) {
  return (
    <button type="button" class="button is-quiet" onClick={onClick}>
      {children}
    </button>
  );
}
