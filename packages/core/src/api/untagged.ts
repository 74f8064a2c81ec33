/** A join sees the elements of both inputs tagged by side; the user's assigners, triggers and evictors see them as they are. */
import type { Buffered, CustomWindowAssigner, Evictor, Trigger, WindowAssigner } from '../functions/window.js';
import type { Tagged } from '../operators/joins/window-join.js';

/** An assigner whose functions see the elements without their tags. */
export function untaggedAssigner(assigner: WindowAssigner<unknown>): WindowAssigner<unknown> {
  if (assigner.kind === 'dynamicSession') {
    const { gapOf } = assigner;
    return { ...assigner, gapOf: (value) => gapOf(untag(value)) };
  }
  if (assigner.kind !== 'custom') return assigner;
  const wrapped: CustomWindowAssigner<unknown> = {
    kind: 'custom',
    domain: assigner.domain,
    assign: (value, timestamp, context) => assigner.assign(untag(value), timestamp, context),
    ...(assigner.merging === undefined ? {} : { merging: assigner.merging }),
    ...(assigner.defaultTrigger === undefined ? {} : { defaultTrigger: () => untaggedTrigger(assigner.defaultTrigger!()) }),
  };
  return wrapped;
}

/** A trigger that sees the elements without their tags. */
export function untaggedTrigger(trigger: Trigger<unknown>): Trigger<unknown> {
  const wrapped: Trigger<unknown> = {
    name: trigger.name,
    onElement: (value, timestamp, window, context) => trigger.onElement(untag(value), timestamp, window, context),
    onEventTime: (time, window, context) => trigger.onEventTime(time, window, context),
    onProcessingTime: (time, window, context) => trigger.onProcessingTime(time, window, context),
    clear: (window, context) => trigger.clear(window, context),
  };
  return trigger.onMerge === undefined ? wrapped : { ...wrapped, onMerge: (window, context) => trigger.onMerge!(window, context) };
}

/** An evictor that sees the elements without their tags. */
export function untaggedEvictor(evictor: Evictor<unknown>): Evictor<unknown> {
  const wrap = (evict: (elements: readonly Buffered<unknown>[]) => readonly Buffered<unknown>[], elements: readonly Buffered<unknown>[]) => {
    const tagged = new Map<Buffered<unknown>, Buffered<unknown>>();
    const plain = elements.map((element) => {
      const bare = { value: untag(element.value), timestamp: element.timestamp };
      tagged.set(bare, element);
      return bare;
    });
    return evict(plain).map((element) => tagged.get(element) ?? element);
  };
  return {
    name: evictor.name,
    ...(evictor.evictBefore === undefined ? {} : {
      evictBefore: (elements, window, now) => wrap((plain) => evictor.evictBefore!(plain, window, now), elements),
    }),
    ...(evictor.evictAfter === undefined ? {} : {
      evictAfter: (elements, window, now) => wrap((plain) => evictor.evictAfter!(plain, window, now), elements),
    }),
  };
}

function untag(value: unknown): unknown {
  const tagged = value as Tagged;
  return 'left' in tagged ? tagged.left : tagged.right;
}
