import type { ComponentChildren } from 'preact';
import { useId, useRef } from 'preact/hooks';
import { caseWords } from '../../messages/case';

export interface Tab<TName extends string> {
  readonly name: TName;
  readonly title: string;
  readonly content: ComponentChildren;
}

interface PanelTabsProps<TName extends string> {
  readonly tabs: readonly Tab<TName>[];
  readonly shown: TName;
  readonly onShow: (name: TName) => void;
}

/**
 * Tabs as WAI-ARIA has them: one stop for the Tab key, arrows between them. What is not shown stays, so that a text that
 * was begun is there again.
 */
export function PanelTabs<TName extends string>({ tabs, shown, onShow }: PanelTabsProps<TName>) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const move = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const at = tabs.findIndex(({ name }) => name === shown);
    const next = (at + step + tabs.length) % tabs.length;
    const tab = tabs[next];
    if (tab) onShow(tab.name);
    (list.current?.children[next] as HTMLElement | undefined)?.focus();
  };
  return (
    <>
      <div ref={list} class="tabs" role="tablist" aria-label={caseWords.tabs.about} onKeyDown={move}>
        {tabs.map(({ name, title }) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`${id}-tab-${name}`}
            aria-selected={name === shown}
            aria-controls={`${id}-${name}`}
            tabIndex={name === shown ? 0 : -1}
            onClick={() => onShow(name)}
          >
            {title}
          </button>
        ))}
      </div>
      {tabs.map(({ name, content }) => (
        <div
          key={name}
          role="tabpanel"
          id={`${id}-${name}`}
          class="tab-content"
          aria-labelledby={`${id}-tab-${name}`}
          hidden={name !== shown}
        >
          {content}
        </div>
      ))}
    </>
  );
}
