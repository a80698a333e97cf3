// The text of one line: its colours, its marks, and a way to the rest where it is very long.

import { memo, type ReactNode, useState } from 'react';
import { formatCount } from '../../../lib/format';
import ansi from './ansi.module.css';
import styles from './Lines.module.css';
import { type Piece, pieces, SHOWN_MAX } from './line-text';

interface Props {
  readonly text: string;
  readonly pattern: RegExp | undefined;
}

export const LineText = memo(function LineText({ text, pattern }: Props) {
  const [isWhole, setWhole] = useState(false);
  const isLong = text.length > SHOWN_MAX && !isWhole;
  return (
    <span className={`${styles.text} ${ansi.text}`}>
      {spans(pieces(isLong ? text.slice(0, SHOWN_MAX) : text, pattern))}
      {isLong && (
        <button type="button" className={styles.rest} onClick={() => setWhole(true)}>
          … {formatCount(text.length - SHOWN_MAX)} more characters
        </button>
      )}
    </span>
  );
});

/** What has no style of its own needs no element. */
function spans(all: readonly Piece[]): ReactNode[] {
  let column = 0;
  return all.map(({ text, className, color, background, isMatch }) => {
    const key = column;
    column += text.length;
    const style = color || background ? { color, background } : undefined;
    if (!className && !style && !isMatch) return text;
    const Tag = isMatch ? 'mark' : 'span';
    return (
      <Tag key={key} className={className} style={style}>
        {text}
      </Tag>
    );
  });
}
