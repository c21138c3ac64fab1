import type { ComponentChildren } from 'preact';
import { Icon } from './icon';

interface NoticeProps {
  readonly kind: 'error' | 'warning' | 'info' | 'done';
  readonly title: string;
  readonly children?: ComponentChildren;
  readonly action?: { readonly label: string; readonly onClick: () => void } | undefined;
}

/** Something to know, with the next step where there is one. Errors are spoken at once. */
export function Notice({ kind, title, children, action }: NoticeProps) {
  return (
    <div class={`notice is-${kind}`} role={kind === 'error' ? 'alert' : 'status'}>
      <Icon name={kind} />
      <div>
        <p class="notice-title">{title}</p>
        {children && <div class="notice-text">{children}</div>}
        {action && (
          <button type="button" class="button is-quiet" onClick={action.onClick}>
            {action.label}
          </button>
        )}
      </div>
    </div>
  );
}
