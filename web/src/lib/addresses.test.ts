import { describe, expect, it } from 'vitest';
import { newAddress } from './old-address';
import { apiPaths, paths } from './paths';

describe('addresses', () => {
  it('hold names as they are, escaped, and only what has a value', () => {
    expect(paths.run('a/b c', { atSeq: 3, node: null, tab: '' })).toBe('/runs/a%2Fb%20c?atSeq=3');
    expect(paths.workflow('données')).toBe('/workflows/donn%C3%A9es');
    expect(apiPaths.logDownload('r', { format: 'ndjson' })).toBe(
      '/api/v1/runs/r/logs/download?format=ndjson',
    );
  });

  it('of the first page lead on', () => {
    expect(newAddress('#/runs/run-1?node=a')).toBe('/ui/runs/run-1?node=a');
    expect(newAddress('#/?status=FAILED')).toBe('/ui/?status=FAILED');
    expect(newAddress('#main')).toBeNull();
    expect(newAddress('')).toBeNull();
  });
});
