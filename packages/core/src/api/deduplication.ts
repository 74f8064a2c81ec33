import type { TypeInfo } from '../record/types/type-info.js';
import { t } from '../record/types/t.js';
import { state } from '../state/state-builders.js';
import { SettingInvalid } from './errors.js';
import { calledAt } from './function-check.js';
import type { KeyFields, Key } from './field-types.js';
import type { DeduplicateOptions } from './stream-options.js';
import type { DataStream } from './streams.js';

/** Lets the first record of each id pass. */
export function deduplicate(stream: DataStream<unknown>, by: unknown, type: TypeInfo, options: DeduplicateOptions): DataStream<unknown> {
  const { within, time = 'processing', ...settings } = options ?? {};
  if (within === undefined) throw SettingInvalid.error({ what: "deduplicate was not told how long an id is remembered: { within: '1 h' }", ...calledAt('deduplicate') });
  if (time !== 'event' && time !== 'processing') throw SettingInvalid.error({ what: `time of deduplicate is ${JSON.stringify(time)}, and must be 'event' or 'processing'`, ...calledAt('deduplicate') });
  const seen = state.value(t.boolean, { ttl: { after: within, domain: time } });
  const keyed = stream.keyBy(by as KeyFields<unknown> & ((value: unknown) => Key));
  return keyed.process(
    {
      output: type,
      state: { seen },
      processElement(value, ctx, out) {
        if (ctx.state.seen.value() === true) return;
        ctx.state.seen.update(true);
        out.collect(value);
      },
    },
    { name: 'deduplicate', ...settings },
  );
}
