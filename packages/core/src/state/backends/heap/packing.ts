import { assert } from '../../../base/assert.js';
import { FEW, MapCell } from './map-cell.js';
import type { MapForm } from './map-form.js';
import type { NumberPages } from './number-pages.js';
import { MOST_PACKED } from './packed-entries.js';
import { PackedMap } from './packed-map.js';

/** A map in its other form, with room for so many entries as `expected` says. Nobody uses the first one any more. */
export function otherForm<V>(map: MapForm<V>, pages: NumberPages, expected: number): MapForm<V> {
  return map instanceof PackedMap ? unpacked(map as PackedMap<V>, pages) : packed(map as MapCell<V>, pages, expected);
}

function packed<V>(cell: MapCell<V>, pages: NumberPages, expected: number): PackedMap<V> {
  const map = new PackedMap<V>(pages, roomFor(expected), cell.rare);
  for (const slot of cell.slots()) map.put(cell.keyAt(slot) as number, cell.valueAt(slot) as number, cell.stampAt(slot), pages);
  cell.becomes = map;
  return map;
}

function unpacked<V>(map: PackedMap<V>, pages: NumberPages): MapCell<V> {
  const cell = new MapCell<V>(map.rare);
  let latest = 0;
  for (const slot of map.slots()) {
    const stamp = map.stampAt(slot);
    cell.put(map.keyAt(slot), map.valueAt(slot), stamp, map.size);
    latest = Math.max(latest, stamp);
  }
  cell.tellAllBefore(latest);
  map.becomes = cell;
  map.release(pages);
  return cell;
}

/** For how many entries a part has to have room that so many are to fill to three quarters at most. */
function roomFor(entries: number): number {
  let room = FEW * 2;
  while (room * 3 < entries * 4) room *= 2;
  assert(room <= MOST_PACKED, 'a map that is too large for a page is not packed');
  return room;
}
