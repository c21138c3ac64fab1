import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { messageOf } from '../../graphql/failure';
import { signIn } from '../../graphql/session';
import { Disclaimer } from '../../ui/disclaimer';
import { Notice } from '../../ui/notice';
import './sign-in.css';

export function SignIn({ reason }: { readonly reason?: string | undefined }) {
  const [fault, setFault] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);
  const email = useRef<HTMLInputElement>(null);
  const ids = useId();

  useEffect(() => email.current?.focus(), []);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setFault(undefined);
    setIsBusy(true);
    try {
      await signIn(String(form.get('email')).trim(), String(form.get('password')));
    } catch (error) {
      setFault(messageOf(error));
      setIsBusy(false);
    }
  };

  return (
    <main class="sign-in">
      <form onSubmit={submit} aria-labelledby={`${ids}-title`}>
        <img class="logo" src="/icon.svg" alt="" width={56} height={56} />
        <h1 id={`${ids}-title`}>Hilum</h1>
        <p class="muted">Chest CT in, marked findings out.</p>
        {reason && !fault && <Notice kind="info" title={reason} />}
        {fault && <Notice kind="error" title={fault} />}
        <label for={`${ids}-email`}>E-mail</label>
        <input
          ref={email}
          id={`${ids}-email`}
          name="email"
          type="email"
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          required
        />
        <label for={`${ids}-password`}>Password</label>
        <input id={`${ids}-password`} name="password" type="password" autocomplete="current-password" required />
        <button type="submit" class="button is-primary" disabled={isBusy}>
          {isBusy ? 'Signing in…' : 'Sign in'}
        </button>
      </form>
      <Disclaimer />
    </main>
  );
}
