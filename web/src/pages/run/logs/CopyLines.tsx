// Copies the picked lines, or else the newest ones that the filter leaves: all of them, not only those in sight.

import { useState } from 'react';
import { Button } from '../../../design/Button';
import { formatCount } from '../../../lib/format';
import { useModel } from '../model/use-run';
import type { FetchLines, LineFilter, LogLine } from './line';
import { folded, plain } from './line-text';

/** One page of the API; a clipboard is no place for more, a download is. */
const COPIED_MAX = 5_000;
const SAID_FOR_MS = 3_000;

interface Props {
  readonly filter: LineFilter;
  readonly picked: { readonly first: number; readonly last: number } | undefined;
}

export function CopyLines({ filter, picked }: Props) {
  const { fetchLines } = useModel();
  const [said, setSaid] = useState('');

  const copy = async () => {
    try {
      const lines = await linesOf(fetchLines, filter, picked);
      await navigator.clipboard.writeText(lines.map(({ text }) => plain(folded(text))).join('\n'));
      setSaid(`${formatCount(lines.length)} ${lines.length === 1 ? 'line' : 'lines'} copied`);
    } catch (error) {
      setSaid(error instanceof Error ? error.message : 'not copied');
    }
    setTimeout(() => setSaid(''), SAID_FOR_MS);
  };
  const what = picked ? 'the picked lines' : `the newest lines, ${formatCount(COPIED_MAX)} at most`;
  return (
    <Button look="bare" onClick={() => void copy()} title={`Copy ${what}`}>
      <span role="status">{said || 'Copy'}</span>
    </Button>
  );
}

async function linesOf(
  fetchLines: FetchLines,
  filter: LineFilter,
  picked: Props['picked'],
): Promise<readonly LogLine[]> {
  if (!picked) return (await fetchLines({ ...filter, tail: COPIED_MAX })).lines;
  const limit = Math.min(COPIED_MAX, picked.last - picked.first + 1);
  return (await fetchLines({ ...filter, after: picked.first - 1, before: picked.last + 1, limit })).lines;
}
