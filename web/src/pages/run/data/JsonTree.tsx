// A JSON value, highlighted, each part to be folded away, and to be copied as a whole.

import { useState } from 'react';
import { JsonView } from 'react-json-view-lite';
import { Button } from '../../../design/Button';
import styles from './JsonTree.module.css';

interface Props {
  readonly label: string;
  readonly value: unknown;
}

/** Open at first: enough to see the shape. */
const OPEN_LEVELS = 2;
const OPEN_ENTRIES_MAX = 50;
const SAID_FOR_MS = 2_000;
const LOOK = {
  container: styles.container ?? '',
  basicChildStyle: styles.child ?? '',
  childFieldsContainer: styles.children ?? '',
  label: styles.key ?? '',
  clickableLabel: styles.clickable ?? '',
  nullValue: styles.nothing ?? '',
  undefinedValue: styles.nothing ?? '',
  booleanValue: styles.boolean ?? '',
  numberValue: styles.number ?? '',
  stringValue: styles.string ?? '',
  otherValue: styles.string ?? '',
  punctuation: styles.mark ?? '',
  expandIcon: styles.expand ?? '',
  collapseIcon: styles.collapse ?? '',
  collapsedContent: styles.collapsed ?? '',
  noQuotesForStringValues: false,
  quotesForFieldNames: false,
  stringifyStringValues: true,
  ariaLables: { collapseJson: 'fold', expandJson: 'unfold' },
};

export default function JsonTree({ label, value }: Props) {
  const [said, setSaid] = useState('');
  const copy = async () => {
    await navigator.clipboard.writeText(JSON.stringify(value, null, 2)).then(
      () => setSaid('Copied'),
      () => setSaid('Not copied'),
    );
    setTimeout(() => setSaid(''), SAID_FOR_MS);
  };
  const isTree = typeof value === 'object' && value !== null;
  return (
    <figure className={styles.tree}>
      <figcaption>
        <span>{label}</span>
        <Button look="bare" onClick={() => void copy()} aria-label={`Copy ${label}`}>
          <span role="status">{said || 'Copy'}</span>
        </Button>
      </figcaption>
      {isTree ? (
        <JsonView
          data={value}
          style={LOOK}
          shouldExpandNode={isOpenAtFirst}
          clickToExpandNode
          aria-label={label}
        />
      ) : (
        <pre className={styles.container}>{JSON.stringify(value)}</pre>
      )}
    </figure>
  );
}

function isOpenAtFirst(level: number, value: unknown): boolean {
  const entries = typeof value === 'object' && value !== null ? Object.keys(value).length : 0;
  return level < OPEN_LEVELS && (level === 0 || entries <= OPEN_ENTRIES_MAX);
}
