import { NexmarkGenerator } from '../generator/generator.js';
import { BID } from '../model.js';
import { WATERMARK_DELAY_MS, type Yardstick } from './yardstick.js';

const GAP_MS = 10_000;
/** Ends of sessions are looked at in steps of so many milliseconds. */
const STEP_MS = 1_000;

interface Session {
  readonly bidder: number;
  readonly start: number;
  end: number;
  bids: number;
}

/** Query 11 by hand. */
export const y11: Yardstick = {
  name: 'q11',
  run(events, take) {
    const generator = new NexmarkGenerator();
    const sessions = new Map<number, Session>();
    /** Sessions by the step in which they end, unless another bid comes. */
    const ends = new Map<number, Session[]>();
    let nextStep = -1;
    const due = (session: Session): void => {
      const step = Math.floor(session.end / STEP_MS);
      const list = ends.get(step);
      if (list === undefined) ends.set(step, [session]);
      else list.push(session);
    };
    const emit = ({ bidder, bids, start, end }: Session): void => take({ bidder, bids, start, end });
    const fire = (step: number): void => {
      const list = ends.get(step);
      if (list === undefined) return;
      ends.delete(step);
      for (const session of list) {
        if (Math.floor(session.end / STEP_MS) > step) {
          due(session);
        } else if (sessions.get(session.bidder) === session) {
          emit(session);
          sessions.delete(session.bidder);
        }
      }
    };
    for (let n = 0; n < events; n++) {
      const event = generator.event(n);
      if (event.kind !== BID) continue;
      const { bidder, dateTime } = event;
      const open = sessions.get(bidder);
      if (open !== undefined && dateTime <= open.end) {
        open.end = dateTime + GAP_MS;
        open.bids++;
      } else {
        if (open !== undefined) emit(open);
        const session = { bidder, start: dateTime, end: dateTime + GAP_MS, bids: 1 };
        sessions.set(bidder, session);
        due(session);
      }
      const step = Math.floor((dateTime - WATERMARK_DELAY_MS) / STEP_MS);
      if (nextStep < 0) nextStep = step;
      for (; nextStep < step; nextStep++) fire(nextStep);
    }
    for (const session of sessions.values()) emit(session);
  },
};
