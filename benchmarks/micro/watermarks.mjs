import { generator } from '../pipeline/sales.mjs';
import { WatermarkMerger } from './core.mjs';
import { LIKE_A_WORKER, versus } from './versus.mjs';

const WATERMARKS = 1_000_000;

/** Watermarks of several channels, each ahead of its last one by something else, merged into their least; against a loop over all of them. */
export const part = {
  title: 'watermarks',
  nodeFlags: LIKE_A_WORKER,
  cases: ['4 channels', '64 channels'],
  run(what, { smoke }) {
    const steps = makeSteps(parseInt(what), smoke ? 1_000 : WATERMARKS);
    return versus({ what, operations: steps.channels.length, yardstick: { name: 'loop', make: () => byLoop(steps) }, engine: { name: 'merger', make: () => byMerger(steps) }, smoke });
  },
};

function makeSteps(width, count) {
  const random = generator(13);
  const at = new Array(width).fill(1_700_000_000_000);
  const channels = new Int32Array(count);
  const watermarks = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    channels[i] = random(width);
    watermarks[i] = at[channels[i]] += 1 + random(100);
  }
  return { width, channels, watermarks };
}

function byLoop({ width, channels, watermarks }) {
  return {
    run(take) {
      const last = new Float64Array(width).fill(-Infinity);
      const seen = { merged: -Infinity, emitted: 0 };
      for (let i = 0; i < channels.length; i++) {
        last[channels[i]] = watermarks[i];
        let least = last[0];
        for (let channel = 1; channel < width; channel++) if (last[channel] < least) least = last[channel];
        if (least <= seen.merged) continue;
        seen.merged = least;
        seen.emitted++;
      }
      take(seen);
    },
  };
}

function byMerger({ width, channels, watermarks }) {
  return {
    run(take) {
      const seen = { merged: -Infinity, emitted: 0 };
      const output = {
        emitWatermark(watermark) {
          seen.merged = watermark;
          seen.emitted++;
        },
        emitStatus() {},
      };
      const merger = new WatermarkMerger(output, { channels: width });
      for (let i = 0; i < channels.length; i++) merger.advance(channels[i], watermarks[i]);
      take(seen);
    },
  };
}
