import { isAbort, messageOf, throwFaults } from '../../graphql/failure';
import {
  type Access,
  CasePeopleDocument,
  type ParticipantDetailFragment,
  ShareCaseDocument,
  UnshareCaseDocument,
} from '../../graphql/generated/graphql';
import { request } from '../../graphql/session';
import { Store } from '../../graphql/store';

export type Participant = ParticipantDetailFragment;

export interface People {
  /** Undefined until they were read. */
  readonly participants: readonly Participant[] | undefined;
  /** The organization whose clinicians see the case without taking part. */
  readonly organization: string | undefined;
  readonly fault: string | undefined;
}

/** Who takes part in one case. */
export class PeopleState {
  readonly look = new Store<People>({ participants: undefined, organization: undefined, fault: undefined });
  readonly #caseId: string;
  readonly #life = new AbortController();

  constructor(caseId: string) {
    this.#caseId = caseId;
    void this.read();
  }

  close(): void {
    this.#life.abort();
  }

  async read(): Promise<void> {
    try {
      const { case: found } = await request(CasePeopleDocument, { id: this.#caseId }, this.#life.signal);
      if (found)
        this.#set({ participants: found.participants, organization: found.organization.name, fault: undefined });
    } catch (error) {
      if (!isAbort(error)) this.#set({ fault: messageOf(error) });
    }
  }

  /** Throws where it was refused. Sent again under the same key it is there once. */
  async share(email: string, access: Access, idempotencyKey: string): Promise<void> {
    const input = { caseId: this.#caseId, email, access, idempotencyKey };
    const { shareCase: payload } = await request(ShareCaseDocument, { input });
    throwFaults(payload.errors);
    if (payload.case) this.#set({ participants: payload.case.participants });
  }

  async remove(participantId: string): Promise<void> {
    const { unshareCase: payload } = await request(UnshareCaseDocument, {
      input: { caseId: this.#caseId, participantId },
    });
    throwFaults(payload.errors);
    if (payload.case) this.#set({ participants: payload.case.participants });
  }

  #set(change: Partial<People>): void {
    this.look.update((look) => ({ ...look, ...change }));
  }
}
