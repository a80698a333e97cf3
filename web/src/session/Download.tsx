// A link to a file. Where somebody is signed in, it is opened with a ticket that is good for once.

import type { ComponentProps, MouseEvent } from 'react';
import { ticketed } from '../api/access';
import { isIn, useSession } from './session';

type Props = Omit<ComponentProps<'a'>, 'href' | 'download' | 'onClick'> & { href: string; name: string };

export function Download({ href, name, ...rest }: Props) {
  const session = useSession();
  const needsTicket = session !== undefined && session.authentication !== 'open' && isIn(session);
  async function follow(event: MouseEvent): Promise<void> {
    event.preventDefault();
    const link = document.createElement('a');
    link.href = await ticketed(href);
    link.download = name;
    link.click();
  }
  return (
    <a
      {...rest}
      href={href}
      download={name}
      onClick={needsTicket ? (event) => void follow(event) : undefined}
    />
  );
}
