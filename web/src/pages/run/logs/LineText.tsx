// The text of one line: its colours, its marks, and a way to the rest where it is very long.

import { memo, useState } from 'react';
import { formatCount } from '../../../lib/format';
import ansi from './ansi.module.css';
import styles from './Lines.module.css';
import { SHOWN_MAX, pieces } from './line-text';

interface Props {
  readonly text: string;
  readonly pattern: RegExp | undefined;
}

export const LineText = memo(function LineText({ text, pattern }: Props) {
  const [isWhole, setWhole] = useState(false);
  const isLong = text.length > SHOWN_MAX && !isWhole;
  return (
    <span className={`${styles.text} ${ansi.text}`}>
      {pieces(isLong ? text.slice(0, SHOWN_MAX) : text, pattern).map((piece, place) => {
        const style = piece.color || piece.background ? { color: piece.color, background: piece.background } : undefined;
        const Tag = piece.isMatch ? 'mark' : 'span';
        if (!piece.className && !style && !piece.isMatch) return piece.text;
        // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of a line are what they are by their place
        return <Tag key={place} className={piece.className} style={style}>{piece.text}</Tag>;
      })}
      {isLong && (
        <button type="button" className={styles.rest} onClick={() => setWhole(true)}>
          … {formatCount(text.length - SHOWN_MAX)} more characters
        </button>
      )}
    </span>
  );
});
