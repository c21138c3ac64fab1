import { expect, test } from 'vitest';
import { factsOf } from './card-facts';

test('what a card tells is told with its intervals', () => {
  const facts = factsOf({
    limits: ['Children were not tested.', 7],
    failures: ['A nodule beside the spine.'],
    trainingData: [{ name: 'Crops', what: '7,240 of them' }, { name: 'Without words' }],
    metrics: { crops: { one_view: { crops: 2896, nodules: 503, sensitivity_at_1_percent: [0.825, 0.7762, 0.8763] } } },
  });

  expect(facts).toEqual({
    limits: ['Children were not tested.'],
    failures: ['A nodule beside the spine.'],
    trainedOn: ['Crops: 7,240 of them'],
    measured: [
      'Finds 82.5% of nodules (95% interval 77.6% to 87.6%) where it takes 1% of look-alikes for one.',
      `Counted on 503 nodules among ${(2896).toLocaleString()} places it was not trained on.`,
    ],
  });
});

test.each([null, undefined, 'text', 7, [], {}, { metrics: { crops: 'none' }, limits: 'few', trainingData: [null] }])(
  'another maker’s card (%j) breaks nothing',
  (card) => {
    expect(factsOf(card)).toEqual({ measured: [], trainedOn: [], limits: [], failures: [] });
  },
);
