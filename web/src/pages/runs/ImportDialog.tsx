// Takes a bundle in: as a run of the history, or played anew as if it were live.

import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import { useNavigate } from 'react-router';
import { importBundle, replayBundle } from '../../api/bundles';
import { Button } from '../../design/Button';
import { Dialog } from '../../design/Dialog';
import form from '../../design/form.module.css';
import { Select } from '../../design/Select';
import { useDeed } from '../../lib/deed';
import { paths } from '../../lib/paths';

const HOW = [
  { value: 'import', label: 'put it into the history' },
  { value: '1', label: 'replay it as it was' },
  { value: '10', label: 'replay it ten times as fast' },
  { value: '100', label: 'replay it a hundred times as fast' },
] as const;
type How = (typeof HOW)[number]['value'];

export default function ImportDialog({ onClose }: { onClose: () => void }) {
  const id = useId();
  const navigate = useNavigate();
  const client = useQueryClient();
  const { isBusy, said, work } = useDeed();
  const [file, setFile] = useState<File | null>(null);
  const [how, setHow] = useState<How>('import');
  const take = (event: FormEvent) => {
    event.preventDefault();
    if (!file) return;
    void work(async () => {
      const { runId } = how === 'import' ? await importBundle(file) : await replayBundle(file, Number(how));
      void client.invalidateQueries({ queryKey: ['runs'] });
      onClose();
      await navigate(paths.run(runId));
    });
  };
  const foot = (
    <>
      <Button onClick={onClose}>Cancel</Button>
      <Button look="primary" type="submit" form={id} disabled={isBusy || !file}>
        {isBusy ? 'Reading it …' : how === 'import' ? 'Import' : 'Replay'}
      </Button>
    </>
  );
  return (
    <Dialog open onClose={onClose} title="Import a run" foot={foot}>
      <form id={id} className={form.form} onSubmit={take}>
        <p className={form.told}>
          A bundle is what a run’s page exports, and <code>telltale export</code>. The server checks its
          digests before anything is kept.
        </p>
        <label className={form.file}>
          <span>Bundle</span>
          <input type="file" required onChange={({ target }) => setFile(target.files?.[0] ?? null)} />
        </label>
        <Select label="And then" value={how} choices={HOW} onChange={setHow} />
        <p className={form.said} role="alert">
          {said}
        </p>
      </form>
    </Dialog>
  );
}
