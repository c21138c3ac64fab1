/** Line icons on a grid of 24, drawn for Hilum. They never stand alone as the only sign: the text or label beside them names the thing. */
const PATHS = {
  back: 'M15 5l-7 7 7 7',
  up: 'M6 14l6-6 6 6',
  down: 'M6 10l6 6 6-6',
  next: 'M9 5l7 7-7 7',
  fit: 'M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5',
  upload: 'M12 16V4m0 0L7 9m5-5l5 5M4 16v4h16v-4',
  keep: 'M12 4v9m0 0l-4-4m4 4l4-4M5 15v5h14v-5',
  folder: 'M3 6h6l2 2h10v11H3z',
  picture: 'M3 5h18v14H3zM3 16l5-5 4 4 3-3 6 6M15.5 9.5h.01',
  search: 'M11 4a7 7 0 105 12l5 5m-5-5a7 7 0 000-10',
  person: 'M12 4a4 4 0 100 8 4 4 0 000-8zM4.5 20a7.5 7.5 0 0115 0',
  leave: 'M14 4h6v16h-6M10 8l-4 4 4 4m-4-4h10',
  warning: 'M12 4L2.5 20h19zM12 10v5m0 2.5v.1',
  error: 'M8 3h8l5 5v8l-5 5H8l-5-5V8zM12 8v5m0 3v.1',
  done: 'M4 12.5l5 5L20 6.5',
  partly: 'M4 12c3-5 5-5 8 0s5 5 8 0',
  again: 'M20 11a8 8 0 10-2.3 6.3M20 5v6h-6',
  stop: 'M6 6h12v12H6z',
  pause: 'M8 5v14m8-14v14',
  play: 'M7 4.5v15l12-7.5z',
  close: 'M6 6l12 12M18 6L6 18',
  clock: 'M12 3a9 9 0 100 18 9 9 0 000-18zm0 4v5l3.5 2',
  list: 'M4 6h16M4 12h16M4 18h16',
  overlay: 'M3 9l9-5 9 5-9 5zM3 14l9 5 9-5',
  tools: 'M4 7h9m5 0h2M4 17h2m5 0h9M13 4.5h5v5h-5zM6 14.5h5v5H6z',
  invert: 'M12 3a9 9 0 100 18 9 9 0 000-18zm0 0v18m3-16.5v15m3-12.3v9.6',
  undo: 'M4 10h10a5 5 0 010 10H9M8 6l-4 4 4 4',
  across: 'M12 3v18M9 7l-6 10h6zM15 7l6 10h-6z',
  upend: 'M3 12h18M7 9l10-6v6zM7 15l10 6v-6z',
  ruler: 'M3 16L16 3l5 5L8 21zM7 12l2.5 2.5M11 8l2.5 2.5M15 4l2.5 2.5',
  ellipse: 'M12 6c5 0 9 2.7 9 6s-4 6-9 6-9-2.7-9-6 4-6 9-6z',
  people: 'M9 11a3.5 3.5 0 100-7 3.5 3.5 0 000 7zm-6 9a6 6 0 0112 0M16 4.5a3.5 3.5 0 010 6.5m1.5 3a6 6 0 013.5 6',
  bell: 'M6 17V11a6 6 0 0112 0v6l1.5 1.5h-15zM10 20.5a2.2 2.2 0 004 0',
  filter: 'M4 6h16M7 12h10M10 18h4',
  help: 'M12 3a9 9 0 100 18 9 9 0 000-18zM9.5 9.5a2.5 2.5 0 113.6 2.2c-.8.5-1.1 1-1.1 1.8m0 3v.1',
  comment: 'M4 5h16v11H9l-5 4z',
  info: 'M12 3a9 9 0 100 18 9 9 0 000-18zm0 8v6m0-9.5v.1',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
