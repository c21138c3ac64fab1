import { useState } from 'preact/hooks';
import { messageOf } from '../../graphql/failure';
import { useStore } from '../../graphql/store';
import { whenOf } from '../../messages/formats';
import { peopleWords as words } from '../../messages/people';
import { wordOf } from '../../messages/values';
import { Notice } from '../../ui/notice';
import type { Participant, PeopleState } from './people-state';
import { ShareForm } from './share-form';
import './people.css';

interface PeopleProps {
  readonly state: PeopleState;
  readonly viewerId: string;
  readonly mayShare: boolean;
}

/** Who reads the case besides its organization's clinicians, and sharing it with others. */
export function People({ state, viewerId, mayShare }: PeopleProps) {
  const { participants, organization, fault } = useStore(state.look);
  const [refusal, setRefusal] = useState<string>();
  const remove = async (participantId: string) => {
    try {
      await state.remove(participantId);
      setRefusal(undefined);
    } catch (error) {
      setRefusal(messageOf(error));
    }
  };
  return (
    <section class="people" aria-label={words.title}>
      {fault && (
        <Notice
          kind="error"
          title={words.unreadable}
          action={{ label: words.tryAgain, onClick: () => void state.read() }}
        >
          {fault}
        </Notice>
      )}
      {refusal && <Notice kind="error" title={refusal} />}
      {organization && <p class="muted">{words.clinicians(organization)}</p>}
      {participants?.length === 0 && <p>{words.nobody}</p>}
      <ul class="participants">
        {participants?.map((each) => (
          <Line
            key={each.id}
            participant={each}
            isSelf={each.user?.id === viewerId}
            mayRemove={mayShare && each.access !== 'OWNER'}
            onRemove={() => void remove(each.id)}
          />
        ))}
      </ul>
      {mayShare && <ShareForm onShare={(email, access, key) => state.share(email, access, key)} />}
    </section>
  );
}

interface LineProps {
  readonly participant: Participant;
  readonly isSelf: boolean;
  readonly mayRemove: boolean;
  readonly onRemove: () => void;
}

function Line({ participant: { user, email, access, since }, isSelf, mayRemove, onRemove }: LineProps) {
  const [isSure, setIsSure] = useState(false);
  const name = user?.displayName ?? email ?? words.somebody;
  const facts = [
    user ? wordOf(user.role) : words.invited,
    user?.specialty,
    user?.organization.name,
    words.since(whenOf(since)),
  ].filter(Boolean);
  return (
    <li>
      <span class="participant-words">
        <span>
          <b>{isSelf ? words.self(name) : name}</b> <span class="badge">{wordOf(access)}</span>
        </span>
        <small class="muted">{facts.join(' · ')}</small>
      </span>
      {mayRemove && (
        <button
          type="button"
          class="button is-quiet"
          aria-label={isSure ? words.removeWhomSurely(name) : words.removeWhom(name)}
          onClick={() => (isSure ? onRemove() : setIsSure(true))}
          onBlur={() => setIsSure(false)}
        >
          {isSure ? words.removeSurely : words.remove}
        </button>
      )}
    </li>
  );
}
