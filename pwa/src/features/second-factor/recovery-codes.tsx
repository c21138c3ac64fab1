import { useState } from 'preact/hooks';
import { Form, Way } from '../../ui/form';

/** They are shown this once: without the phone they are the only way in. */
export function RecoveryCodes({ codes, onKept }: { readonly codes: readonly string[]; readonly onKept: () => void }) {
  const [said, setSaid] = useState<string>();
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(codes.join('\n'));
      setSaid('Copied.');
    } catch {
      setSaid('This browser does not let the app copy. Write the codes down.');
    }
  };
  return (
    <Form
      title="Recovery codes"
      lead="Each opens your account once, should your phone be lost. Keep them where the phone is not; they are not shown again."
      said={said}
      action="I have kept them"
      busy="Opening…"
      onSubmit={async () => onKept()}
      ways={<Way onClick={copy}>Copy them</Way>}
    >
      <ul class="recovery-codes" aria-label="Recovery codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
    </Form>
  );
}
