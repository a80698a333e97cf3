// Which version is looked at; the older ones are read when the menu opens.

import { useState } from 'react';
import { toTime } from '../../api/model';
import { Menu, MenuChoices, MenuItem } from '../../design/Menu';
import { formatMoment } from '../../lib/format';
import { FilterTrigger } from '../runs/FilterTrigger';
import { useVersions } from './use-workflow';

type Props = { name: string; version: number; latest: number; onChoose: (version: number) => void };

export function VersionMenu({ name, version, latest, onChoose }: Props) {
  const [isOpen, setOpen] = useState(false);
  const { data, hasNextPage, fetchNextPage } = useVersions(name, isOpen);
  const known = data?.pages.flatMap(({ versions }) => versions) ?? [];
  const choices = known.map((one) => ({
    value: String(one.version),
    label: `version ${one.version}, ${formatMoment(toTime(one.createdAt) ?? 0).slice(0, 16)}`,
  }));
  return (
    <Menu
      onOpenChange={setOpen}
      trigger={
        <FilterTrigger isOn={version !== latest}>
          {version === latest ? `version ${version}` : `version ${version} of ${latest}`}
        </FilterTrigger>
      }
    >
      <MenuChoices
        label="Version"
        value={String(version)}
        choices={choices}
        onChange={(value) => onChoose(Number(value))}
      />
      {hasNextPage && <MenuItem onSelect={() => void fetchNextPage()}>Older versions …</MenuItem>}
    </Menu>
  );
}
