import { percentOf } from '../messages/formats';

interface ProgressProps {
  /** 0 to 1. */
  readonly value: number;
  readonly label: string;
}

/** A bar with its number; nothing spins. */
export function Progress({ value, label }: ProgressProps) {
  const share = Math.min(1, Math.max(0, value));
  const percent = Math.floor(share * 100);
  return (
    <div class="progress">
      <progress max={100} value={percent} aria-label={label} />
      <span class="progress-number">{percentOf(percent / 100)}</span>
    </div>
  );
}
