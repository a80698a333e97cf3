// A link to a file. Where somebody is signed in, it is opened with a ticket that is good for once.

import type { ComponentProps } from 'react';
import { ticketed } from '../api/access';
import { isIn, useSession } from './session';

type Props = Omit<ComponentProps<'a'>, 'href' | 'download' | 'onClick'> & { href: string; name: string };

/** Has the browser take a file, as if its link had been pressed. */
export async function startDownload(href: string, name: string): Promise<void> {
  const link = document.createElement('a');
  link.href = await ticketed(href);
  link.download = name;
  link.click();
}

export function Download({ href, name, ...rest }: Props) {
  const session = useSession();
  const needsTicket = session !== undefined && session.authentication !== 'open' && isIn(session);
  return (
    <a
      {...rest}
      href={href}
      download={name}
      onClick={
        needsTicket
          ? (event) => {
              event.preventDefault();
              void startDownload(href, name);
            }
          : undefined
      }
    />
  );
}
