import { describe, expect, it } from 'vitest';
import { SHORTCUTS, shortcutOf } from './shortcuts';

const key = (name: string, isMod = false, isAlt = false) => ({ key: name, isMod, isAlt });

describe('a key', () => {
  it('does what the sheet says', () => {
    for (const { does, keys } of SHORTCUTS) {
      const [first = '', second] = keys;
      const pressed = first === 'mod' ? shortcutOf(key('k', true), null, true) : null;
      const alone = second === undefined ? shortcutOf(key(first), null, true) : null;
      const after = second === undefined ? null : shortcutOf(key(second), first, true);
      expect([pressed, alone, after]).toContain(does);
    }
  });

  it('is the second of two only right after the first', () => {
    expect(shortcutOf(key('w'), 'g', true)).toBe('workflows');
    expect(shortcutOf(key('w'), null, true)).toBeNull();
    expect(shortcutOf(key('r'), 'x', true)).toBeNull();
  });

  it('leaves the browser its own', () => {
    expect(shortcutOf(key('j', true), null, true)).toBeNull();
    expect(shortcutOf(key('t', false, true), null, true)).toBeNull();
  });

  it('does nothing by itself once single keys are off, for those who speak to their machine', () => {
    expect(shortcutOf(key('t'), null, false)).toBeNull();
    expect(shortcutOf(key('K', true), null, false)).toBe('palette');
  });
});
