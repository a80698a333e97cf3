import { describe, expect, it } from 'vitest';
import { fieldsOf, initialTexts, valuesOf } from './schema';

describe('a form from a schema', () => {
  it('has a field for each plain property, with its default', () => {
    const fields = fieldsOf({
      properties: {
        keep: { type: 'boolean', default: true },
        who: { type: 'string' },
        n: { type: 'integer' },
        size: { enum: [1, 'big'], default: 'big' },
      },
      required: ['who'],
    });
    if (!fields) throw new Error('no fields');
    const texts = initialTexts(fields);
    expect(texts).toEqual({ keep: 'true', who: '', n: '', size: '1' });
    expect(valuesOf(fields, texts)).toEqual({ keep: true, who: '', size: 'big' });
    expect(valuesOf(fields, { ...texts, n: '3', keep: 'false', size: '' })).toEqual({
      keep: false,
      who: '',
      n: 3,
    });
  });

  it('asks for the JSON of what is not plain', () => {
    expect(fieldsOf({ properties: { deep: { type: 'object' } } })).toBeNull();
    expect(fieldsOf({})).toBeNull();
  });
});
