// A button with a list of things to do.

import { Menu as Base } from '@base-ui/react/menu';
import type { ReactElement, ReactNode } from 'react';
import styles from './Popup.module.css';

type Props = { trigger: ReactElement; children: ReactNode; onOpenChange?: (open: boolean) => void };

export function Menu({ trigger, children, onOpenChange }: Props) {
  return (
    <Base.Root modal={false} onOpenChange={(open) => onOpenChange?.(open)}>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={4} align="end" className={styles.positioner}>
          <Base.Popup className={styles.popup}>{children}</Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

type ItemProps = { children: ReactNode; onSelect: () => void; disabled?: boolean; danger?: boolean };

export function MenuItem({ children, onSelect, disabled = false, danger = false }: ItemProps) {
  return (
    <Base.Item
      className={styles.item}
      disabled={disabled}
      data-danger={danger || undefined}
      onClick={onSelect}
    >
      {children}
    </Base.Item>
  );
}

/** One of several choices, of which exactly one holds. */
export function MenuChoices<T extends string>(props: {
  label: string;
  value: T;
  choices: ReadonlyArray<{ value: T; label: string }>;
  onChange: (value: T) => void;
}) {
  return (
    <Base.RadioGroup
      value={props.value}
      onValueChange={(value) => props.onChange(value as T)}
      aria-label={props.label}
    >
      {props.choices.map(({ value, label }) => (
        <Base.RadioItem key={value} value={value} className={styles.item} closeOnClick>
          <span className={styles.tick}>
            <Base.RadioItemIndicator>✓</Base.RadioItemIndicator>
          </span>
          {label}
        </Base.RadioItem>
      ))}
    </Base.RadioGroup>
  );
}

/** One of several that may hold together; choosing it leaves the menu open. */
export function MenuCheck(props: {
  children: ReactNode;
  checked: boolean;
  onChange: (checked: boolean) => void;
}) {
  return (
    <Base.CheckboxItem
      className={styles.item}
      checked={props.checked}
      onCheckedChange={props.onChange}
      closeOnClick={false}
    >
      <span className={styles.tick}>
        <Base.CheckboxItemIndicator>✓</Base.CheckboxItemIndicator>
      </span>
      {props.children}
    </Base.CheckboxItem>
  );
}

/** What a menu says where there is nothing to choose. */
export function MenuNote({ children }: { children: ReactNode }) {
  return <p className={styles.note}>{children}</p>;
}

export function MenuLine() {
  return <Base.Separator className={styles.line} />;
}
