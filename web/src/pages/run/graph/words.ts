// What a node is doing, in few words. Pure.

import type { FoldedNode } from '../../../fold/types';
import { formatCount } from '../../../lib/format';
import { statusWords } from '../../../lib/status';

/** `running 214/1,000`, `retrying 2/3`, `completed, attempt 2`. */
export function courseWords({ status, progress, attempt }: FoldedNode, attemptsMax?: number): string {
  const of = attemptsMax === undefined ? '' : `/${attemptsMax}`;
  switch (status) {
    case 'RETRYING':
      return `retrying ${attempt}${of}`;
    case 'RUNNING': {
      const far = progress
        ? ` ${formatCount(progress.completed)}${progress.total === null ? '' : `/${formatCount(progress.total)}`}`
        : '';
      return `running${far}${attempt > 1 ? `, attempt ${attempt}${of}` : ''}`;
    }
    case 'PENDING':
    case 'SKIPPED':
      return statusWords(status);
    default:
      return `${statusWords(status)}${attempt > 1 ? `, attempt ${attempt}${of}` : ''}`;
  }
}
