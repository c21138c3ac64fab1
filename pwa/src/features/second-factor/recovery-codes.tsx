import { useState } from 'preact/hooks';
import { secondFactor } from '../../messages/second-factor';
import { Form, Way } from '../../ui/form';

/** They are shown this once: without the phone they are the only way in. */
export function RecoveryCodes({ codes, onKept }: { readonly codes: readonly string[]; readonly onKept: () => void }) {
  const [said, setSaid] = useState<string>();
  const { recovery: words } = secondFactor;
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(codes.join('\n'));
      setSaid(words.copied);
    } catch {
      setSaid(words.notCopied);
    }
  };
  return (
    <Form
      title={words.title}
      lead={words.lead}
      said={said}
      action={words.action}
      busy={words.busy}
      onSubmit={async () => onKept()}
      ways={<Way onClick={copy}>{words.copy}</Way>}
    >
      <ul class="recovery-codes" aria-label={words.title}>
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
    </Form>
  );
}
