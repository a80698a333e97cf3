import { describe, expect, it } from 'vitest';
import { begin, type Course, delayMs, fresh, type Loss, lost, worked } from './course';

const blocked: Loss = { hadWorked: false, isServerThere: true, isUnfit: false };
const away: Loss = { hadWorked: false, isServerThere: false, isUnfit: false };

const following = (course: Course, ...losses: Loss[]) => losses.reduce(lost, course);

describe('the choice of the transport', () => {
  it('goes down one step when a healthy server is not reached twice', () => {
    const once = following(begin(null), blocked);
    expect(once.transport).toBe('socket');
    expect(following(once, blocked).transport).toBe('sse');
    expect(following(once, blocked, blocked, blocked).transport).toBe('poll');
    expect(following(once, ...Array(9).fill(blocked)).transport).toBe('poll');
  });

  it('blames nothing while the server is away, however long', () => {
    expect(following(begin(null), ...Array(20).fill(away)).transport).toBe('socket');
    expect(following(begin(null), blocked, away, blocked).transport).toBe('socket');
  });

  it('stays with what had worked before it was lost', () => {
    const dropped: Loss = { ...blocked, hadWorked: true };
    expect(following(begin(null), dropped, dropped, dropped).transport).toBe('socket');
  });

  it('leaves at once what opens and lets nothing through', () => {
    expect(lost({ ...begin(null), transport: 'sse' }, { ...blocked, isUnfit: true }).transport).toBe('poll');
  });

  it('never leaves one that the address asks for', () => {
    expect(following(begin('sse'), blocked, blocked, blocked).transport).toBe('sse');
    expect(fresh(begin('poll')).transport).toBe('poll');
  });

  it('begins with the best again on another network', () => {
    expect(fresh({ ...begin(null), transport: 'poll' })).toEqual(begin(null));
  });

  it('waits longer each time, within bounds, and not at all after success', () => {
    const waits = [1, 2, 3, 4, 5, 50].map((tries) => delayMs({ ...begin(null), tries }, 1));
    expect(waits).toEqual([200, 400, 800, 1_600, 3_000, 3_000]);
    expect(delayMs({ ...begin(null), tries: 50 }, 0)).toBe(1_500);
    expect(delayMs(worked({ ...begin(null), tries: 7 }), 1)).toBe(0);
  });
});
