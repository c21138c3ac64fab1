import { afterEach, describe, expect, test, vi } from 'vitest';
import { catalogue, counted, speak } from './catalogue';

const page = { lang: 'en', dir: 'ltr' };
vi.stubGlobal('document', { documentElement: page });
afterEach(() => speak('en', {}));

describe('catalogue', () => {
  const words = catalogue('fruit', { title: 'Fruit', eaten: (count: number) => `${count} eaten` });

  test('says English where nothing else is spoken', () => {
    expect([words.title, words.eaten(2)]).toEqual(['Fruit', '2 eaten']);
  });

  test('another language replaces it where it was read already, and turns the page', () => {
    speak('ar', { fruit: { title: 'فاكهة' } });

    expect([words.title, words.eaten(2)]).toEqual(['فاكهة', '2 eaten']);
    expect(page).toEqual({ lang: 'ar', dir: 'rtl' });
  });

  test('an area that is loaded later speaks it too', () => {
    speak('de', { later: { title: 'Später' } });

    expect(catalogue('later', { title: 'Later' }).title).toBe('Später');
    expect(page).toEqual({ lang: 'de', dir: 'ltr' });
  });

  test('English comes back', () => {
    speak('de', { fruit: { title: 'Obst' } });
    speak('en', {});

    expect(words.title).toBe('Fruit');
  });
});

test('a count takes the form that its language has', () => {
  const forms = { one: 'pes', few: 'psi', other: 'psů' };
  expect(counted(1, { one: 'case', other: 'cases' })).toBe('1 case');

  speak('cs', {});

  expect([1, 2, 5].map((count) => counted(count, forms))).toEqual(['1 pes', '2 psi', '5 psů']);
});
