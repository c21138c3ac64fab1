import { useEffect } from 'preact/hooks';
import { useStore } from '../../graphql/store';
import { commentsWereRead } from '../../graphql/unread';
import type { TalkState } from './talk-state';

/** Earlier pages that are fetched to find one comment: a thousand comments. */
const PAGES = 20;

/** Comments on the screen of somebody who looks are read, and so are those that come while they look. */
export function useReadingMark(caseId: string, talk: TalkState, isShown: boolean): void {
  const { comments } = useStore(talk.look);
  const newest = comments?.at(-1)?.id;
  useEffect(() => {
    if (!isShown || newest === undefined) return;
    // Where it cannot be noted now they stay unread, and are marked with the next one.
    const mark = () => {
      if (document.visibilityState === 'visible') void commentsWereRead(caseId).catch(() => undefined);
    };
    mark();
    document.addEventListener('visibilitychange', mark);
    return () => document.removeEventListener('visibilitychange', mark);
  }, [caseId, isShown, newest]);
}

/** Brings the comment that an address names into view, from an earlier page if need be. */
export function useCommentPlace(talk: TalkState, commentId: string | undefined): void {
  useEffect(() => {
    if (commentId === undefined) return;
    let isHere = true;
    const leave = talk.look.follow(() => void show());
    let pages = 0;
    const show = async () => {
      const { comments, earlier } = talk.look.value;
      if (!comments) return;
      if (!comments.some(({ id }) => id === commentId)) {
        pages += 1;
        if (earlier !== undefined && pages <= PAGES) await talk.readEarlier();
        return;
      }
      leave();
      // The drawing of what just came ends before the next frame.
      requestAnimationFrame(() => {
        if (!isHere) return;
        const place = document.querySelector<HTMLElement>(`[data-comment="${CSS.escape(commentId)}"]`);
        place?.scrollIntoView({ block: 'center' });
        place?.classList.add('is-named');
      });
    };
    void show();
    return () => {
      isHere = false;
      leave();
    };
  }, [talk, commentId]);
}
