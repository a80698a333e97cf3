// The questions that nodes wait with, to be answered here.

import { useRun } from '../model/use-run';
import { QuestionForm } from './QuestionForm';
import styles from './Questions.module.css';
import { useQuestion } from './use-question';

export function Questions() {
  const isPast = useRun((view) => view.isPast);
  // One word for all, so that the list is the same until another node asks.
  const waiting = useRun(({ run }) => {
    const names: [string, number][] = [];
    for (const { nodeRef, status, attempt } of run.nodes.values())
      if (status === 'AWAITING_INPUT') names.push([nodeRef, attempt]);
    return JSON.stringify(names);
  });
  const names = JSON.parse(waiting) as [string, number][];
  if (names.length === 0) return null;
  return (
    <section className={styles.questions} aria-label="Waiting for an answer">
      {names.map(([nodeRef, attempt]) =>
        isPast ? (
          <Past key={nodeRef} nodeRef={nodeRef} />
        ) : (
          <Asked key={`${attempt} ${nodeRef}`} nodeRef={nodeRef} />
        ),
      )}
    </section>
  );
}

function Asked({ nodeRef }: { readonly nodeRef: string }) {
  const question = useQuestion(nodeRef);
  return question && <QuestionForm nodeRef={nodeRef} question={question} />;
}

function Past({ nodeRef }: { readonly nodeRef: string }) {
  return (
    <p className={styles.past}>
      At this moment <b>{nodeRef}</b> was waiting for an answer.
    </p>
  );
}
