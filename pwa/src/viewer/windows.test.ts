import { expect, test } from 'vitest';
import { addressOf } from './frame-source';
import { presetsOf } from './windows';

test('windows are offered once by name, in their order', () => {
  const presets = presetsOf([
    { name: '', center: -500, width: 1400 },
    { name: 'LUNG', center: -600, width: 1500 },
    { name: 'lung', center: -500, width: 1500 },
    { name: 'soft_tissue', center: 40, width: 400 },
  ]);

  expect(presets.map(({ name }) => name)).toEqual(['As scanned', 'Lung', 'Soft tissue']);
});

test('a frame has its address, relative to this origin or absolute', () => {
  const relative = { urlTemplate: '/frames/s1/{index}?sig=a%2Bb' };
  const absolute = { urlTemplate: 'https://store.example/s1/{index}.jphc?X-Sig=q' };

  expect(addressOf(relative, 12, 'https://hilum.example')).toBe('https://hilum.example/frames/s1/12?sig=a%2Bb');
  expect(addressOf(absolute, 0, 'https://hilum.example')).toBe('https://store.example/s1/0.jphc?X-Sig=q');
});
