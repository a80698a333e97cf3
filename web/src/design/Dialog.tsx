// A question or a sheet above the page: focus stays inside, Escape closes it, and focus goes back to where it was.

import { Dialog as Base } from '@base-ui/react/dialog';
import type { ReactNode } from 'react';
import { Button } from './Button';
import styles from './Popup.module.css';

type Props = { open: boolean; onClose: () => void; title: string; children: ReactNode; foot?: ReactNode };

export function Dialog({ open, onClose, title, children, foot }: Props) {
  return (
    <Base.Root open={open} onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={styles.veil} />
        <Base.Popup className={styles.dialog}>
          <Base.Title className={styles.dialogTitle}>{title}</Base.Title>
          {children}
          {foot && <div className={styles.dialogFoot}>{foot}</div>}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

type ConfirmProps = {
  open: boolean;
  onClose: () => void;
  onConfirm: () => void;
  title: string;
  children: ReactNode;
  /** What the button says, in words for the deed: “Stop the run”. */
  action: string;
  /** What leaving everything as it is, is called. */
  keep?: string;
};

/** A deed that can't be taken back, asked about once. */
export function Confirm({
  open,
  onClose,
  onConfirm,
  title,
  children,
  action,
  keep = 'Keep it',
}: ConfirmProps) {
  const foot = (
    <>
      <Button onClick={onClose}>{keep}</Button>
      <Button
        look="danger"
        onClick={() => {
          onClose();
          onConfirm();
        }}
      >
        {action}
      </Button>
    </>
  );
  return (
    <Dialog open={open} onClose={onClose} title={title} foot={foot}>
      {children}
    </Dialog>
  );
}
