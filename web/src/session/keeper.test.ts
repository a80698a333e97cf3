import { describe, expect, it, vi } from 'vitest';
import { createKeeper, type Held } from './keeper';

const until = (expiresAt: number, token = `until ${expiresAt}`): Held => ({ token, expiresAt });

function keeper(...trades: Array<Held | null>) {
  let now = 0;
  const trade = vi.fn(async () => trades.shift() ?? null);
  const onLost = vi.fn();
  return {
    kept: createKeeper({ now: () => now, trade, onLost }),
    trade,
    onLost,
    at: (ms: number) => (now = ms),
  };
}

describe('the keeper of the token', () => {
  it('trades the cookie once, however many ask', async () => {
    const { kept, trade } = keeper(until(100_000, 'a'));
    expect(await Promise.all([kept.current(), kept.current(), kept.renew('old')])).toEqual(['a', 'a', 'a']);
    expect(await kept.current()).toBe('a');
    expect(trade).toHaveBeenCalledTimes(1);
  });

  it('renews a token before it ends', async () => {
    const { kept, at } = keeper(until(100_000, 'a'), until(200_000, 'b'));
    expect(await kept.current()).toBe('a');
    at(69_999);
    expect(await kept.current()).toBe('a');
    at(70_000);
    expect(await kept.current()).toBe('b');
  });

  it('gives what another has renewed instead of trading again', async () => {
    const { kept, trade } = keeper(until(100_000, 'a'), until(100_000, 'b'));
    await kept.current();
    expect(await kept.renew('a')).toBe('b');
    expect(await kept.renew('a')).toBe('b');
    expect(trade).toHaveBeenCalledTimes(2);
  });

  it('says so when a session is over, but not when there was none', async () => {
    const { kept, onLost } = keeper(null, until(100_000, 'a'), null);
    expect(await kept.current()).toBeNull();
    expect(onLost).not.toHaveBeenCalled();
    await kept.current();
    expect(await kept.renew('a')).toBeNull();
    expect(onLost).toHaveBeenCalledTimes(1);
  });

  it('lets who signed in meanwhile stay so', async () => {
    const { kept } = keeper(null);
    const asked = kept.current();
    kept.hold(until(100_000, 'new'));
    expect(await asked).toBe('new');
  });
});
