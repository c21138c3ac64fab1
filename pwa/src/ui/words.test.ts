import { expect, test } from 'vitest';
import { ageOf, isPhantom, nameOf } from './words';

test('a phantom is known by its patient or its study, never by what people call the case', () => {
  const ofPatient = { title: 'Renamed', patient: { patientId: 'PHANTOM-7' }, studies: [] };
  const ofStudy = { title: 'Renamed', patient: null, studies: [{ description: 'CT chest PHANTOM (not a patient)' }] };
  const limb = { title: 'Phantom', patient: { patientId: '7' }, studies: [{ description: 'PHANTOM LIMB' }] };
  expect([ofPatient, ofStudy, limb].map(isPhantom)).toEqual([true, true, false]);
});

test('a DICOM person name is written as people write it', () => {
  expect(['Doe^Jane^M.', 'Doe, Jane', 'PHANTOM^HILUM', 'Yamada^Tarou=山田^太郎'].map(nameOf)).toEqual([
    'Doe, Jane M.',
    'Doe, Jane',
    'PHANTOM, HILUM',
    'Yamada, Tarou',
  ]);
});

test('an age is of the day of the scan', () => {
  const ages = ['2026-03-09T08:00:00', '2026-03-10T08:00:00', '1949-01-01', 'no date'].map((at) =>
    ageOf('1950-03-10', at),
  );
  expect(ages).toEqual([75, 76, undefined, undefined]);
});
