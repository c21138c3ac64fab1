import { catalogue } from './catalogue';

/** What keys do on the picture: one table for the tools' titles and the help. */
export const keyWords = catalogue('keys', {
  scroll: { keys: '↑ ↓ ← →', says: 'One slice back or on' },
  page: { keys: 'Page up, Page down', says: 'Ten slices back or on' },
  ends: { keys: 'Home, End', says: 'First, last slice' },
  zoom: { keys: '+ −', says: 'Enlarge, reduce' },
  fit: { keys: '0', says: 'Fit to the screen' },
  window: { keys: '1 to 9', says: 'Window, in the order of the buttons' },
  marks: { keys: 'N P', says: 'Next, previous finding' },
  overlay: { keys: 'O', says: 'What the model went by' },
  invert: { keys: 'I', says: 'Invert the greys' },
  rotate: { keys: 'R', says: 'Rotate by 90°' },
  across: { keys: 'H', says: 'Flip left and right' },
  down: { keys: 'V', says: 'Flip top and bottom' },
  play: { keys: 'Space', says: 'Play through the slices, stop' },
  probe: { keys: 'M', says: 'Value in the middle' },
  ruler: { keys: 'L', says: 'Ruler, on or off' },
  ellipse: { keys: 'E', says: 'Ellipse, on or off' },
  draw: { keys: 'Enter', says: 'Measure in the middle; then the other end' },
  nudge: { keys: '↑ ↓ ← →', says: 'Move the end of the chosen measurement, with Shift by ten pixels' },
  choose: { keys: 'S', says: 'Choose the next measurement on this slice' },
  remove: { keys: 'Delete', says: 'Delete the chosen measurement' },
  back: { keys: 'Z', says: 'Bring back what was deleted' },
  leave: { keys: 'Escape', says: 'Put the tool down, let go' },
  reset: { keys: 'X', says: 'Reset the picture' },
  help: { keys: '?', says: 'These keys' },
});
